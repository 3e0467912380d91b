using System.Text;
using System.Text.Json;
using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Contracts.Pacts;
using Xunit;

namespace Handover.Tests.Contracts;

/// <summary>
/// The cases of the Pact specification, versions 3 and 4; those with XML bodies are skipped and counted.
/// </summary>
public sealed class PactSuiteTests(ITestOutputHelper output)
{
    private const string Scores = """
        { "interactions": [ { "description": "a score", "type": "Synchronous/HTTP",
            "request": { "method": "POST", "path": "/score" },
            "response": { "status": 200,
              "body": { "contentType": "application/json", "encoded": false, "content": { "score": 0.5 } },
              "matchingRules": { "body": { "$.score": { "matchers": [ { "match": "decimal" } ] } } } } } ],
          "metadata": { "pactSpecification": { "version": "4.0" } } }
        """;

    [Fact]
    public void Every_case_of_the_specification_is_judged_as_it_says()
    {
        string root = Conformance.Folder("pact");
        var wrong = new List<string>();
        int total = 0;
        int xml = 0;
        foreach (string file in Directory.EnumerateFiles(root, "*.json", SearchOption.AllDirectories).Order())
        {
            string text = File.ReadAllText(file);
            if (Path.GetFileName(file).Contains("xml", StringComparison.OrdinalIgnoreCase))
            {
                xml++;
                continue;
            }

            total++;
            using JsonDocument test = JsonDocument.Parse(text);
            bool isRequest = file.Contains("/request/", StringComparison.Ordinal);
            string? found = PactFile.Compare(Bytes(test, "expected"), Bytes(test, "actual"), isRequest);
            if (found is null != test.RootElement.GetProperty("match").GetBoolean())
            {
                wrong.Add($"{Path.GetRelativePath(root, file)}: {found ?? "matches"}");
            }
        }

        output.WriteLine($"{total} cases, {xml} with XML skipped");
        output.WriteLine(string.Join('\n', wrong));
        Assert.Empty(wrong);
        Assert.True(total >= 300, $"only {total} cases were found");
    }

    [Theory]
    [InlineData("""{"score": 0.75, "more": true}""", null)]
    [InlineData("""{"score": 1.0}""", null)]
    [InlineData("""{"score": 1}""", "/score")]
    [InlineData("""{"points": 1.5}""", "")]
    [InlineData("no json", "")]
    public void A_whole_number_is_no_decimal_and_a_missing_member_fails(string answer, string? path)
    {
        var accepts = new Signature([])
        {
            Document = new ContractDocument(ContractDocumentKind.Pact, "score.json", Scores),
        };
        AnswerContract contract = AnswerContract.Compile("engine", accepts, WireProtocol.Json).Value;
        Assert.Equal(path, contract.First(Encoding.UTF8.GetBytes(answer))?.Path);
    }

    private static byte[] Bytes(JsonDocument test, string name) =>
        Encoding.UTF8.GetBytes(test.RootElement.GetProperty(name).GetRawText());
}
