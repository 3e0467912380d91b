using System.Text;
using CsCheck;
using Handover.Core.Catalog;
using Handover.Core.Divergence;
using Handover.Core.Payloads;
using Xunit;

namespace Handover.Tests.Divergence;

/// <summary>What people are told of an output beyond "it differs": the measures of what it is, over all pairs.</summary>
public sealed class OutputProfileTests
{
    [Theory]
    [InlineData("I'm sorry, but I can't help with that request.", true)]
    [InlineData("As an AI language model, I have no opinion.", true)]
    [InlineData("I cannot share this.", true)]
    [InlineData("Sorry, I will not do that.", true)]
    [InlineData("I can share this gladly.", false)]
    [InlineData("The customer cannot log in, and I'm sorry for them.", false)]
    [InlineData("Sorry for the delay; here is the price.", false)]
    [InlineData("", false)]
    public void A_refusal_is_known_by_its_first_words(string text, bool refuses) =>
        Assert.Equal(refuses, TextTraits.Of(text).Refuses);

    [Theory]
    [InlineData("{\"a\": 1}", TextForm.Json, false)]
    [InlineData("{\"a\": [1, 2", TextForm.Json, true)]
    [InlineData("Use this:\n```sh\nls\n```", TextForm.Code, false)]
    [InlineData("Use this:\n```sh\nls", TextForm.Code, true)]
    [InlineData("- one\n- two\n- three", TextForm.List, false)]
    [InlineData("1. one\n2. two", TextForm.List, false)]
    [InlineData("One sentence.\nAnother one.", TextForm.Prose, false)]
    [InlineData("42", TextForm.Prose, false)]
    [InlineData("100\n200\n300", TextForm.Prose, false)]
    [InlineData(")\n)", TextForm.Prose, false)]
    [InlineData("[", TextForm.Json, true)]
    [InlineData("  ", TextForm.Empty, false)]
    public void A_text_has_a_form_and_may_be_cut_off(string text, TextForm form, bool truncated)
    {
        TextTraits traits = TextTraits.Of(text);
        Assert.Equal((form, truncated), (traits.Form, traits.Truncated));
    }

    [Fact]
    public void Any_text_at_all_has_traits() =>
        Gen.String.Sample(text => Assert.True(Enum.IsDefined(TextTraits.Of(text).Form)), iter: 5_000);

    [Fact]
    public void A_long_text_that_ends_in_mid_sentence_is_cut_off()
    {
        string whole = string.Concat(Enumerable.Repeat("the price follows from four measures, ", 8)) + "and is valid.";
        Assert.False(TextTraits.Of(whole).Truncated);
        Assert.True(TextTraits.Of(whole[..^7]).Truncated);
    }

    [Fact]
    public void Labels_are_told_by_disagreement_kappa_and_what_became_what()
    {
        OutputProfiles profiles = Profiles([]);
        string[] stable = ["low", "low", "low", "high", "high", "low"];
        string[] candidate = ["low", "high", "high", "high", "low", "low"];
        Pairs(profiles, stable.Zip(candidate, (a, b) => ($$"""{"risk":"{{a}}"}""", $$"""{"risk":"{{b}}"}""")));
        OutputProfile risk = profiles.All.Single();
        Assert.Equal(("/risk", OutputKind.Label, 6L), (risk.Path, risk.Kind, risk.Values));
        Assert.Equal(0.5, Value(risk, "disagreement"));

        // po = 3/6; pe = 4/6 x 3/6 + 2/6 x 3/6 = 1/2.
        Assert.Equal(0, Value(risk, "Cohen's kappa")!.Value, 1e-12);
        Assert.Equal([new LabelChange("low", "high", 2), new LabelChange("high", "low", 1)], risk.Changes);
    }

