using Handover.Core.Foundation;
using Handover.Core.Gates;

namespace Handover.Core.Rollouts;

/// <summary>What a plan must look like to be able to end well. All faults are told at once.</summary>
public static class PlanRules
{
    /// <summary>Smallest and largest hold bound.</summary>
    public static readonly (TimeSpan Least, TimeSpan Most) HoldBounds = (
        TimeSpan.FromMilliseconds(50),
        TimeSpan.FromSeconds(2)
    );

    /// <summary>Problems of the plan; empty when it can run.</summary>
    public static IReadOnlyList<Problem> Check(RolloutPlan plan)
    {
        var problems = new List<Problem>();
        if (plan.Phases.Count == 0)
        {
            return [Bad("spec.phases", "a plan needs at least one phase.")];
        }

        if (plan.Phases[^1] is not Phase.Retire || plan.Phases.Count(p => p is Phase.Retire) != 1)
        {
            problems.Add(Bad("spec.phases", "the last phase must be retire, and only the last."));
        }

        if (!plan.Phases.Any(p => p is Phase.Switch or Phase.Shift { Segment: null, Share.Parts: Share.Whole }))
        {
            problems.Add(Bad("spec.phases", "nothing brings everybody over: add shift {share: 100%} or switch."));
        }

        var started = false;
        var shares = new Dictionary<string, Share>(StringComparer.Ordinal);
        for (int i = 0; i < plan.Phases.Count; i++)
        {
            Phase phase = plan.Phases[i];
            started |= phase is Phase.Start or Phase.Switch { Stack: StackUse.Single };
            if (!started && phase is not Phase.Verify)
            {
                problems.Add(Bad($"spec.phases[{i}]", $"{phase.Kind} comes before start."));
                started = true;
            }

            if (CheckPhase(phase, shares) is { } fault)
            {
                problems.Add(Bad($"spec.phases[{i}]", fault));
            }
        }

        problems.AddRange(CheckPaces(plan));
        if (plan.SegmentOrder == SegmentOrder.Independent && !SeveralAtOnce(plan))
        {
            string none = "two segments must be shifted one directly after the other to move independently.";
            problems.Add(Bad("spec.segmentOrder", none));
        }

        problems.AddRange(SingleStack.Check(plan).Select(p => Bad($"spec.phases[{p.Index}]", p.Fault)));
        if (plan.Gates.Metrics.Count == 0)
        {
            problems.Add(Bad("spec.gates.metrics", "at least one metric must be watched."));
        }

        problems.AddRange(CheckFlips(plan));
        return problems;
    }

    private static bool SeveralAtOnce(RolloutPlan plan) =>
        Enumerable
            .Range(0, plan.Phases.Count)
            .Any(i => plan.TracksAt(i) is { } run && plan.FirstOfEach(run).Skip(1).Any());

    // Without all of these the metric could never say anything, and every promotion would wait for it.
    private static IEnumerable<Problem> CheckFlips(RolloutPlan plan)
    {
        if (plan.Gates.Metrics.FirstOrDefault(m => m.Name == MetricGate.Flips) is not { } flips)
        {
            yield break;
        }

        const string At = "spec.gates.metrics";
        if (!plan.Compare.Any(p => p.Threshold is not null))
        {
            yield return Bad(At, "flips needs a place where a number decides: add a threshold to spec.compare.");
        }

        if (!plan.Phases.OfType<Phase.Shadow>().Any(s => s.Redraw.Parts > 0))
        {
            yield return Bad(
                At,
                "flips is known in shadow only, where stable is asked twice: add shadow with a redraw."
            );
        }

        if (flips.WorseBy.Value >= 1)
        {
            yield return Bad(At, "worseBy of flips is a part of all requests: write less than 100%, such as 0.5%.");
        }
    }

    private static IEnumerable<Problem> CheckPaces(RolloutPlan plan)
    {
        var named = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < plan.Paces.Count; i++)
        {
            Pace pace = plan.Paces[i];
            string at = $"spec.paces[{i}]";
            if (!named.Add(pace.Segment ?? ""))
            {
                yield return Bad(at, $"{pace.Segment ?? "everybody"} has a pace already.");
            }

            if (pace.Segment is not null && !plan.Phases.OfType<Phase.Shift>().Any(s => s.Segment == pace.Segment))
            {
                yield return Bad($"{at}.segment", $"no phase shifts {pace.Segment}.");
            }

            if (pace.Segment is null && pace.WhenHarmed != WhenHarmed.Rollout)
            {
                yield return Bad($"{at}.whenHarmed", "only a segment can go back alone: name one.");
            }

            if (pace.Alone && !plan.Gates.Metrics.Any(m => Pace.Metrics.Contains(m.Name)))
            {
                yield return Bad(
                    $"{at}.whenHarmed",
                    "a segment is judged alone by errors, timeouts or latency, and the gates watch none of them."
                );
            }
        }
    }

    private static string? CheckPhase(Phase phase, Dictionary<string, Share> shares)
    {
        switch (phase)
        {
            case Phase.Warm { Requests: < 20 or > 100_000 }:
                return "warm needs 20 to 100,000 requests.";
            case Phase.Start { Timeout.Ticks: <= 0 }:
                return "start needs a timeout above zero.";
            case Phase.Shadow { Share.Parts: 0 }:
                return "shadow needs a share above zero.";
            case Phase.Switch s when s.Hold < HoldBounds.Least || s.Hold > HoldBounds.Most:
                return $"hold must lie in [{HoldBounds.Least.TotalMilliseconds} ms, {HoldBounds.Most.TotalMilliseconds} ms].";
            case Phase.Switch { StartTimeout.Ticks: <= 0 }:
                return "start needs a time above zero.";
            case Phase.Switch { WarmRequests: not 0 and (< 20 or > 100_000) }:
                return "warm needs 20 to 100,000 requests, or 0 for none.";
            case Phase.Shift shift:
                string key = shift.Segment ?? "";
                Share before = shares.GetValueOrDefault(key);
                shares[key] = shift.Share;
                return shift.Share.Parts <= before.Parts ? $"the share must grow: {before} comes before it." : null;
            default:
                return null;
        }
    }

    private static Problem Bad(string field, string message) => new("bad-plan", message) { Field = field };
}
