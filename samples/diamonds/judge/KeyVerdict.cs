namespace Diamonds.Judge;

/// <summary>
/// Whether every idempotency key was decided at most once, by the model servers' records, and answered with one answer,
/// by the client's. Nobody settles anything in the runs that are judged, so a key may never be run again.
/// </summary>
public sealed record KeyVerdict
{
    /// <summary>Keys that the client sent.</summary>
    public required long Keys { get; init; }

    /// <summary>Answers from the record: how often there was something to compare.</summary>
    public required long Replayed { get; init; }

    /// <summary>Keys of which the client was told that nobody knows what became of them.</summary>
    public required long Unknown { get; init; }

    /// <summary>Keys that models worked on more than once, or that were answered anew after an answer.</summary>
    public required long Twice { get; init; }

    /// <summary>Keys with two answers that differ, or with an answer that was forgotten later.</summary>
    public required long Unequal { get; init; }

    /// <summary>Keys told to be unknown though no answer of theirs was lost: a doubt without a cause.</summary>
    public required long Baseless { get; init; }

    /// <summary>The first few violations in words.</summary>
    public required IReadOnlyList<string> Examples { get; init; }

    /// <summary>Reads both sides' records, each in the order in which it was written.</summary>
    public static KeyVerdict Of(IEnumerable<ClientLine> asked, IEnumerable<ModelLine> served)
    {
        // A refusal (4xx, 5xx) decided nothing; a run whose caller went away (0) may have.
        Dictionary<string, string[]> runs = served
            .Where(m => m is { Key: not null, Purpose: "live", Status: 0 or (>= 200 and < 300) })
            .GroupBy(m => m.Key!, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.Select(m => $"{m.Release} as {m.RequestId}").ToArray());
        var twice = new HashSet<string>(runs.Where(r => r.Value.Length > 1).Select(r => r.Key));
        var examples = twice.Take(5).Select(k => $"key {k} ran on {string.Join(", ", runs[k])}").ToList();
        long keys = 0;
        long replayed = 0;
        long unknown = 0;
        long unequal = 0;
        long baseless = 0;
        foreach (IGrouping<string, ClientLine> key in asked.Where(c => c.Key is not null).GroupBy(c => c.Key!))
        {
            keys++;
            ClientLine[] oks = [.. key.Where(c => c.Ok)];
            replayed += oks.Count(c => c.Reason == "replayed");
            unknown += key.Any(c => c.Code == "decision-unknown") ? 1 : 0;
            if (oks.Length > 0 && oks.Count(c => c.Reason != "replayed") > 1 && twice.Add(key.Key))
            {
                examples.Add($"key {key.Key} was answered anew");
            }

            bool differs = oks.Select(c => (c.Price, c.Release)).Distinct().Count() > 1;
            bool forgotten = key.SkipWhile(c => !c.Ok).Any(c => c.Code == "decision-unknown");
            if (key.TakeWhile(c => !Lost(c)).Any(c => c.Code == "decision-unknown"))
            {
                baseless++;
                examples.Add($"key {key.Key} is unknown, and no answer of it was lost");
            }

            if (differs || forgotten)
            {
                unequal++;
                examples.Add($"key {key.Key}: {(differs ? "two answers" : "an answer, then unknown")}");
            }
        }

        return new KeyVerdict
        {
            Keys = keys,
            Replayed = replayed,
            Unknown = unknown,
            Twice = twice.Count,
            Unequal = unequal,
            Baseless = baseless,
            Examples = [.. examples.Take(10)],
        };
    }

    // It may have reached the node, and its answer did not reach the caller.
    private static bool Lost(ClientLine c) => c.Outcome is "reset" or "timeout";
}
