using Handover.Core.Evidence;

namespace Handover.Core.Gates;

/// <summary>
/// Derives verdicts again from the ticks that were kept. Counts are integers and sums have a fixed order, so the same
/// ticks give the same verdict to the last bit on every machine.
/// </summary>
public static class VerdictReplay
{
    /// <summary>
    /// The verdict at each mark, in order. A mark beyond the last tick has none, because the record is cut off there.
    /// </summary>
    /// <param name="setup">What the tests were set up with.</param>
    /// <param name="ticks">All ticks from the first one on, in the order in which they were consumed.</param>
    /// <param name="marks">After how many ticks the gates were asked, ascending, and with what.</param>
    public static IReadOnlyList<Verdict?> Run(
        GateSetup setup,
        IEnumerable<Tick> ticks,
        IReadOnlyList<(long Ticks, JudgeInput Input)> marks
    )
    {
        GateBook book = GateBook.Start(setup);
        using IEnumerator<Tick> next = ticks.GetEnumerator();
        var verdicts = new List<Verdict?>(marks.Count);
        foreach ((long count, JudgeInput input) in marks)
        {
            while (book.Ticks < count && next.MoveNext())
            {
                book.Observe(next.Current);
            }

            verdicts.Add(book.Ticks == count ? book.Judge(input) : null);
        }

        return verdicts;
    }
}