    [Fact]
    public void Texts_are_told_by_refusals_form_and_likeness()
    {
        OutputProfiles profiles = Profiles([new PathTolerance("/answer") { As = OutputKind.Text }]);
        Pairs(
            profiles,
            [
                ("""{"answer":"The price is 300."}""", """{"answer":"I'm sorry, I can't tell."}"""),
                ("""{"answer":"The price is 300."}""", """{"answer":"the price is 300"}"""),
                ("""{"answer":"The price is 300."}""", """{"answer":"The price is 300."}"""),
                ("""{"answer":"The price is 300."}""", """{"answer":"{\"price\": 300}"}"""),
            ]
        );
        OutputProfile answer = profiles.All.Single();
        Assert.Equal((0d, 0.25), Shares(answer, "refuses"));
        Assert.Equal((0d, 0.25), Shares(answer, "form json"));
        Assert.Equal((1d, 0.75), Shares(answer, "form prose"));
        Assert.Equal(0.25, Value(answer, "same text"));
        Assert.Equal(0.5, Value(answer, "same when normalised"));

        // "price 300" of "the price is 300": 2 x 2 / (4 + 2); the refusal shares nothing.
        Assert.Equal((0 + 1 + 1 + (4 / 6.0)) / 4, Value(answer, "token F1")!.Value, 1e-12);
        Assert.Equal((0 + 1 + 1 + (4 / 6.0)) / 4, Value(answer, "ROUGE-L")!.Value, 1e-12);
    }

    [Fact]
    public void Probabilities_are_told_by_distance_and_flips_of_class_and_decision()
    {
        PathTolerance rule = new("/p") { As = OutputKind.Probabilities, Threshold = 0.75 };
        OutputProfiles profiles = Profiles([rule]);
        Pairs(profiles, [("""{"p":[0.8,0.2]}""", """{"p":[0.7,0.3]}"""), ("""{"p":[1,0]}""", """{"p":[0,1]}""")]);
        OutputProfile p = profiles.All.Single();
        Assert.Equal(0.55, Value(p, "total variation")!.Value, 1e-12);
        Assert.Equal(0.5, Value(p, "top class changed"));
        Assert.Equal((1d, 0.5), Shares(p, "top at threshold"));
        Assert.InRange(Value(p, "Jensen-Shannon, bits")!.Value, 0.5, 0.51);
    }

    [Fact]
    public void Rankings_are_told_by_agreement()
    {
        OutputProfiles profiles = Profiles([new PathTolerance("/order") { As = OutputKind.Ranking }]);
        Pairs(profiles, [("""{"order":["a","b","c"]}""", """{"order":["c","b","a"]}""")]);
        OutputProfile order = profiles.All.Single();
        Assert.Equal(-1, Value(order, "Kendall's tau-b"));
        Assert.Equal(1, Value(order, "overlap of the first 10"));
        Assert.Equal(1, Value(order, "top item changed"));
    }

    [Fact]
    public void A_number_with_a_threshold_is_told_by_who_crossed_it_in_which_direction()
    {
        PathTolerance[] rules = [new("/score") { Threshold = 0.8, Relative = 0.5 }];
        OutputProfiles profiles = Profiles(rules);
        Pairs(
            profiles,
            [
                ("""{"score":0.79}""", """{"score":0.80}"""),
                ("""{"score":0.81}""", """{"score":0.79}"""),
                ("""{"score":0.10}""", """{"score":0.12}"""),
                ("""{"score":0.90}""", """{"score":0.95}"""),
            ]
        );
        OutputProfile score = profiles.All.Single();
        Assert.Equal((0.5, 0.5), Shares(score, "at threshold"));
        Assert.Equal(0.25, Value(score, "crossed upwards"));
        Assert.Equal(0.25, Value(score, "crossed downwards"));
    }

    [Theory]
    [InlineData("0.79", "0.80", true)]
    [InlineData("0.79", "0.7999", false)]
    [InlineData("0.80", "0.81", false)]
    public void No_tolerance_reaches_across_a_threshold(string before, string after, bool differs)
    {
        Tolerances rules = Rules([new PathTolerance("/score") { Threshold = 0.8, Relative = 0.5 }]);
        byte[] a = Encoding.UTF8.GetBytes($$"""{"n":1,"score":{{before}}}""");
        byte[] b = Encoding.UTF8.GetBytes($$"""{"n":1,"score":{{after}}}""");
        byte[] turned = Encoding.UTF8.GetBytes($$"""{"score":{{after}},"n":1}""");
        Assert.Equal(differs, AnswerComparison.Compare(WireProtocol.Json, a, b, rules).Differs);
        Assert.Equal(differs, AnswerComparison.Compare(WireProtocol.Json, a, turned, rules).Differs);
    }

