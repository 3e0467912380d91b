using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Xunit;

namespace Handover.Tests.Contracts;

/// <summary>The rule table, row by row, on the shapes that users write.</summary>
public sealed class TensorCompatibilityTests
{
    private static readonly TensorSpec Price = new("price", "FP32", [-1, 1])
    {
        Unit = "USD",
        Range = new ValueRange(0, 100_000),
        Semantics = "price/2.0",
    };

    private static readonly TensorSpec Read = new("price", "FP64", [-1, 1])
    {
        Unit = "USD",
        Range = new ValueRange(0, 1_000_000),
    };

    [Fact]
    public void The_example_of_the_documentation_holds()
    {
        ContractVerdict only = Assert.Single(Check([Price], Read));
        Assert.Equal(ContractOutcome.Holds, only.Outcome);
        Assert.Equal("v2", only.Release);
        Assert.Equal("/outputs/price", only.Path);
    }

    [Fact]
    public void Cents_break_a_consumer_of_dollars_in_words_that_name_everything()
    {
        ContractVerdict[] verdicts =
        [
            .. Check([Price with { Unit = "USD-cent", Range = new ValueRange(0, 10_000_000) }], Read),
        ];
        Assert.Equal([ContractRule.Unit, ContractRule.Range], verdicts.Select(v => v.Rule));
        Assert.All(verdicts, v => Assert.Equal(ContractOutcome.Breaks, v.Outcome));
        ContractVerdict unit = verdicts[0];
        Assert.Equal(
            ("quote-engine", "/outputs/price/unit", "USD", "USD-cent"),
            (unit.Consumer, unit.Path, unit.Old, unit.New)
        );
        Assert.Equal(
            "release v2 breaks consumer quote-engine at /outputs/price/unit (unit): reader has USD, "
                + "writer has USD-cent; "
                + "numbers in another unit are plausible and wrong.",
            unit.Detail
        );
        Assert.Equal("emit USD, or add an adapter that scales", unit.Fix);
        Assert.Equal([10_000_000.0], verdicts[1].Witness!.Numbers);
    }

    [Fact]
    public void A_label_that_a_reader_does_not_know_breaks_it_and_is_shown()
    {
        var cut = new TensorSpec("cut", "BYTES", [-1])
        {
            Labels = new HashSet<string> { "Good", "Ideal" },
        };
        TensorSpec more = cut with
        {
            Labels = new HashSet<string> { "Good", "Ideal", "Super" },
        };
        Assert.Equal(ContractOutcome.Holds, Assert.Single(Check([cut], cut)).Outcome);
        Assert.Equal(ContractOutcome.Holds, Assert.Single(Check([cut], more)).Outcome);
        Assert.Equal(ContractOutcome.Holds, Assert.Single(Check([more], cut with { Labels = null })).Outcome);
        ContractVerdict broken = Assert.Single(Check([more], cut));
        Assert.Equal((ContractRule.Labels, ContractOutcome.Breaks), (broken.Rule, broken.Outcome));
        Assert.Equal(("Good, Ideal", "Good, Ideal, Super"), (broken.Old, broken.New));
        Assert.Equal(["Super"], broken.Witness!.Texts);
        ContractVerdict open = Assert.Single(Check([cut with { Labels = null }], cut));
        Assert.Equal((ContractRule.Labels, ContractOutcome.Undecided), (open.Rule, open.Outcome));
    }

    [Fact]
    public void A_dropped_output_breaks_who_reads_it_and_nobody_else()
    {
        TensorSpec other = new("score", "FP32", [-1]);
        ContractVerdict gone = Assert.Single(Check([other], Read));
        Assert.Equal((ContractOutcome.Breaks, ContractRule.Presence), (gone.Outcome, gone.Rule));
        Assert.Contains("it emits score", gone.Detail);
        Assert.Equal(ContractOutcome.Holds, Assert.Single(Check([other], Read with { Optional = true })).Outcome);
    }

    [Fact]
    public void A_new_output_is_nobodys_trouble() =>
        Assert.Equal(ContractOutcome.Holds, Assert.Single(Check([Price, new("extra", "INT8", [3])], Read)).Outcome);

