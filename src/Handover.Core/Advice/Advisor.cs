using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Rollouts;

namespace Handover.Core.Advice;

/// <summary>
/// Says which strategy fits. Precedence: refusals first; then low confidence or a new architecture asks for a flag;
/// then a blast radius where consistency matters asks for a cutover; else parallel. A strategy that is refused gives
/// way to the next in that order, and the advice says so.
/// </summary>
public static class Advisor
{
    /// <summary>Requests that warming needs for one window.</summary>
    private const int LeastWarmRequests = 20;

    /// <summary>Advises. The same answers and facts always give the same advice.</summary>
    public static Advice Advise(AdviceQuestions answers, MeasuredFacts facts)
    {
        ResolvedQuestions resolved = ResolvedQuestions.From(answers, facts);
        bool single = !BothFit(facts);
        List<Refusal> refusals = Refusals(resolved, facts, single);
        var reasons = new List<string>();
        Strategy? strategy = Choose(resolved, refusals, reasons);
        PhaseTimes times = Times(resolved, facts) with { Stack = single ? StackUse.Single : StackUse.Double };
        IReadOnlyList<Phase> phases = strategy is { } chosen ? StrategyPhases.For(chosen, times, facts.Segments) : [];
        AdviceDuration? duration = strategy is null ? null : AdviceForecast.Duration(phases, facts);
        return new Advice
        {
            Strategy = strategy,
            SingleStack = single,
            Phases = phases,
            Reasons = reasons,
            Refusals = refusals,
            Notes = Notes(resolved, facts, strategy, single),
            Duration = duration,
            Cost = duration is null ? null : AdviceForecast.Cost(phases, duration, facts, single),
            Resolved = resolved,
        };
    }

    private static Strategy? Choose(ResolvedQuestions asked, List<Refusal> refusals, List<string> reasons)
    {
        foreach ((Strategy strategy, string reason) in Preferences(asked))
        {
            if (!refusals.Exists(r => r.Strategy == strategy))
            {
                reasons.Add($"{strategy}: {reason}");
                return strategy;
            }

            reasons.Add($"{strategy} would fit ({reason}) but is refused.");
        }

        reasons.Add("Every strategy is refused: see the refusals for what to change.");
        return null;
    }

    private static IEnumerable<(Strategy Strategy, string Reason)> Preferences(ResolvedQuestions asked)
    {
        bool flag = asked.Confidence == Confidence.Low || asked.Difference >= ChangeKind.Architecture;
        bool cutover = asked.BlastRadius == BlastRadius.ConsistencyMatters;
        if (flag)
        {
            string why =
                asked.Confidence == Confidence.Low ? "confidence is low"
                : asked.Difference == ChangeKind.Interface ? "the interface changes"
                : "the architecture is new";
            yield return (Strategy.Flag, $"{why}, so it should first answer in the shadow and then for few.");
        }

        if (cutover)
        {
            yield return (Strategy.Cutover, "consistency matters, so everybody should change at one instant.");
        }

        yield return (Strategy.Parallel, "users may differ for a while, so a growing share costs nobody anything.");
        if (!cutover)
        {
            yield return (Strategy.Cutover, "it is what is left.");
        }

        if (!flag)
        {
            yield return (Strategy.Flag, "it is what is left.");
        }
    }

    private static List<Refusal> Refusals(ResolvedQuestions asked, MeasuredFacts facts, bool single)
    {
        var refusals = new List<Refusal>();
        ContractVerdict? broken = facts.Contracts?.Breaks.FirstOrDefault(v =>
            facts.Candidate is null
            || v.Release is null
            || string.Equals(v.Release, facts.Candidate, StringComparison.Ordinal)
        );
        if (broken is not null)
        {
            string reason = $"both releases would answer at the same time, and {broken.Detail}";
            string fix = broken.Fix ?? "add an adapter, or let the consumer's owner acknowledge the release";
            refusals.Add(new Refusal(Strategy.Parallel, reason, fix));
            refusals.Add(new Refusal(Strategy.Flag, reason, fix));
        }

        if (single)
        {
            refusals.AddRange(ForMemory(asked, facts));
        }

        return refusals;
    }

