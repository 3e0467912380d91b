// Why: a misspelt fault that is ignored would make a bad release look good.
using Handover.Runtimes.Onnx;
using Xunit;

namespace Handover.Tests.Runtimes;

public sealed class FaultPlanTests
{
    [Fact]
    public void All_faults_are_read()
    {
        FaultPlan plan = FaultPlan.Parse("errors=5%, delay=80ms,stall=0.5%,slowstart=2s").Value;
        Assert.Equal(0.05, plan.Errors.Value, 12);
        Assert.Equal(0.005, plan.Stall.Value, 12);
        Assert.Equal(TimeSpan.FromMilliseconds(80), plan.Delay);
        Assert.Equal(TimeSpan.FromSeconds(2), plan.SlowStart);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    public void Nothing_is_no_faults(string? text) => Assert.Equal(FaultPlan.None, FaultPlan.Parse(text).Value);

    [Theory]
    [InlineData("error=5%")]
    [InlineData("errors=5")]
    [InlineData("errors=101%")]
    [InlineData("errors=-1%")]
    [InlineData("errors=NaN%")]
    [InlineData("errors")]
    [InlineData("delay=80")]
    [InlineData("delay=1h")]
    [InlineData("delay=-5ms")]
    [InlineData("slowstart=11m")]
    [InlineData("delay=5ms,,stall=1%")]
    [InlineData("delay=5ms,delay=6ms")]
    [InlineData("errors=60%,stall=60%")]
    public void A_wrong_fault_is_an_error(string text) =>
        Assert.Equal("fault-invalid", Assert.Single(FaultPlan.Parse(text).Problems).Code);

    [Fact]
    public void Every_mistake_is_told_at_once() => Assert.Equal(2, FaultPlan.Parse("a=1,b=2").Problems.Count);
}