    [Theory]
    [InlineData("INT8", "INT16", true)]
    [InlineData("INT32", "FP64", true)]
    [InlineData("FP16", "FP32", true)]
    [InlineData("BF16", "FP32", true)]
    [InlineData("UINT8", "INT16", true)]
    [InlineData("UINT8", "INT8", false)]
    [InlineData("INT64", "FP64", false)]
    [InlineData("INT32", "FP32", false)]
    [InlineData("FP64", "FP32", false)]
    [InlineData("INT8", "UINT8", false)]
    [InlineData("FP16", "BF16", false)]
    [InlineData("BF16", "FP16", false)]
    [InlineData("FP32", "INT64", false)]
    [InlineData("FP32", "BYTES", false)]
    [InlineData("BOOL", "INT8", false)]
    public void Only_lossless_widening_holds(string emitted, string read, bool holds)
    {
        ContractVerdict verdict = Assert.Single(Check([new("x", emitted, [1])], new TensorSpec("x", read, [1])));
        Assert.Equal(holds ? ContractOutcome.Holds : ContractOutcome.Breaks, verdict.Outcome);
    }

    [Theory]
    [InlineData(new long[] { -1, 1 }, new long[] { -1, 1 }, true)]
    [InlineData(new long[] { 4, 1 }, new long[] { -1, 1 }, true)]
    [InlineData(new long[] { -1, 1 }, new long[] { 1, 1 }, false)]
    [InlineData(new long[] { -1 }, new long[] { -1, 1 }, false)]
    [InlineData(new long[] { -1, 3 }, new long[] { -1, 2 }, false)]
    [InlineData(new long[] { }, new long[] { }, true)]
    public void A_size_is_equal_or_the_reader_takes_any(long[] emitted, long[] read, bool holds)
    {
        ContractVerdict verdict = Assert.Single(Check([new("x", "FP32", emitted)], new TensorSpec("x", "FP32", read)));
        Assert.Equal(holds ? ContractOutcome.Holds : ContractOutcome.Breaks, verdict.Outcome);
        Assert.Equal(holds, verdict.Rule != ContractRule.Shape);
    }

    [Fact]
    public void What_a_bounded_reader_gets_from_an_unbounded_writer_is_undecided()
    {
        ContractVerdict verdict = Assert.Single(Check([Price with { Range = null }], Read));
        Assert.Equal((ContractOutcome.Undecided, ContractRule.Range), (verdict.Outcome, verdict.Rule));
        Assert.Null(verdict.New);
    }

    [Fact]
    public void A_narrow_datatype_is_a_range_of_its_own()
    {
        TensorSpec emitted = new("class", "UINT8", [1]);
        TensorSpec read = new("class", "INT32", [1]) { Range = new ValueRange(0, 255) };
        Assert.Equal(ContractOutcome.Holds, Assert.Single(Check([emitted], read)).Outcome);
        Assert.Equal(
            ContractOutcome.Undecided,
            Assert.Single(Check([emitted], read with { Range = new ValueRange(0, 9) })).Outcome
        );
    }

    [Theory]
    [InlineData("price/2.0", "price/2.0", ContractOutcome.Holds)]
    [InlineData("price/2.3", "price/2.1", ContractOutcome.Holds)]
    [InlineData("price/2.1", "price/2.3", ContractOutcome.Breaks)]
    [InlineData("price/3.0", "price/2.0", ContractOutcome.Breaks)]
    [InlineData("cost/2.0", "price/2.0", ContractOutcome.Breaks)]
    [InlineData(null, "price/2.0", ContractOutcome.Breaks)]
    [InlineData("price/2.0", null, ContractOutcome.Holds)]
    public void Meaning_has_a_major_that_is_equal_and_a_minor_that_grows(
        string? now,
        string? old,
        ContractOutcome outcome
    ) =>
        Assert.Equal(
            outcome,
            Assert.Single(Check([Price with { Semantics = now }], Read with { Semantics = old })).Outcome
        );

    [Fact]
    public void A_unit_that_only_one_side_names_never_holds()
    {
        Assert.Equal(ContractOutcome.Breaks, Assert.Single(Check([Price with { Unit = null }], Read)).Outcome);
        Assert.Equal(ContractOutcome.Undecided, Assert.Single(Check([Price], Read with { Unit = null })).Outcome);
    }

    [Fact]
    public void A_release_without_a_declared_output_is_undecided_for_everybody()
    {
        ContractVerdict verdict = Assert.Single(TensorCompatibility.Check(Some("v2", null), Consumer(Read)));
        Assert.Equal((ContractOutcome.Undecided, ContractRule.Declared), (verdict.Outcome, verdict.Rule));
    }

