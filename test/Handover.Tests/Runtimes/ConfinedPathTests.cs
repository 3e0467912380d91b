// Why: whoever can write a declaration must not read files outside the configuration directory by it.
using Handover.Ports;
using Xunit;

namespace Handover.Tests.Runtimes;

public sealed class ConfinedPathTests : IDisposable
{
    private readonly string _top = Directory.CreateTempSubdirectory("handover-path-").FullName;
    private readonly string _dir;

    public ConfinedPathTests()
    {
        _dir = Path.Combine(_top, "conf");
        Directory.CreateDirectory(Path.Combine(_dir, "models"));
        File.WriteAllText(Path.Combine(_dir, "models", "a.onnx"), "inside");
        File.WriteAllText(Path.Combine(_top, "secret"), "outside");
        Directory.CreateDirectory(Path.Combine(_top, "conf-neighbour"));
        File.WriteAllText(Path.Combine(_top, "conf-neighbour", "b.onnx"), "outside");
    }

    public void Dispose() => Directory.Delete(_top, recursive: true);

    [Theory]
    [InlineData("models/a.onnx")]
    [InlineData("./models/../models/a.onnx")]
    public void A_file_inside_is_found(string relative) =>
        Assert.Equal("inside", File.ReadAllText(ConfinedPath.Resolve(_dir, relative).Value));

    [Theory]
    [InlineData("../secret")]
    [InlineData("models/../../secret")]
    [InlineData("../conf-neighbour/b.onnx")]
    [InlineData("/etc/passwd")]
    [InlineData("models/a.onnx\0.txt")]
    [InlineData("")]
    [InlineData(".")]
    public void A_path_that_leaves_is_refused(string relative) => AssertRefused("path-outside", relative);

    [Fact]
    public void A_link_to_a_file_outside_is_refused()
    {
        File.CreateSymbolicLink(Path.Combine(_dir, "link"), Path.Combine(_top, "secret"));
        AssertRefused("path-outside", "link");
    }

    [Fact]
    public void A_relative_link_outside_is_refused()
    {
        File.CreateSymbolicLink(Path.Combine(_dir, "models", "link"), "../../secret");
        AssertRefused("path-outside", "models/link");
    }

    [Fact]
    public void A_linked_directory_outside_is_refused()
    {
        File.CreateSymbolicLink(Path.Combine(_dir, "up"), _top);
        AssertRefused("path-outside", "up/secret");
    }

    [Fact]
    public void A_chain_of_links_is_judged_by_its_end()
    {
        File.CreateSymbolicLink(Path.Combine(_dir, "one"), "two");
        File.CreateSymbolicLink(Path.Combine(_dir, "two"), Path.Combine(_top, "secret"));
        AssertRefused("path-outside", "one");
    }

    [Fact]
    public void A_link_that_ends_inside_is_followed()
    {
        File.CreateSymbolicLink(Path.Combine(_dir, "current.onnx"), "models/a.onnx");
        Assert.Equal(Path.Combine(_dir, "models", "a.onnx"), ConfinedPath.Resolve(_dir, "current.onnx").Value);
    }

    [Fact]
    public void A_directory_that_is_itself_a_link_still_counts_as_inside()
    {
        File.CreateSymbolicLink(Path.Combine(_top, "alias"), _dir);
        Assert.True(ConfinedPath.Resolve(Path.Combine(_top, "alias"), "models/a.onnx").Ok);
    }

    [Fact]
    public void A_circle_of_links_is_an_error_and_not_a_hang()
    {
        File.CreateSymbolicLink(Path.Combine(_dir, "x"), "y");
        File.CreateSymbolicLink(Path.Combine(_dir, "y"), "x");
        AssertRefused("file-missing", "x");
    }

    [Fact]
    public void A_missing_file_is_named() => AssertRefused("file-missing", "models/none.onnx");

    private void AssertRefused(string code, string relative)
    {
        var problem = Assert.Single(ConfinedPath.Resolve(_dir, relative).Problems);
        Assert.Equal(code, problem.Code);
        Assert.Equal(relative, problem.File);
    }
}
