using System.Text.RegularExpressions;
using Xunit;

namespace Handover.Tests.House;

/// <summary>ARCHITECTURE.md and the code cannot disagree: what one names, the other has.</summary>
public sealed partial class MapTests
{
    private static readonly string Map = Repository.Text("ARCHITECTURE.md");

    [Fact]
    public void Every_path_on_the_map_exists()
    {
        string[] paths = [.. Path().Matches(Map).Select(m => m.Groups["path"].Value.TrimEnd('/'))];
        Assert.NotEmpty(paths);
        Assert.Empty(paths.Where(p => !File.Exists(Repository.At(p)) && !Directory.Exists(Repository.At(p))));
    }

    [Fact]
    public void Every_room_is_on_the_map()
    {
        // A room is a folder of a project of src that holds sources.
        string[] rooms =
        [
            .. Repository
                .Sources.Where(f => Repository.In(f, "src"))
                .Select(f => f.Split('/'))
                .Where(f => f.Length > 3)
                .Select(f => string.Join('/', f[..3]))
                .Distinct(),
        ];
        Assert.NotEmpty(rooms);
        Assert.Empty(rooms.Where(r => !Map.Contains($"`{r}`", StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_project_is_on_the_map()
    {
        IEnumerable<string> projects = Repository
            .Tracked.Where(f => f.EndsWith(".csproj", StringComparison.Ordinal))
            .Where(f => Repository.In(f, "src") || Repository.In(f, "test"))
            .Select(f => System.IO.Path.GetDirectoryName(f)!);
        Assert.Empty(projects.Where(p => !Map.Contains($"`{p}`", StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_type_on_the_map_exists()
    {
        string all = string.Join(
            '\n',
            Repository.Sources.Where(f => !Repository.In(f, "bench")).Select(Repository.Text)
        );
        string[] types = [.. TypeName().Matches(Map).Select(m => m.Groups["type"].Value).Distinct()];
        Assert.NotEmpty(types);
        Assert.Empty(types.Where(t => !Regex.IsMatch(all, $@"\b(class|record|struct|interface|enum) {t}\b")));
    }

    [Fact]
    public void The_map_can_be_read_in_one_sitting() =>
        Assert.True(Map.Split('\n').Length <= 200, "ARCHITECTURE.md has at most 200 lines");

    [GeneratedRegex(@"`(?<path>(src|test|docs|eng|samples|bench)(/[\w./-]*)?)`", RegexOptions.ExplicitCapture)]
    private static partial Regex Path();

    [GeneratedRegex(@"`(?<type>[A-Z][a-z]\w+)(<\w+>)?`", RegexOptions.ExplicitCapture)]
    private static partial Regex TypeName();
}
