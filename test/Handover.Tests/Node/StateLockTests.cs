using Handover.App.Node;
using Handover.Core.Foundation;
using Xunit;

namespace Handover.Tests.Node;

public sealed class StateLockTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("handover-lock-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_second_node_is_told_to_stop_the_first_or_take_another_directory()
    {
        using (StateLock first = StateLock.Take(_directory).Value)
        {
            Problem problem = StateLock.Take(_directory).Problems.Single();
            Assert.Equal("state-in-use", problem.Code);
            Assert.Contains("--state", problem.Fix, StringComparison.Ordinal);
        }

        using StateLock second = StateLock.Take(_directory).Value;
        Assert.NotNull(second);
    }

    [Fact]
    public void A_new_state_directory_is_for_this_user_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such modes.");
        string state = Path.Combine(_directory, "state");
        using StateLock taken = StateLock.Take(state).Value;
        UnixFileMode open = File.GetUnixFileMode(state) & ~(UnixFileMode)0b111_000_000;
        Assert.Equal(UnixFileMode.None, open);
    }

    [Fact]
    public void A_state_directory_that_is_a_file_is_a_sentence()
    {
        string file = Path.Combine(_directory, "file");
        File.WriteAllText(file, "");
        Assert.Equal("state-unwritable", StateLock.Take(file).Problems.Single().Code);
    }

    [Fact]
    public async Task A_node_that_finds_the_directory_taken_writes_nothing_into_it()
    {
        using StateLock first = StateLock.Take(_directory).Value;
        var options = new RunOptions { Directory = _directory, StateDirectory = _directory };
        Result<NodeParts> second = await NodeParts.CreateAsync(options, TimeProvider.System);
        Assert.Equal("state-in-use", second.Problems.Single().Code);
        Assert.Equal(["node.lock"], Directory.GetFiles(_directory).Select(Path.GetFileName));
    }
}
