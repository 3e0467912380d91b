using System.Text;
using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Contracts.Adapters;
using Handover.Core.Foundation;
using Xunit;

namespace Handover.Tests.Contracts.Adapters;

/// <summary>What an adapter makes of a declaration and of an answer, and that the two agree.</summary>
public sealed class OutputAdapterTests
{
    private static readonly TensorSpec Cents = new("price_cents", "FP32", [-1, 1])
    {
        Unit = "US-cent",
        Range = new ValueRange(0, 10_000_000),
        Semantics = "price/2.0",
        Reference = "price-cents",
    };

    private static readonly TensorStep ToDollars = new("price_cents")
    {
        Rename = "price",
        Cast = "FP64",
        Scale = 0.01,
        Unit = "USD",
    };

    private static readonly Consumer Engine = new(
        "decision-engine",
        "quote",
        ConsumerRole.Decision,
        new Signature([
            new TensorSpec("price", "FP64", [-1, 1])
            {
                Unit = "USD",
                Range = new ValueRange(0, 100_000),
                Semantics = "price/2.0",
            },
        ])
    );

    [Fact]
    public void What_broke_a_consumer_holds_once_an_adapter_renames_casts_and_scales()
    {
        Release raw = Release(null);
        Assert.Equal(ContractOutcome.Breaks, ContractMatrix.Of([Engine], raw, null).Outcome);
        Release adapted = Release(new OutputAdapter.Tensors([ToDollars]));
        ContractMatrix matrix = ContractMatrix.Of([Engine], adapted, null);
        Assert.True(matrix.Outcome == ContractOutcome.Holds, string.Join('\n', matrix.Verdicts));
        TensorSpec price = Assert.Single(AdaptedOutput.Of(adapted)!.Tensors);
        Assert.Equal(("price", "FP64", "USD"), (price.Name, price.Datatype, price.Unit));
        Assert.Equal(new ValueRange(0, 100_000), price.Range);
        Assert.Null(price.Reference);
        Assert.Equal([Cents], adapted.Output!.Tensors);
    }

    [Fact]
    public void A_query_is_judged_by_what_it_declares_to_emit()
    {
        const string Bounded = """
            {"type":"object","required":["price"],"properties":{"price":{"type":"number","minimum":0,"maximum":9}},
             "additionalProperties":false}
            """;
        Signature emits = new([]) { Document = Schema(Bounded) };
        Consumer strict = Engine with
        {
            Accepts = new([]) { Document = Schema(Bounded.Replace("9", "10", StringComparison.Ordinal)) },
        };
        Release adapted = Release(new OutputAdapter.Query("{price: outputs[0].data[0]}", emits));
        Assert.Equal(ContractOutcome.Holds, ContractMatrix.Of([strict], adapted, null).Outcome);
    }

    [Fact]
    public void An_answer_is_rewritten_and_what_no_step_names_stays_as_it_is()
    {
        AnswerAdapter adapter = Compiled(
            ToDollars,
            new TensorStep("p") { Reorder = [2, 0, 1] },
            new("old") { Drop = true }
        );
        const string Answer = """
            {"model_name":"m","id":"7","outputs":[
             {"name":"price_cents","datatype":"FP32","shape":[2,1],"parameters":{"k":1},"data":[[35000],[1.5]]},
             {"name":"p","datatype":"FP32","shape":[2,3],"data":[0.1,0.2,0.7,1,2,3]},
             {"name":"old","datatype":"BYTES","shape":[1],"data":["x"]},
             {"name":"n","datatype":"INT64","shape":[1],"data":[9007199254740993]}],"extra":[1.50,NaN]}
            """;
        const string Expected = """
            {"model_name":"m","id":"7","outputs":[
             {"name":"price","datatype":"FP64","shape":[2,1],"parameters":{"k":1},"data":[[350],[0.015]]},
             {"name":"p","datatype":"FP32","shape":[2,3],"data":[0.7,0.1,0.2,3,1,2]},
             {"name":"n","datatype":"INT64","shape":[1],"data":[9007199254740993]}],"extra":[1.50,NaN]}
            """;
        Assert.Equal(Expected.ReplaceLineEndings("").Replace(" ", ""), Adapted(adapter, Answer));
    }

