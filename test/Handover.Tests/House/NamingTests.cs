using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace Handover.Tests.House;

/// <summary>
/// A thing is found by its name: folder, namespace, file and type say the same, in the field's own words.
/// </summary>
public sealed partial class NamingTests
{
    [Fact]
    public void Folder_and_namespace_agree()
    {
        var wrong = new List<string>();
        foreach (string project in Repository.Tracked.Where(f => f.EndsWith(".csproj", StringComparison.Ordinal)))
        {
            string folder = Path.GetDirectoryName(project)!;
            string root =
                XDocument.Load(Repository.At(project)).Descendants("RootNamespace").SingleOrDefault()?.Value
                ?? Path.GetFileNameWithoutExtension(project);
            foreach (string file in Repository.Sources.Where(f => Repository.In(f, folder)))
            {
                string below = Path.GetDirectoryName(file)![folder.Length..].Replace('/', '.');
                Match space = Namespace().Match(Repository.Text(file));
                if (space.Success && space.Groups["name"].Value != root + below)
                {
                    wrong.Add($"{file}: namespace {space.Groups["name"].Value}, expected {root}{below}");
                }
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_source_belongs_to_a_project()
    {
        string[] folders =
        [
            .. Repository
                .Tracked.Where(f => f.EndsWith(".csproj", StringComparison.Ordinal))
                .Select(f => Path.GetDirectoryName(f)!),
        ];
        Assert.Empty(Repository.Sources.Where(s => !folders.Any(f => Repository.In(s, f))));
    }

    [Fact]
    public void A_file_is_named_for_its_one_public_type()
    {
        var wrong = new List<string>();
        foreach (string file in Repository.Sources.Where(f => !Repository.In(f, "test")))
        {
            Match[] types = [.. TopLevelType().Matches(Repository.Text(file)).Cast<Match>()];
            string name = Path.GetFileName(file).Split('.')[0];

            // A port is named for the port, its interface has the I.
            bool named = types.Any(t => t.Groups["name"].Value is var type && (type == name || type == "I" + name));
            if (types.Length > 0 && !named)
            {
                wrong.Add($"{file}: holds {types[0].Groups["name"].Value}; name it so");
            }

            // Enums and records may stand beside their owner; what behaves has a file of its own.
            string[] others =
            [
                .. types
                    .Where(t => t.Groups["public"].Success)
                    .Where(t => t.Groups["kind"].Value is "class" or "struct" or "interface")
                    .Select(t => t.Groups["name"].Value)
                    .Where(type => type != name && type != "I" + name),
            ];
            if (others.Length > 0)
            {
                wrong.Add($"{file}: {string.Join(", ", others)}; one public type per file");
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void No_type_is_called_something_that_says_nothing()
    {
        string[] empty = ["Manager", "Helper", "Helpers", "Util", "Utils", "Impl", "Base"];
        Assert.Empty(
            from file in Repository.Sources
            from type in TopLevelType().Matches(Repository.Text(file)).Cast<Match>()
            let name = type.Groups["name"].Value
            where empty.Any(e => name.EndsWith(e, StringComparison.Ordinal))
            select $"{file}: {name}"
        );
    }

    [Fact]
    public void Words_of_the_field_are_ours()
    {
        string other = "can" + "ary";
        Assert.Empty(
            from file in Repository.Tracked
            where Repository.In(file, "src") || Repository.In(file, "bench") || Repository.In(file, "samples")
            where Path.GetExtension(file) is ".cs" or ".yaml" or ".md"
            where Repository.Text(file).Contains(other, StringComparison.OrdinalIgnoreCase)
            select file
        );
    }

    [Fact]
    public void Log_events_have_numbers_of_their_own()
    {
        var numbers = new Dictionary<int, string>();
        var wrong = new List<string>();
        foreach (string file in Repository.Sources.Where(f => !Repository.In(f, "test")))
        {
            string text = Repository.Text(file);
            foreach (Match log in LogMessage().Matches(text).Cast<Match>())
            {
                if (!log.Groups["id"].Success)
                {
                    wrong.Add($"{file}: a LoggerMessage without a number as its first argument");
                }
                else if (!numbers.TryAdd(int.Parse(log.Groups["id"].Value), file))
                {
                    wrong.Add(
                        $"{file}: {log.Groups["id"].Value} is taken by {numbers[int.Parse(log.Groups["id"].Value)]}"
                    );
                }
            }
        }

        Assert.NotEmpty(numbers);
        Assert.Empty(wrong);
    }

    [GeneratedRegex(@"^namespace (?<name>[\w.]+);", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Namespace();

    [GeneratedRegex(
        @"^((?<public>public)|internal|file)?\s*((sealed|static|abstract|partial|readonly|ref|unsafe)\s+)*"
            + @"(?<kind>class|record struct|record|struct|interface|enum)\s+(?<name>\w+)",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture
    )]
    private static partial Regex TopLevelType();

    [GeneratedRegex(@"\[LoggerMessage\(\s*((EventId = )?(?<id>\d+))?", RegexOptions.ExplicitCapture)]
    private static partial Regex LogMessage();
}
