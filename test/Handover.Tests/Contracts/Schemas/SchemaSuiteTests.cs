using System.Text;
using System.Text.Json;
using Handover.Core.Contracts.Schemas;
using Handover.Core.Foundation;
using Xunit;

namespace Handover.Tests.Contracts.Schemas;

/// <summary>The official test suite of JSON Schema 2020-12, with its remote documents.</summary>
public sealed class SchemaSuiteTests(ITestOutputHelper output)
{
    [Fact]
    public void Every_required_case_of_the_official_suite_is_judged_as_it_says()
    {
        (int total, List<string> wrong) = Run("", asserting: false);
        foreach (string line in wrong)
        {
            output.WriteLine(line);
        }

        Assert.Empty(wrong);
        Assert.True(total >= 1_299, $"only {total} cases were found");
    }

    [Fact]
    public void Optional_formats_that_can_be_asserted_are_counted()
    {
        string formats = Path.Combine(Conformance.Folder("json-schema"), "draft2020-12", "optional", "format");
        int right = 0;
        int all = 0;
        foreach (string file in Directory.EnumerateFiles(formats, "*.json").Order(StringComparer.Ordinal))
        {
            (int total, List<string> wrong) = Run(Path.Combine("optional", "format"), true, Path.GetFileName(file));
            output.WriteLine($"{Path.GetFileNameWithoutExtension(file)}: {total - wrong.Count} of {total}");
            foreach (string line in wrong)
            {
                output.WriteLine("   " + line);
            }

            right += total - wrong.Count;
            all += total;
        }

        output.WriteLine($"all: {right} of {all}");
        Assert.True(right >= all * 8 / 10, $"{right} of {all} cases of formats");
    }

    [Theory]
    [InlineData("bignum.json")]
    [InlineData("ecmascript-regex.json")]
    [InlineData("non-bmp-regex.json")]
    [InlineData("float-overflow.json")]
    [InlineData("format-assertion.json")]
    [InlineData("dynamicRef.json")]
    [InlineData("id.json")]
    [InlineData("anchor.json")]
    [InlineData("no-schema.json")]
    [InlineData("refOfUnknownKeyword.json")]
    [InlineData("unknownKeyword.json")]
    public void Optional_parts_of_the_suite_are_judged_as_it_says(string file) =>
        Assert.Empty(Run("optional", asserting: false, file).Wrong);

    private static (int Total, List<string> Wrong) Run(string folder, bool asserting, string pattern = "*.json")
    {
        string root = Conformance.Folder("json-schema");
        var documents = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        string remotes = Path.Combine(root, "remotes");
        foreach (string file in Directory.EnumerateFiles(remotes, "*.json", SearchOption.AllDirectories))
        {
            string name = Path.GetRelativePath(remotes, file).Replace('\\', '/');
            documents[$"http://localhost:1234/{name}"] = File.ReadAllBytes(file);
        }

        var options = new SchemaOptions { Documents = documents, AssertFormats = asserting };
        var wrong = new List<string>();
        int total = 0;
        foreach (string file in Directory.EnumerateFiles(Path.Combine(root, "draft2020-12", folder), pattern))
        {
            using JsonDocument groups = JsonDocument.Parse(File.ReadAllBytes(file));
            foreach (JsonElement group in groups.RootElement.EnumerateArray())
            {
                Result<JsonSchema> schema = JsonSchema.Compile(Bytes(group.GetProperty("schema")), options);
                foreach (JsonElement test in group.GetProperty("tests").EnumerateArray())
                {
                    total++;
                    string name =
                        $"{Path.GetFileName(file)}: {group.GetProperty("description")}: "
                        + test.GetProperty("description");
                    if (!schema.Ok)
                    {
                        wrong.Add($"{name}: {schema.Problems[0]}");
                        continue;
                    }

                    SchemaViolation? found = schema.Value.Validate(Bytes(test.GetProperty("data")));
                    if (found is null != test.GetProperty("valid").GetBoolean())
                    {
                        wrong.Add($"{name}: {found?.Detail ?? "valid"}");
                    }
                }
            }
        }

        return (total, wrong);
    }

    private static byte[] Bytes(JsonElement element) => Encoding.UTF8.GetBytes(element.GetRawText());
}