    private static IEnumerable<Refusal> ForMemory(ResolvedQuestions asked, MeasuredFacts facts)
    {
        const string Smaller = "add memory, or make the candidate smaller";
        string memory = MemoryWords(facts);
        yield return new Refusal(Strategy.Parallel, $"two stacks do not fit: {memory}.", Smaller);
        yield return new Refusal(Strategy.Flag, $"two stacks do not fit: {memory}.", Smaller);
        if (facts.CandidateMemoryBytes > facts.MemoryForReleasesBytes)
        {
            yield return new Refusal(Strategy.Cutover, $"even the candidate alone does not fit: {memory}.", Smaller);
        }
        else if (asked.Interruption == Interruption.None)
        {
            yield return new Refusal(
                Strategy.Cutover,
                $"it would have to stop the old release before the new one starts ({memory}), "
                    + "and no interruption is tolerable.",
                "add memory for a second stack, or allow an interruption"
            );
        }
        else if (facts.StartTime > Longest(asked.Interruption))
        {
            yield return new Refusal(
                Strategy.Cutover,
                $"the candidate takes {facts.StartTime} to start, longer than the interruption that is tolerable.",
                "add memory for a second stack, allow a longer interruption, or make the start faster"
            );
        }
    }

    /// <summary>The longest interruption that an answer means.</summary>
    internal static TimeSpan Longest(Interruption interruption) =>
        interruption switch
        {
            Interruption.None => TimeSpan.Zero,
            Interruption.Seconds => TimeSpan.FromSeconds(60),
            _ => TimeSpan.FromMinutes(15),
        };

    private static bool BothFit(MeasuredFacts facts) =>
        facts is not { MemoryForReleasesBytes: { } room, CandidateMemoryBytes: { } candidate }
        || candidate <= room - (facts.StableMemoryBytes ?? 0);

    private static string MemoryWords(MeasuredFacts facts) =>
        $"stable takes {Mib(facts.StableMemoryBytes)}, the candidate {Mib(facts.CandidateMemoryBytes)}, "
        + $"and {Mib(facts.MemoryForReleasesBytes)} are there (measured)";

    private static string Mib(long? bytes) =>
        bytes is { } b ? FormattableString.Invariant($"{b / 1048576.0:0.#} MiB") : "an unknown amount";

    private static PhaseTimes Times(ResolvedQuestions asked, MeasuredFacts facts)
    {
        PhaseTimes times = PhaseTimes.Default;
        if (asked.Maturity == Maturity.FirstDeployments)
        {
            times = times with
            {
                Step = TimeSpan.FromMinutes(10),
                Bake = TimeSpan.FromHours(4),
                Keep = TimeSpan.FromHours(48),
            };
        }

        return facts.ReplayableRequests is { } recorded
            ? times with
            {
                WarmRequests = (int)Math.Clamp(recorded, LeastWarmRequests, times.WarmRequests),
            }
            : times;
    }

    private static List<string> Notes(ResolvedQuestions asked, MeasuredFacts facts, Strategy? strategy, bool single)
    {
        var notes = new List<string>();
        if (strategy == Strategy.Cutover && facts.Contracts?.Outcome == ContractOutcome.Breaks)
        {
            notes.Add(
                "A contract is broken: verify refuses the rollout until an adapter, an acknowledgement "
                    + "or a new consumer is there."
            );
        }

        if (facts.Contracts is null && asked.Difference == ChangeKind.Interface)
        {
            notes.Add(
                "The interface changes and no contract was checked: declare the consumers, then run contracts check."
            );
        }

        if (facts.Contracts is { Undecided.Count: > 0 } open)
        {
            notes.Add($"{open.Undecided.Count} contract findings are undecided: {open.Undecided[0].Detail}");
        }

        if (strategy == Strategy.Cutover && asked.Confidence == Confidence.Low)
        {
            notes.Add(
                "Confidence is low and everybody changes at once: keep the old release, "
                    + "and watch the objectives in bake."
            );
        }

        if (single && strategy is not null)
        {
            notes.Add(
                "The stack is single: the old release stops before the new one starts, and a rollback restarts it."
            );
        }

        if (facts.ReplayableRequests < LeastWarmRequests)
        {
            notes.Add(
                $"Only {facts.ReplayableRequests} recorded requests can be replayed; warming needs {LeastWarmRequests}."
            );
        }

        if (asked.Maturity == Maturity.FirstDeployments)
        {
            notes.Add("Operations are young, so the steps, the bake and the keeping of the old release are longer.");
        }

        return notes;
    }
}
