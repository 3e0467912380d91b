using System.Globalization;
using Handover.Core.Catalog;

namespace Handover.Core.Contracts;

/// <summary>What a feature store says of one version of a view at one moment.</summary>
/// <param name="Served">Whether this version is served online.</param>
/// <param name="Fields">Fields that it serves: name to Open Inference datatype; null when it tells no datatype.</param>
public sealed record FeatureReading(bool Served, IReadOnlyDictionary<string, string?> Fields)
{
    /// <summary>When its oldest value that was asked for became true; null when it does not say.</summary>
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>
    /// Why it is not served, or what was odd, in the store's words; null when there is nothing to say.
    /// </summary>
    public string? Note { get; init; }
}

/// <summary>
/// Whether the feature views that a release reads are served to it: this version, these fields, these datatypes, fresh
/// enough. Pure; the readings come from outside.
/// </summary>
public static class FeatureAgreement
{
    /// <summary>Everything that is not as the release needs it; empty when all is.</summary>
    /// <param name="release">The release that reads features.</param>
    /// <param name="views">Declared views by name.</param>
    /// <param name="reading">
    /// What the store says of a view's version; null when it cannot be asked, for which the reason is the second value.
    /// </param>
    /// <param name="now">The time that freshness is counted to.</param>
    public static IReadOnlyList<Disagreement> Check(
        Release release,
        IReadOnlyDictionary<string, FeatureView> views,
        Func<FeatureUse, (FeatureReading? Reading, string? Trouble)> reading,
        DateTimeOffset now
    ) => [.. Parties(release, views, reading, now).SelectMany(p => p.Disagreements)];

    /// <summary>
    /// Every view that the release reads, in its order: what the store says, and what is not as it is needed.
    /// </summary>
    /// <inheritdoc cref="Check"/>
    public static IReadOnlyList<Party> Parties(
        Release release,
        IReadOnlyDictionary<string, FeatureView> views,
        Func<FeatureUse, (FeatureReading? Reading, string? Trouble)> reading,
        DateTimeOffset now
    )
    {
        var parties = new List<Party>();
        foreach (FeatureUse use in release.Features)
        {
            FeatureViewVersion? declared = views
                .GetValueOrDefault(use.View)
                ?.Versions.FirstOrDefault(v => v.Version == use.Version);
            (FeatureReading? state, string? trouble) = declared?.Source is null ? default : reading(use);
            IEnumerable<Disagreement> found = Wrong(use, declared, state, trouble, now)
                .Select(w => new Disagreement(
                    DisagreementKind.Features,
                    $"feature view {use.View} for {release.Name}: {w.What}. {w.Fix}"
                ));
            string name = $"feature view {use.View}/{use.Version}";
            parties.Add(new Party(DisagreementKind.Features, name, Told(declared, state, trouble, now), [.. found]));
        }

        return parties;
    }

    private static IEnumerable<(string What, string Fix)> Wrong(
        FeatureUse use,
        FeatureViewVersion? declared,
        FeatureReading? state,
        string? trouble,
        DateTimeOffset now
    )
    {
        if (declared is null)
        {
            yield return ($"version {use.Version} is not declared any more", "Declare it again.");
        }
        else if (declared.Source is null)
        {
            yield break;
        }
        else if (state is null)
        {
            yield return ($"its store cannot be asked: {trouble}", "Nothing moves before it answers.");
        }
        else if (!state.Served)
        {
            string note = state.Note is null ? "" : $" ({state.Note})";
            yield return ($"version {use.Version} is not served{note}", "Materialise it in the feature store.");
        }
        else
        {
            foreach (string wrong in Fields(use, declared, state))
            {
                yield return (wrong, "Materialise the version as it is declared.");
            }

            if (Stale(declared, state, now) is { } stale)
            {
                yield return (stale, "Materialise it again.");
            }
        }
    }

    private static string Told(FeatureViewVersion? declared, FeatureReading? state, string? trouble, DateTimeOffset now)
    {
        if (declared is null)
        {
            return "not declared";
        }

        if (declared.Source is null)
        {
            return "declared without a source, so that nobody is asked";
        }

        if (state is null)
        {
            return $"cannot be asked: {trouble}";
        }

        if (!state.Served)
        {
            return state.Note is null ? "not served" : $"not served ({state.Note})";
        }

        string age = state.AsOf is { } asOf ? $"values {Text(now - asOf)} old" : "age of the values not told";
        string limit = declared.Freshness is { } most ? $" of at most {Text(most)}" : "";
        return $"served with {state.Fields.Count} fields, {age}{limit}";
    }

    private static IEnumerable<string> Fields(FeatureUse use, FeatureViewVersion declared, FeatureReading state)
    {
        IEnumerable<string> needed = use.Fields.Count > 0 ? use.Fields : declared.Fields.Select(f => f.Name);
        foreach (string field in needed)
        {
            string? want = declared.Fields.FirstOrDefault(f => f.Name == field)?.Datatype;
            if (!state.Fields.TryGetValue(field, out string? has))
            {
                yield return $"field {field} is not served";
            }
            else if (has is not null && want is not null && has != want)
            {
                yield return $"field {field} is served as {has}, declared as {want}";
            }
        }
    }

    private static string? Stale(FeatureViewVersion declared, FeatureReading state, DateTimeOffset now)
    {
        if (declared.Freshness is not { } limit)
        {
            return null;
        }

        if (state.AsOf is not { } asOf)
        {
            return "its store does not say how old the values are";
        }

        TimeSpan age = now - asOf;
        return age > limit ? $"its values are {Text(age)} old, at most {Text(limit)} are allowed" : null;
    }

    // Whole steps, so that a text which is asked for every second does not change every second.
    private static string Text(TimeSpan time) =>
        time.TotalMinutes < 2
            ? string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(time.TotalSeconds / 10) * 10:0} s")
        : time.TotalHours < 2 ? string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(time.TotalMinutes):0} min")
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(time.TotalHours):0} h");
}
