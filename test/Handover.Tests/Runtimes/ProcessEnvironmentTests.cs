// Why: a model process runs other people's code, and must not find the node's keys in its environment.
using Handover.Runtimes.Processes;
using Xunit;

namespace Handover.Tests.Runtimes;

public sealed class ProcessEnvironmentTests
{
    [Theory]
    [InlineData("HANDOVER_TOKEN", "x")]
    [InlineData("HANDOVER_SERVER", "x")]
    [InlineData("GITHUB_TOKEN", "x")]
    [InlineData("AWS_SECRET_ACCESS_KEY", "x")]
    [InlineData("PGPASSWORD", "x")]
    [InlineData("OPENAI_API_KEY", "x")]
    [InlineData("SSH_AUTH_SOCK", "/tmp/agent")]
    [InlineData("DATABASE_URL", "postgres://user:pass@db/prod")]
    public void A_secret_stays_with_the_node(string name, string value) =>
        Assert.False(ProcessEnvironment.MayPass(name, value));

    [Theory]
    [InlineData("PATH", "/usr/bin:/bin")]
    [InlineData("HOME", "/root")]
    [InlineData("LANG", "C.UTF-8")]
    [InlineData("CUDA_VISIBLE_DEVICES", "0")]
    [InlineData("MODEL_URL", "http://127.0.0.1:9000/")]
    [InlineData("EMPTY", "")]
    public void A_setting_is_passed_on(string name, string value) =>
        Assert.True(ProcessEnvironment.MayPass(name, value));
}
