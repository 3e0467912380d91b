using Handover.Core.Catalog;
using Handover.Core.Foundation;

namespace Handover.Core.Rollouts;

/// <summary>
/// What a rollout costs beyond stable alone: the candidate's stack from its start to the end, and the old stack for as
/// long as it is kept afterwards. Declared cost per day times time, nothing metered.
/// </summary>
/// <param name="Currency">ISO 4217 code of all amounts.</param>
/// <param name="SoFar">Spent until now, not negative.</param>
/// <param name="Shadow">
/// The part of <paramref name="SoFar"/> that went into answering copies, which no caller was given.
/// </param>
/// <param name="ToCome">Still to be spent if the forecast holds; null when there is no forecast.</param>
public sealed record RolloutCost(string Currency, decimal SoFar, decimal Shadow, decimal? ToCome)
{
    /// <summary>Spent and to be spent; null when there is no forecast.</summary>
    public decimal? Total => SoFar + ToCome;

    /// <summary>What stable costs per day; null when not declared.</summary>
    public decimal? StablePerDay { get; init; }

    /// <summary>What the candidate costs per day.</summary>
    public decimal CandidatePerDay { get; init; }

    /// <summary>What may be spent; null when nobody said.</summary>
    public decimal? Budget { get; init; }

    /// <summary>
    /// The cost of a rollout; null when the candidate declares none, or the releases declare different currencies.
    /// </summary>
    /// <param name="state">The rollout.</param>
    /// <param name="entered">When each phase was entered, in order: index and time.</param>
    /// <param name="stable">What stable costs per day.</param>
    /// <param name="candidate">What the candidate costs per day.</param>
    /// <param name="left">How long until it ends by itself; null when that cannot be said.</param>
    /// <param name="now">Now.</param>
    public static RolloutCost? Of(
        RolloutState state,
        IReadOnlyList<(int Phase, DateTimeOffset At)> entered,
        Cost? stable,
        Cost? candidate,
        TimeSpan? left,
        DateTimeOffset now
    )
    {
        if (candidate is null || (stable is not null && stable.Currency != candidate.Currency))
        {
            return null;
        }

        DateTimeOffset end = state.EndedAt ?? now;
        TimeSpan ran = TimeSpan.Zero;
        TimeSpan shadowed = TimeSpan.Zero;
        for (int i = 0; i < entered.Count; i++)
        {
            DateTimeOffset until = i + 1 < entered.Count ? entered[i + 1].At : end;
            Phase phase = state.Plan.Phases[entered[i].Phase];
            TimeSpan time = until > entered[i].At ? until - entered[i].At : TimeSpan.Zero;
            ran += phase is Phase.Verify ? TimeSpan.Zero : time;
            shadowed += phase is Phase.Shadow ? time : TimeSpan.Zero;
        }

        // With one stack there is never a second one to pay, neither during nor after.
        bool single = state.Plan.Phases.Any(p => p is Phase.Switch { Stack: StackUse.Single });
        decimal factor = single ? 0 : candidate.Amount;
        decimal keptFactor = single || stable is null ? 0 : stable.Amount;
        TimeSpan keep = state.Plan.Phases.OfType<Phase.Retire>().Aggregate(TimeSpan.Zero, (sum, r) => sum + r.Keep);
        TimeSpan kept = KeptSoFar(state, keep, now);
        TimeSpan? toKeep = state.Open ? keep : KeptToCome(state, now);
        decimal? toCome = state.Open
            ? left is { } wait && state.RollbackReason is null
                ? Amount(factor, wait) + Amount(keptFactor, keep)
                : state.RollbackReason is null
                    ? null
                    : 0
            : Amount(keptFactor, toKeep.Value);
        return new RolloutCost(
            candidate.Currency,
            Amount(factor, ran) + Amount(keptFactor, kept),
            Amount(factor, shadowed),
            toCome
        )
        {
            StablePerDay = stable?.Amount,
            CandidatePerDay = candidate.Amount,
            Budget = state.Plan.Budget?.Amount,
        };
    }

    /// <summary>Why the rollout must not go on without a person; null when it keeps its budget or has none.</summary>
    public string? Breach()
    {
        decimal known = SoFar + (ToCome ?? 0);
        if (Budget is not { } budget || known <= budget)
        {
            return null;
        }

        string parts = ToCome is { } more
            ? $"{Text(SoFar)} so far and {Text(more)} to come"
            : $"{Text(SoFar)} so far, and how much is to come cannot be said";
        return $"the rollout costs {Text(known)} {Currency} beyond stable ({parts}), its budget is {Text(budget)} "
            + $"{Currency}: promote by hand, roll back, or start anew with a larger spec.budget.extraCost";
    }

    /// <summary>
    /// What makes a budget meaningless, told before the start: a release without a cost, or another currency.
    /// </summary>
    public static IEnumerable<Problem> Unbudgeted(RolloutPlan plan, Release? stable, Release? candidate)
    {
        if (plan.Budget is not { } budget || candidate is null)
        {
            yield break;
        }

        if (candidate.CostPerDay is null)
        {
            yield return Bad($"release {candidate.Name} declares no cost, so that no budget can be kept.") with
            {
                Fix = $"Declare spec.cost of release {candidate.Name}, or leave the budget out.",
            };
        }

        foreach (Release? release in new[] { stable, candidate })
        {
            if (release?.CostPerDay is { } cost && cost.Currency != budget.Currency)
            {
                string message = $"release {release.Name} costs {cost.Currency}, the budget is in {budget.Currency}.";
                yield return Bad(message) with
                {
                    Fix = "Write all of them in one currency; Handover knows no exchange rates.",
                };
            }
        }
    }

    private static Problem Bad(string message) => new("bad-budget", message) { Field = "spec.budget.extraCost" };

    private static TimeSpan KeptSoFar(RolloutState state, TimeSpan keep, DateTimeOffset now)
    {
        if (state is not { Status: RolloutStatus.Succeeded, EndedAt: { } ended })
        {
            return TimeSpan.Zero;
        }

        TimeSpan since = now - ended;
        return since < TimeSpan.Zero ? TimeSpan.Zero
            : since < keep ? since
            : keep;
    }

    private static TimeSpan KeptToCome(RolloutState state, DateTimeOffset now) =>
        state.KeepOldUntil is { } until && until > now ? until - now : TimeSpan.Zero;

    private static decimal Amount(decimal perDay, TimeSpan time) =>
        Math.Round(perDay * (decimal)Math.Min(time.TotalDays, 36_500), 2);

    private static string Text(decimal amount) =>
        amount.ToString("#,0.00", System.Globalization.CultureInfo.InvariantCulture);
}