    [Fact]
    public void A_new_required_input_breaks_todays_callers()
    {
        TensorSpec carat = new("carat", "FP32", [-1, 1]);
        TensorSpec cut = new("cut", "BYTES", [-1, 1]);
        Release before = Some("v1", null) with { Input = new Signature([carat]) };
        Release after = Some("v2", null) with { Input = new Signature([carat, cut]) };
        ContractVerdict verdict = Assert.Single(TensorCompatibility.CheckRequests(before, after));
        Assert.Equal(
            (TensorCompatibility.Callers, "/inputs/cut", ContractRule.Presence, ContractOutcome.Breaks),
            (verdict.Consumer, verdict.Path, verdict.Rule, verdict.Outcome)
        );
        Assert.Empty(
            TensorCompatibility.CheckRequests(
                before,
                after with
                {
                    Input = new Signature([carat, cut with { Optional = true }]),
                }
            )
        );
    }

    [Fact]
    public void Requests_are_checked_the_other_way_round()
    {
        TensorSpec carat = new("carat", "FP32", [-1, 1]) { Range = new ValueRange(0, 10) };
        Release before = Some("v1", null) with { Input = new Signature([carat]) };
        Assert.Equal(ContractRule.Range, Only(carat with { Range = new ValueRange(0, 5) }).Rule);
        Assert.Equal(ContractOutcome.Undecided, Only(carat with { Datatype = "FP64" }).Outcome);
        Assert.Equal(ContractOutcome.Breaks, Only(carat with { Datatype = "FP16" }).Outcome);
        Assert.Equal(ContractRule.Shape, Only(carat with { Shape = [1, 1] }).Rule);
        Assert.Empty(Requests(carat with { Range = new ValueRange(-1, 11) }));

        ContractVerdict Only(TensorSpec takes) => Assert.Single(Requests(takes));
        IReadOnlyList<ContractVerdict> Requests(TensorSpec takes) =>
            TensorCompatibility.CheckRequests(before, Some("v2", null) with { Input = new Signature([takes]) });
    }

    [Fact]
    public void An_input_that_the_candidate_no_longer_knows_breaks_callers_who_send_it()
    {
        TensorSpec carat = new("carat", "FP32", [-1, 1]);
        Release before = Some("v1", null) with { Input = new Signature([carat, new("cut", "BYTES", [-1, 1])]) };
        Release after = Some("v2", null) with { Input = new Signature([carat]) };
        ContractVerdict verdict = Assert.Single(TensorCompatibility.CheckRequests(before, after));
        Assert.Equal(("/inputs/cut", ContractOutcome.Breaks), (verdict.Path, verdict.Outcome));
    }

    [Fact]
    public void The_matrix_has_both_releases_and_the_worst_first()
    {
        Release stable = Some("v1", [Price]);
        Release candidate = Some("v2", [Price with { Unit = "EUR" }]);
        Consumer storage = Consumer(Read) with { Name = "warehouse" };
        Consumer careless = Consumer(new TensorSpec("other", "FP32", [1]) { Optional = true }) with
        {
            Name = "monitor",
        };
        ContractMatrix matrix = ContractMatrix.Of([Consumer(Read), storage, careless], stable, candidate);
        Assert.Equal(ContractOutcome.Breaks, matrix.Outcome);
        Assert.Equal(["quote-engine", "warehouse"], matrix.Breaks.Select(v => v.Consumer));
        Assert.All(matrix.Breaks, v => Assert.Equal("v2", v.Release));
        Assert.Equal(ContractOutcome.Holds, matrix.Of("warehouse", "v1"));
        Assert.Equal(ContractOutcome.Breaks, matrix.Of("warehouse", "v2"));
        Assert.Equal(ContractOutcome.Holds, matrix.Of("monitor", "v2"));
        Assert.Empty(matrix.BreaksOf("v1"));
        Assert.Equal(6, matrix.Verdicts.Count);
    }

    [Fact]
    public void A_name_with_a_slash_is_escaped_in_the_pointer() =>
        Assert.Equal(
            "/outputs/a~1b~0c",
            Assert.Single(Check([new("a/b~c", "FP32", [1])], new TensorSpec("a/b~c", "FP32", [1]))).Path
        );

    private static IReadOnlyList<ContractVerdict> Check(TensorSpec[] emits, TensorSpec reads) =>
        TensorCompatibility.Check(Some("v2", emits), Consumer(reads));

    private static Consumer Consumer(TensorSpec reads) =>
        new("quote-engine", "diamond-price", ConsumerRole.Decision, new Signature([reads]));

    private static Release Some(string name, TensorSpec[]? output) =>
        new()
        {
            Name = name,
            Service = "diamond-price",
            Members = new Dictionary<string, Member> { ["model"] = new Member.Onnx("model.onnx", null) },
            Output = output is null ? null : new Signature(output),
        };
}
