using System.Text.Json;
using Handover.Control.Stores;
using Handover.Core.Evidence;
using Handover.Core.Foundation;
using Handover.Core.Gates;

namespace Handover.Control.Evidence;

/// <summary>
/// Derives the verdicts of a rollout again from the ticks that were kept, and compares them bit for bit with what was
/// acted on. Whoever doubts a rollback need not trust the program's memory.
/// </summary>
public static class Recomputation
{
    /// <summary>Recomputes; a problem when nothing was kept or the record is damaged.</summary>
    public static Result<Recomputed> Run(RolloutStore store, string rollout)
    {
        IReadOnlyList<VerdictRecord> records = store.Verdicts(rollout);
        if (records.Count == 0 || store.Setup(rollout) is not { } setup)
        {
            return new Problem("no-verdicts", $"no verdict of {rollout} was kept: its gates were never asked.");
        }

        IReadOnlyList<string> lines = store.Ticks(rollout);
        if (lines.Count == 0 && records[^1].Ticks > 0)
        {
            return new Problem("no-ticks", $"the ticks of {rollout} were removed because of their age.");
        }

        var ticks = new List<Tick>(lines.Count);
        foreach (string line in lines)
        {
            Result<Tick> tick = TickCodec.Read(line);
            if (!tick.Ok)
            {
                return new Problem("tick-damaged", $"tick {ticks.Count + 1} of {rollout} is damaged.");
            }

            ticks.Add(tick.Value);
        }

        string hash = GateBook.Start(setup).ConfigHash;
        IReadOnlyList<Verdict?> again = VerdictReplay.Run(setup, ticks, [.. records.Select(r => (r.Ticks, r.Input))]);
        return new Recomputed(
            ticks.Count,
            [.. records.Select((r, i) => new RecomputedVerdict(r, again[i], Same(r, again[i], hash)))]
        );
    }

    private static bool Same(VerdictRecord kept, Verdict? again, string hash) =>
        again is not null && kept.ConfigHash == hash && Bits(kept.Verdict) == Bits(again);

    // Doubles are written so that they read back to the same bits; equal text is equal to the last bit.
    private static string Bits(Verdict verdict) => JsonSerializer.Serialize(verdict, CoreJson.Options);
}

/// <summary>The outcome of a recomputation.</summary>
/// <param name="Ticks">Ticks that were replayed.</param>
/// <param name="Verdicts">Every verdict that was kept beside its recomputation, oldest first.</param>
public sealed record Recomputed(long Ticks, IReadOnlyList<RecomputedVerdict> Verdicts)
{
    /// <summary>Whether every verdict came out the same.</summary>
    public bool Same => Verdicts.All(v => v.Same);
}

/// <summary>One verdict and its recomputation.</summary>
/// <param name="Kept">What was kept.</param>
/// <param name="Again">What comes out again; null when ticks are missing.</param>
/// <param name="Same">Whether they are the same to the last bit.</param>
public sealed record RecomputedVerdict(VerdictRecord Kept, Verdict? Again, bool Same);
