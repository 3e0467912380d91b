using Handover.Core.Catalog;
using Handover.Core.Payloads;

namespace Handover.Core.Contracts;

/// <summary>
/// Training/serving skew of one input: what callers send now against the range of values that the candidate declares to
/// have been trained on. Outside of it a model guesses, and nothing in its answers shows that it does.
/// </summary>
/// <param name="Name">The input, as requests name it.</param>
/// <param name="Declared">Who declares the range: the release's input, or a version of a feature view.</param>
/// <param name="Range">The range.</param>
/// <param name="Values">Values that were seen.</param>
/// <param name="Outside">How many of them lie outside of the range; what is no number is outside.</param>
/// <param name="Absent">Requests that do not carry the input.</param>
public sealed record InputSkew(string Name, string Declared, ValueRange Range, long Values, long Outside, int Absent)
{
    /// <summary>Smallest finite value that was seen; null when none was.</summary>
    public double? Least { get; init; }

    /// <summary>Largest finite value that was seen; null when none was.</summary>
    public double? Most { get; init; }

    /// <summary>One line for people.</summary>
    public string Text =>
        Values == 0
            ? $"{Name}: not in the recorded requests, not checked ({Declared})"
            : FormattableString.Invariant(
                $"{Name}: {Outside} of {Values} values outside {Range.Min} to {Range.Max}, seen {Least} to {Most}"
            ) + $" ({Declared})";

    /// <summary>
    /// Every input with a declared range, in the order of declaration: the candidate's input tensors, then the fields
    /// of the feature views that it reads.
    /// </summary>
    /// <param name="candidate">Whose declarations count.</param>
    /// <param name="views">Feature views by name.</param>
    /// <param name="requests">Numbers of each request by field, see <see cref="RequestNumbers"/>.</param>
    public static IReadOnlyList<InputSkew> Of(
        Release candidate,
        IReadOnlyDictionary<string, FeatureView> views,
        IReadOnlyCollection<IReadOnlyDictionary<string, IReadOnlyList<double>>> requests
    ) => [.. Declarations(candidate, views).Select(d => Of(d, requests))];

    private static IEnumerable<Declaration> Declarations(
        Release candidate,
        IReadOnlyDictionary<string, FeatureView> views
    )
    {
        foreach (TensorSpec tensor in candidate.Input?.Tensors ?? [])
        {
            if (tensor.Range is { } range)
            {
                yield return new Declaration(tensor.Name, $"input of {candidate.Name}", range)
                {
                    Only = candidate.Input!.Tensors.Count == 1,
                };
            }
        }

        foreach (FeatureUse use in candidate.Features)
        {
            FeatureViewVersion? version = views
                .GetValueOrDefault(use.View)
                ?.Versions.FirstOrDefault(v => v.Version == use.Version);
            foreach (FeatureField field in version?.Fields ?? [])
            {
                if (field.Range is { } range && (use.Fields.Count == 0 || use.Fields.Contains(field.Name)))
                {
                    yield return new Declaration(field.Name, $"feature view {use.View}/{use.Version}", range);
                }
            }
        }
    }

    private static InputSkew Of(
        Declaration declared,
        IReadOnlyCollection<IReadOnlyDictionary<string, IReadOnlyList<double>>> requests
    )
    {
        ValueRange range = declared.Range;
        long values = 0;
        long outside = 0;
        int absent = 0;
        (double Least, double Most) seen = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (IReadOnlyDictionary<string, IReadOnlyList<double>> request in requests)
        {
            // TensorFlow Serving takes the rows of a model's only input without its name.
            string name = declared.Only && request.Count == 1 && request.ContainsKey("") ? "" : declared.Name;
            if (!request.TryGetValue(name, out IReadOnlyList<double>? numbers) || numbers.Count == 0)
            {
                absent++;
                continue;
            }

            foreach (double number in numbers)
            {
                values++;
                outside += number >= range.Min && number <= range.Max ? 0 : 1;
                seen = double.IsFinite(number) ? (Math.Min(seen.Least, number), Math.Max(seen.Most, number)) : seen;
            }
        }

        return new InputSkew(declared.Name, declared.By, range, values, outside, absent)
        {
            Least = double.IsFinite(seen.Least) ? seen.Least : null,
            Most = double.IsFinite(seen.Most) ? seen.Most : null,
        };
    }

    private sealed record Declaration(string Name, string By, ValueRange Range)
    {
        public bool Only { get; init; }
    }
}
