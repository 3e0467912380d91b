using Handover.Core.Foundation;
using Handover.Ports;
using Xunit;

namespace Handover.Tests.House;

/// <summary>A point that nobody passes is a hole in the proof; one that is armed by accident is a hole.</summary>
public sealed class FailpointTests
{
    [Fact]
    public void Every_name_is_passed_somewhere_and_is_in_the_list_once()
    {
        string[] sources =
        [
            .. Repository
                .Sources.Where(f =>
                    Repository.In(f, "src") && !f.EndsWith("Failpoint.Names.cs", StringComparison.Ordinal)
                )
                .Select(Repository.Text),
        ];
        var names = typeof(Failpoint)
            .GetFields()
            .Where(f => f.IsLiteral && f.Name != nameof(Failpoint.Variable))
            .ToDictionary(f => f.Name, f => (string)f.GetRawConstantValue()!);
        string[] idle = [.. names.Keys.Where(n => !sources.Any(s => s.Contains($"Failpoint.{n}")))];
        Assert.True(idle.Length == 0, $"never passed: {string.Join(", ", idle)}");
        Assert.Equal(names.Values.Order(), Failpoint.All.Order());
        Assert.True(names.Count > 20);
    }

    [Fact]
    public void The_environment_alone_arms_nothing()
    {
        Assert.Equal("failpoint-refused", Failpoint.Arm(Failpoint.BeginBefore, allowed: false)?.Code);
        Failpoint.Pass(Failpoint.BeginBefore);
    }

    [Theory]
    [InlineData("move.begin")]
    [InlineData("move.begin.before:0")]
    [InlineData("move.begin.before:-1")]
    [InlineData("move.begin.before:1:2")]
    [InlineData("move.begin.before:x")]
    [InlineData(":3")]
    public void A_point_that_does_not_exist_is_refused_with_the_names_of_those_that_do(string spec)
    {
        Problem problem = Failpoint.Arm(spec, allowed: true)!;
        Assert.Equal("unknown-failpoint", problem.Code);
        Assert.Contains(Failpoint.CommitAfter, problem.Fix);
        Failpoint.Pass(Failpoint.BeginBefore);
    }

    [Fact]
    public void Nothing_is_armed_when_nothing_is_asked_for()
    {
        Assert.Null(Failpoint.Arm(null, allowed: false));
        Assert.Null(Failpoint.Arm("", allowed: true));
        Failpoint.Pass(Failpoint.BeginBefore);
    }
}