    [Theory]
    [InlineData("[0.76,0.24]", "[0.74,0.26]", true)]
    [InlineData("[0.78,0.22]", "[0.76,0.24]", false)]
    public void Probabilities_on_both_sides_of_a_threshold_differ_however_close(string a, string b, bool differs)
    {
        Tolerances rules = Rules([new PathTolerance("/p") { As = OutputKind.Probabilities, Threshold = 0.75 }]);
        Difference found = AnswerComparison.Compare(
            WireProtocol.Json,
            Encoding.UTF8.GetBytes($$"""{"p":{{a}}}"""),
            Encoding.UTF8.GetBytes($$"""{"p":{{b}}}"""),
            rules
        );
        Assert.Equal(differs, found.Differs);
        Assert.All(found.Paths, p => Assert.Contains("threshold crossed in 1", p.Detail, StringComparison.Ordinal));
    }

    [Fact]
    public void The_dearest_measure_of_texts_ends_at_its_bound_and_says_of_how_many_it_is()
    {
        string left = string.Join(' ', Enumerable.Range(0, 20).Select(i => $"a{i}"));
        string right = string.Join(' ', Enumerable.Range(0, 20).Select(i => $"b{i}"));
        long each = ((left.Length / 2) + 1) * ((right.Length / 2) + 1);
        var profile = new OutputProfile("/answer", OutputKind.Text, mostSubsequenceWork: 50 * each);
        for (int i = 0; i < 60; i++)
        {
            profile.Text(left, right);
        }

        OutputMeasure rouge = profile.Measures.Single(m => m.Name.StartsWith("ROUGE-L", StringComparison.Ordinal));
        Assert.Equal(("ROUGE-L of the first 50", 0d), (rouge.Name, rouge.Value));
        Assert.Equal(60, profile.Values);
    }

    [Fact]
    public void A_path_of_the_plan_that_no_answer_has_is_told()
    {
        PathTolerance[] rules = [new("/items"), new("/items/*/score"), new("/itmes/*/score"), new("price")];
        OutputProfiles profiles = Profiles(rules);
        Pairs(profiles, [("""{"items":[{"score":1}]}""", """{"items":[]}""")]);
        Assert.Equal(["/itmes/*/score", "price"], profiles.Unseen);
    }

    [Fact]
    public void Free_text_that_is_taken_for_a_label_fills_no_table()
    {
        OutputProfiles profiles = Profiles([]);
        Pairs(profiles, Enumerable.Range(0, 150).Select(i => ($$"""{"id":"a{{i}}"}""", $$"""{"id":"b{{i}}"}""")));
        Assert.Empty(profiles.All);
    }

    private static double? Value(OutputProfile profile, string name) =>
        profile.Measures.Single(m => m.Name == name).Value;

    private static (double?, double?) Shares(OutputProfile profile, string name)
    {
        OutputMeasure measure = profile.Measures.Single(m => m.Name == name);
        return (measure.Stable, measure.Candidate);
    }

    private static void Pairs(OutputProfiles profiles, IEnumerable<(string Stable, string Candidate)> pairs)
    {
        foreach ((string stable, string candidate) in pairs)
        {
            profiles.Add(Read(stable), Read(candidate));
        }
    }

    private static TypedAnswer Read(string json) =>
        AnswerReader.Read(WireProtocol.Json, Encoding.UTF8.GetBytes(json)).Value;

    private static OutputProfiles Profiles(PathTolerance[] plan) => new(Rules(plan), plan.Select(p => p.Path));

    private static Tolerances Rules(PathTolerance[] plan) =>
        ComparisonRules.Of(WireProtocol.Json, null, null, sameSpace: false, plan);
}