    [Theory]
    [InlineData("INT64", "INT64", 1000d, "9007199254740993", "9007199254740993000")]
    [InlineData("INT32", "FP64", 0.5, "7", "3.5")]
    [InlineData("FP64", "FP32", null, "0.1234567890123", "0.12345679")]
    [InlineData("FP64", "FP16", null, "2049", "2048")]
    [InlineData("FP32", "BF16", null, "1.01", "1.0078125")]
    [InlineData("UINT8", "INT32", -2d, "255", "-510")]
    [InlineData("FP32", "FP64", 100d, "NaN", "NaN")]
    public void Values_are_computed_in_the_datatype_that_they_get(
        string from,
        string to,
        double? scale,
        string value,
        string expected
    )
    {
        AnswerAdapter adapter = Compiled(new TensorStep("x") { Cast = to, Scale = scale });
        string answer = $$"""{"outputs":[{"name":"x","datatype":"{{from}}","shape":[1],"data":[{{value}}]}]}""";
        string adapted = Adapted(adapter, answer);
        Assert.Contains($"\"data\":[{expected}]", adapted, StringComparison.Ordinal);
        Assert.Contains($"\"datatype\":\"{to}\"", adapted, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"outputs":[]}""", "/outputs: has no tensor x")]
    [InlineData("""{"error":"overloaded"}""", "/outputs: is missing or not a list of tensors")]
    [InlineData(
        """{"outputs":[{"name":"x","datatype":"FP64","shape":[2],"data":[1]}]}""",
        "/outputs/0/data: has 1 values"
    )]
    [InlineData(
        """{"outputs":[{"name":"x","datatype":"FP64","shape":[1],"data":[1e300]}]}""",
        "/outputs/0/data: 1E+300 is too large"
    )]
    [InlineData(
        """{"outputs":[{"name":"x","datatype":"BYTES","shape":[1],"data":["1"]}]}""",
        "/outputs/0: x is BYTES, which is not what was declared"
    )]
    [InlineData("""nothing""", "the body is not the JSON")]
    [InlineData("""{"outputs":[],"outputs":[]}""", "the body is not the JSON")]
    public void An_answer_that_does_not_fit_is_a_problem_and_never_passes(string answer, string why)
    {
        Result<ReadOnlyMemory<byte>> adapted = Compiled(new TensorStep("x") { Cast = "FP32" })
            .Adapt(Encoding.UTF8.GetBytes(answer));
        Assert.False(adapted.Ok);
        Assert.StartsWith(why, adapted.Problems[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_over_the_bound_is_refused_before_it_is_read()
    {
        byte[] large = new byte[AnswerAdapter.MaxBytes + 1];
        Assert.Equal("adapter-bounds", Compiled(ToDollars).Adapt(large).Problems[0].Code);
    }

    [Theory]
    [MemberData(nameof(Misfits))]
    public void An_adapter_that_does_not_fit_the_output_is_refused(TensorStep step, string why)
    {
        var output = new Signature([
            Cents,
            new TensorSpec("n", "INT64", [-1]),
            new TensorSpec("t", "BYTES", [-1]),
            new TensorSpec("p", "FP32", [-1, 3]),
        ]);
        Result<Signature?> adapted = AdaptedOutput.Of(output, new OutputAdapter.Tensors([step]));
        Assert.False(adapted.Ok);
        Assert.Contains(why, adapted.Problems[0].Message, StringComparison.Ordinal);
    }

    public static TheoryData<TensorStep, string> Misfits =>
        new()
        {
            {
                new TensorStep("nobody") { Rename = "x" },
                "has no tensor of this name"
            },
            {
                new TensorStep("n") { Rename = "p" },
                "two tensors would have this name"
            },
            {
                new TensorStep("n") { Cast = "INT32" },
                "declare the range"
            },
            {
                new TensorStep("price_cents") { Cast = "INT32" },
                "without guessing"
            },
            {
                new TensorStep("t") { Cast = "FP32" },
                "without guessing"
            },
            {
                new TensorStep("t") { Scale = 2 },
                "BYTES cannot be scaled"
            },
            {
                new TensorStep("n") { Scale = 0.5 },
                "does not give a INT64"
            },
            {
                new TensorStep("price_cents") { Scale = 0.01 },
                "the unit of the result is needed"
            },
            {
                new TensorStep("p") { Scale = 0 },
                "other than 0"
            },
            {
                new TensorStep("p") { Reorder = [0, 1] },
                "names 2 places where the last dimension has 3"
            },
            {
                new TensorStep("p") { Reorder = [0, 1, 1] },
                "each place from 0 to 2 once"
            },
            {
                new TensorStep("price_cents") { Reorder = [1, 0] },
                "names 2 places"
            },
        };

    private static Release Release(OutputAdapter? adapter) =>
        new()
        {
            Name = "v2",
            Service = "quote",
            Members = new Dictionary<string, Member> { ["model"] = new Member.Onnx("m.onnx", null) },
            Output = new Signature([Cents]),
            Adapter = adapter,
        };

    private static ContractDocument Schema(string text) => new(ContractDocumentKind.Schema, "s.json", text);

    private static AnswerAdapter Compiled(params TensorStep[] steps) =>
        AnswerAdapter.Compile(new OutputAdapter.Tensors(steps)).Value;

    private static string Adapted(AnswerAdapter adapter, string answer)
    {
        Result<ReadOnlyMemory<byte>> adapted = adapter.Adapt(Encoding.UTF8.GetBytes(answer));
        Assert.True(adapted.Ok, adapted.Ok ? "" : adapted.Problems[0].Message);
        return Encoding.UTF8.GetString(adapted.Value.Span);
    }
}
