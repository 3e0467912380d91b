using System.Text;
using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Xunit;

namespace Handover.Tests.Contracts;

/// <summary>
/// The matrix looks into documents, in both directions: a schema whose promise is weaker must never pass as one that
/// holds only because there are no tensors to compare.
/// </summary>
public sealed class DocumentMatrixTests
{
    [Theory]
    [InlineData("string", ContractOutcome.Holds)]
    [InlineData("number", ContractOutcome.Breaks)]
    public void An_answer_is_judged_by_the_schemas_of_both_sides(string emitted, ContractOutcome outcome)
    {
        var consumer = new Consumer("desk", "s", ConsumerRole.Decision, Of("string"));
        ContractMatrix matrix = ContractMatrix.Of(
            [consumer],
            Named("v1", output: Of("string")),
            Named("v2", output: Of(emitted))
        );
        Assert.Equal(ContractOutcome.Holds, matrix.Of("desk", "v1"));
        Assert.Equal(outcome, matrix.Of("desk", "v2"));
        Assert.Equal(outcome == ContractOutcome.Breaks, matrix.BreaksOf("v2").Count > 0);
    }

    [Theory]
    [InlineData("string", ContractOutcome.Holds)]
    [InlineData("number", ContractOutcome.Breaks)]
    public void What_callers_send_today_must_be_taken_by_the_candidate(string taken, ContractOutcome outcome)
    {
        ContractMatrix matrix = ContractMatrix.Of([], Named("v1", input: Of("string")), Named("v2", input: Of(taken)));
        Assert.Equal(outcome, matrix.Outcome);
    }

    [Fact]
    public void A_consumer_that_reads_tensors_is_undecided_about_a_release_that_declares_a_schema()
    {
        var tensors = new Signature([new TensorSpec("price", "FP64", [-1, 1])]);
        var consumer = new Consumer("desk", "s", ConsumerRole.Decision, tensors);
        ContractMatrix matrix = ContractMatrix.Of([consumer], Named("v1", output: Of("string")), null);
        Assert.Equal(ContractOutcome.Undecided, matrix.Outcome);
    }

    [Theory]
    [InlineData("""{"score": 0.5}""", ContractOutcome.Holds)]
    [InlineData("""{"score": "high"}""", ContractOutcome.Breaks)]
    public void What_a_release_has_answered_decides_a_Pact_file(string second, ContractOutcome outcome)
    {
        ContractMatrix matrix = Judged(("""{"item": 1}""", """{"score": 0.25}"""), ("""{"item": 2}""", second));
        Assert.Equal(outcome, matrix.Outcome);
        ContractVerdict verdict = Assert.Single(matrix.Verdicts);
        Assert.Equal("v1", verdict.Release);
        string counted = outcome == ContractOutcome.Holds ? "all 2 recorded" : "1 of 2 recorded";
        Assert.Contains(counted, verdict.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Answers_to_requests_that_no_example_speaks_of_leave_a_Pact_file_undecided()
    {
        Assert.Equal(ContractOutcome.Undecided, Judged().Outcome);
        Assert.Equal(ContractOutcome.Undecided, Judged(("""{"other": 1}""", """{"score": 0.25}""")).Outcome);
    }

    [Fact]
    public void A_Pact_file_judges_an_answer_by_the_status_that_it_had()
    {
        const string Pact = """
            { "interactions": [ { "description": "created", "request": { "method": "POST", "path": "/score" },
                "response": { "status": 201, "body": { "score": 1 } } } ],
              "metadata": { "pactSpecification": { "version": "3.0.0" } } }
            """;
        var accepts = new Signature([])
        {
            Document = new ContractDocument(ContractDocumentKind.Pact, "score.json", Pact),
        };
        AnswerContract contract = AnswerContract.Compile("desk", accepts, WireProtocol.Json).Value;
        byte[] answer = Encoding.UTF8.GetBytes("""{"score":1}""");
        Assert.Null(contract.First(answer, default, 201));
        Assert.NotNull(contract.First(answer, default, 200));
    }

    private static ContractMatrix Judged(params (string Request, string Answer)[] answers)
    {
        const string Pact = """
            { "interactions": [ { "description": "a score",
                "request": { "method": "POST", "path": "/score", "body": { "item": 1 },
                  "matchingRules": { "body": { "$.item": { "matchers": [ { "match": "integer" } ] } } } },
                "response": { "status": 200, "body": { "score": 0.5 },
                  "matchingRules": { "body": { "$.score": { "matchers": [ { "match": "decimal" } ] } } } } } ],
              "metadata": { "pactSpecification": { "version": "3.0.0" } } }
            """;
        var accepts = new Signature([])
        {
            Document = new ContractDocument(ContractDocumentKind.Pact, "score.json", Pact),
        };
        RecordedAnswer[] recorded =
        [
            .. answers.Select(a => new RecordedAnswer(
                Encoding.UTF8.GetBytes(a.Request),
                Encoding.UTF8.GetBytes(a.Answer)
            )),
        ];
        var byRelease = new Dictionary<string, IReadOnlyList<RecordedAnswer>> { ["v1"] = recorded };
        var consumer = new Consumer("desk", "s", ConsumerRole.Decision, accepts);
        return ContractMatrix.Of([consumer], Named("v1"), null, byRelease);
    }

    private static Signature Of(string type)
    {
        string schema = $$"""
            { "type": "object", "required": ["label"], "additionalProperties": false,
              "properties": { "label": { "type": "{{type}}" } } }
            """;
        return new Signature([])
        {
            Document = new ContractDocument(ContractDocumentKind.Schema, $"{type}.json", schema),
        };
    }

    private static Release Named(string name, Signature? input = null, Signature? output = null) =>
        new()
        {
            Name = name,
            Service = "s",
            Members = new Dictionary<string, Member>(),
            Input = input,
            Output = output,
        };
}
