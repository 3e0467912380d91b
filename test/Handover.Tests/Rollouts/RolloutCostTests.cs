using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Rollouts;
using Xunit;

namespace Handover.Tests.Rollouts;

public sealed class RolloutCostTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    private static readonly Cost Stable = new(2400, "USD");
    private static readonly Cost Candidate = new(4800, "USD");

    private static readonly RolloutState Shadowing = new()
    {
        Id = "p.1",
        Plan = new RolloutPlan
        {
            Name = "p",
            Service = "price",
            To = "v2",
            Salt = "p",
            Phases =
            [
                new Phase.Verify(),
                new Phase.Start(TimeSpan.FromMinutes(1)),
                new Phase.Shadow(Share.FromPercent(10), 100),
                new Phase.Shift(Share.All, null, TimeSpan.Zero, 0),
                new Phase.Retire(TimeSpan.FromHours(24)),
            ],
            Budget = new Cost(3000, "USD"),
        },
        From = "v1",
        StartedBy = "ada",
        StartedAt = Start,
        Status = RolloutStatus.Running,
        PhaseIndex = 2,
    };

    // Six hours of waiting for an acknowledgement cost nothing: no second stack ran.
    private static readonly (int, DateTimeOffset)[] Entered =
    [
        (0, Start),
        (1, Start.AddHours(6)),
        (2, Start.AddHours(7)),
    ];

    [Fact]
    public void The_second_stack_costs_from_its_start_and_the_old_one_while_it_is_kept()
    {
        RolloutCost cost = Of(Shadowing, TimeSpan.FromHours(2), Start.AddHours(9));
        Assert.Equal((600m, 400m, 2800m, 3400m), (cost.SoFar, cost.Shadow, cost.ToCome, cost.Total));
        Assert.Equal((2400m, 4800m, 3000m), (cost.StablePerDay, cost.CandidatePerDay, cost.Budget));
    }

    [Fact]
    public void A_forecast_beyond_the_budget_is_a_breach_that_says_the_numbers()
    {
        string? breach = Of(Shadowing, TimeSpan.FromHours(2), Start.AddHours(9)).Breach();
        Assert.StartsWith(
            "the rollout costs 3,400.00 USD beyond stable (600.00 so far and 2,800.00 to come), "
                + "its budget is 3,000.00 USD",
            breach,
            StringComparison.Ordinal
        );
        RolloutState rich = Shadowing with { Plan = Shadowing.Plan with { Budget = new Cost(3400, "USD") } };
        Assert.Null(Of(rich, TimeSpan.FromHours(2), Start.AddHours(9)).Breach());
    }

    [Fact]
    public void Without_a_forecast_only_what_is_spent_can_break_the_budget()
    {
        RolloutCost cost = Of(Shadowing, null, Start.AddHours(9));
        Assert.Null(cost.ToCome);
        Assert.Null(cost.Breach());
        Assert.NotNull(Of(Shadowing, null, Start.AddHours(26)).Breach());
    }

    [Fact]
    public void After_a_success_the_old_stack_costs_until_it_is_stopped_and_after_a_rollback_nothing_does()
    {
        RolloutState done = Shadowing with
        {
            Status = RolloutStatus.Succeeded,
            EndedAt = Start.AddHours(8),
            KeepOldUntil = Start.AddHours(32),
        };
        RolloutCost cost = Of(done, null, Start.AddHours(20));
        Assert.Equal((400m + 1200m, 1200m), (cost.SoFar, cost.ToCome));
        Assert.Equal((400m + 2400m, 0m), Amounts(Of(done with { KeepOldUntil = null }, null, Start.AddHours(99))));
        RolloutState back = Shadowing with { Status = RolloutStatus.RolledBack, EndedAt = Start.AddHours(8) };
        Assert.Equal((400m, 0m), Amounts(Of(back, null, Start.AddHours(20))));
    }

    [Fact]
    public void With_one_stack_there_is_nothing_to_pay_beyond_stable()
    {
        var change = new Phase.Switch(TimeSpan.FromMilliseconds(400), null) { Stack = StackUse.Single };
        RolloutState single = Shadowing with { Plan = Shadowing.Plan with { Phases = [new Phase.Verify(), change] } };
        RolloutCost cost = RolloutCost.Of(
            single with
            {
                PhaseIndex = 1,
            },
            [(0, Start), (1, Start.AddHours(1))],
            Stable,
            Candidate,
            TimeSpan.FromHours(1),
            Start.AddHours(9)
        )!;
        Assert.Equal((0m, 0m), Amounts(cost));
    }

    [Fact]
    public void Amounts_in_different_currencies_are_never_added()
    {
        Assert.Null(RolloutCost.Of(Shadowing, Entered, new Cost(1, "EUR"), Candidate, null, Start));
        Release stable = Named("v1", new Cost(1, "EUR"));
        Assert.Equal(
            ["release v1 costs EUR, the budget is in USD."],
            RolloutCost.Unbudgeted(Shadowing.Plan, stable, Named("v2", Candidate)).Select(p => p.Message)
        );
        Assert.Equal(
            ["release v2 declares no cost, so that no budget can be kept."],
            RolloutCost.Unbudgeted(Shadowing.Plan, null, Named("v2", null)).Select(p => p.Message)
        );
    }

    private static (decimal, decimal?) Amounts(RolloutCost cost) => (cost.SoFar, cost.ToCome);

    private static RolloutCost Of(RolloutState state, TimeSpan? left, DateTimeOffset now) =>
        RolloutCost.Of(state, Entered, Stable, Candidate, left, now)!;

    private static Release Named(string name, Cost? cost) =>
        new()
        {
            Name = name,
            Service = "price",
            Members = new Dictionary<string, Member>(),
            CostPerDay = cost,
        };
}
