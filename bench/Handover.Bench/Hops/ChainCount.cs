using System.Text.Json;

namespace Handover.Bench.Hops;

/// <summary>
/// The count of chains, from the logs of the members and the records of the client alone. A chain is all lines with one
/// request id; it is mixed when they name two releases.
/// </summary>
public sealed record ChainCount
{
    /// <summary>Requests that were answered.</summary>
    public required long Chains { get; init; }

    /// <summary>Chains whose members are of two releases.</summary>
    public required long Mixed { get; init; }

    /// <summary>Mixed chains that were answered with 2xx: wrong, and nobody notices.</summary>
    public required long MixedAnswered { get; init; }

    /// <summary>Answered chains of which a hop is in no log.</summary>
    public required long Torn { get; init; }

    /// <summary>Requests without a 2xx answer.</summary>
    public required long Failed { get; init; }

    /// <summary>Answers that name another release than the members' logs do.</summary>
    public required long Mislabelled { get; init; }

    /// <summary>Share of the release that served fewer chains.</summary>
    public required double Lesser { get; init; }

    /// <summary>Moves that were committed meanwhile.</summary>
    public long Moves { get; init; }

    /// <summary>Chains a second.</summary>
    public double PerSecond { get; init; }

    /// <summary>Counts.</summary>
    /// <param name="asked">What the client asked and was answered.</param>
    /// <param name="logs">Every line of every member's log.</param>
    public static ChainCount Of(IReadOnlyList<Asked> asked, IEnumerable<string> logs)
    {
        var met = new Dictionary<string, (int Hops, int Releases)>(StringComparer.Ordinal);
        foreach (string line in logs)
        {
            if (Read(line) is not (string id, int release))
            {
                continue;
            }

            (int hops, int releases) = met.GetValueOrDefault(id);
            met[id] = (hops + 1, releases | release);
        }

        long mixed = 0,
            answered = 0,
            torn = 0,
            failed = 0,
            mislabelled = 0,
            second = 0;
        foreach (Asked one in asked)
        {
            (int hops, int releases) = met.GetValueOrDefault(one.RequestId);
            bool ok = one.Status is >= 200 and < 300;
            failed += ok ? 0 : 1;
            mixed += releases == 3 ? 1 : 0;
            answered += releases == 3 && ok ? 1 : 0;
            torn += ok && hops != one.Hops ? 1 : 0;
            mislabelled += ok && one.Release is not null && Bit(one.Release) != releases ? 1 : 0;
            second += releases == 2 ? 1 : 0;
        }

        double share = asked.Count == 0 ? 0 : (double)second / asked.Count;
        return new ChainCount
        {
            Chains = asked.Count,
            Mixed = mixed,
            MixedAnswered = answered,
            Torn = torn,
            Failed = failed,
            Mislabelled = mislabelled,
            Lesser = Math.Min(share, 1 - share),
        };
    }

    private static (string Id, int Release)? Read(string line)
    {
        int brace = line.IndexOf('{', StringComparison.Ordinal);
        if (brace < 0)
        {
            return null;
        }

        try
        {
            using JsonDocument json = JsonDocument.Parse(line.AsMemory(brace));
            JsonElement root = json.RootElement;
            return
                root.TryGetProperty("requestId", out JsonElement id)
                && id.GetString() is { } requestId
                && root.TryGetProperty("purpose", out JsonElement purpose)
                && purpose.GetString()?.ToLowerInvariant() is null or "live"
                ? (requestId, Bit(root.GetProperty("release").GetString()!))
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            // Members print other things too.
            return null;
        }
    }

    // Model files name themselves, e.g. v2-enc-model; the release is what they begin with.
    private static int Bit(string release) => release.StartsWith("v1", StringComparison.Ordinal) ? 1 : 2;
}

/// <summary>One request as the client saw it.</summary>
/// <param name="RequestId">The id that the members log.</param>
/// <param name="Status">The answer's status; 0 when there was none.</param>
/// <param name="Release">The release that the answer names; null when it names none.</param>
/// <param name="Hops">Members that such a request passes.</param>
public readonly record struct Asked(string RequestId, int Status, string? Release, int Hops);
