using System.Globalization;
using System.Text;
using CsCheck;
using Handover.Core.Catalog;
using Handover.Core.Divergence;
using Handover.Core.Payloads;
using Xunit;

namespace Handover.Tests.Divergence;

/// <summary>Comparing in step says what comparing the trees says, for pairs of every kind, broken ones too.</summary>
public sealed class JsonStepProperties
{
    private static readonly string[] Names = ["a", "b", "7", "", "price", "né", "x/y", "t~", "q\\\""];
    private static readonly string[] Words =
    [
        "",
        "yes",
        "no way",
        "déjà vu",
        "a\\nb",
        "\\ud83d\\ude00",
        "\\ud800",
        "NaN",
    ];
    private static readonly string[] Values = ["true", "false", "null", "{}", "[]", "NaN", "01", "1e5", "-0", "1e999"];

    private static readonly Tolerances Rules = new()
    {
        Kinds = new Dictionary<string, OutputKind>
        {
            ["/a"] = OutputKind.Ignored,
            ["/a/b"] = OutputKind.Text,
            ["/*"] = OutputKind.Text,
            ["/né"] = OutputKind.Label,
        },
        ByPath = new Dictionary<string, Tolerances>
        {
            ["/b"] = new() { Absolute = 1000 },
            ["/price"] = Tolerances.Exact,
            ["/a/b"] = new() { TextF1 = 0.1 },
        },
    };

    private static readonly Tolerances Lists = new()
    {
        Kinds = new Dictionary<string, OutputKind>
        {
            ["/a"] = OutputKind.Ranking,
            ["/b"] = OutputKind.Probabilities,
            ["/price"] = OutputKind.Probabilities,
            ["/*"] = OutputKind.Ranking,
        },
    };

    private static readonly Gen<(byte[] A, byte[] B)> Pairs = Gen.Int[0, int.MaxValue].Select(Pair);

    [Fact]
    public void Comparing_in_step_is_comparing_trees()
    {
        int judged = 0;
        int differ = 0;
        Pairs.Sample(
            pair =>
            {
                foreach (Tolerances rules in (Tolerances[])[Tolerances.Default, Tolerances.Exact, Rules, Lists])
                {
                    Difference obvious = AnswerComparison.Compare(
                        AnswerReader.Read(WireProtocol.Json, pair.A),
                        AnswerReader.Read(WireProtocol.Json, pair.B),
                        rules
                    );
                    Equal(obvious, AnswerComparison.Compare(WireProtocol.Json, pair.A, pair.B, rules), pair);
                    if (JsonStepComparison.Compare(pair.A, pair.B, rules) is { } stepped)
                    {
                        Interlocked.Increment(ref judged);
                        Interlocked.Add(ref differ, stepped.Differs ? 1 : 0);
                        Equal(obvious, stepped, pair);
                    }
                }
            },
            iter: 20_000,
            seed: "0000000000001"
        );
        Assert.True(judged > 2_000 && differ > 300, $"only {judged} of 80,000 were judged in step, {differ} differ");
    }

    [Theory]
    [InlineData("""{"a":1,"a":1}""", """{"a":1,"a":2}""")]
    [InlineData("""{"a":1}""", """{"a":1.0}x""")]
    [InlineData("""{"a":1,"b":2}""", """{"b":2,"c":1}""")]
    [InlineData("""{"a":1,"b":2}""", """{"b":2,"a":1,}""")]
    [InlineData("""{"a":1,"b":2}""", """{"b":2 "a":1}""")]
    [InlineData("""{"a":1,"b":[2]}""", """{"b":[2,],"a":1}""")]
    [InlineData("""{"a":1,"b":{}}""", """{"b":{]},"a":1}""")]
    [InlineData("""{"a":[1,1,1,1],"a":[1,1,1,1]}""", """{"a":[1,1,1,1],"b":1}""")]
    [InlineData("""{"a":1,"b":2}""", """{"b":2,"a":1}{""")]
    [InlineData("""[1,2]""", """[1,2,3]""")]
    [InlineData("""{"a":01}""", """{"a":02}""")]
    [InlineData("""{"a":"\ud800"}""", """{"a":"x"}""")]
    [InlineData("""[1""", """[2""")]
    [InlineData("""{"a":1}""", """{"a":"1"}""")]
    [InlineData("", " ")]
    public void What_is_not_simple_is_left_to_the_tree(string a, string b) =>
        Assert.Null(
            JsonStepComparison.Compare(Encoding.UTF8.GetBytes(a), Encoding.UTF8.GetBytes(b), Tolerances.Default)
        );

    [Fact]
    public void A_thousand_items_are_one_path_with_a_count()
    {
        string a = $$"""{"items":[{{string.Join(",", Enumerable.Range(1, 1000).Select(i => $"{{\"p\":{i}}}"))}}]}""";
        string b =
            $$"""{"items":[{{string.Join(",", Enumerable.Range(1, 1000).Select(i => $"{{\"p\":{2 * i}}}"))}}]}""";
        Difference found = JsonStepComparison.Compare(
            Encoding.UTF8.GetBytes(a),
            Encoding.UTF8.GetBytes(b),
            Tolerances.Default
        )!;
        PathDifference path = Assert.Single(found.Paths);
        Assert.Equal(("/items/*/p", 1000, 0.5, "1 became 2"), (path.Path, path.Count, path.Severity, path.Detail));
    }

    [Theory]
    [InlineData("""{"a":1,"b":{"c":"x","d":[]}}""", """{ "b": {"d":[ ], "c":"x"} ,"a":1}""", "")]
    [InlineData("""{"a":1,"b":2,"c":3}""", """{"c":3,"b":9,"a":1}""", "/b 2 became 9")]
    [InlineData("""[{"a":1,"b":2},{"b":2,"a":1}]""", """[{"b":2,"a":1},{"b":2,"a":8}]""", "/*/a 1 became 8")]
    public void Members_in_another_order_are_put_into_that_of_stable(string a, string b, string told)
    {
        Difference found = JsonStepComparison.Compare(
            Encoding.UTF8.GetBytes(a),
            Encoding.UTF8.GetBytes(b),
            Tolerances.Default
        )!;
        Assert.Equal(told, string.Join("; ", found.Paths.Select(p => $"{p.Path} {p.Detail}")));
    }

    private static void Equal(Difference expected, Difference actual, (byte[] A, byte[] B) pair)
    {
        bool same =
            expected.Differs == actual.Differs
            && expected.Severity.Equals(actual.Severity)
            && expected.PathsLeftOut == actual.PathsLeftOut
            && expected.Paths.SequenceEqual(actual.Paths);
        Assert.True(same, $"{Encoding.UTF8.GetString(pair.A)} and {Encoding.UTF8.GetString(pair.B)}");
    }

    private static (byte[] A, byte[] B) Pair(int seed)
    {
        var shape = new Random(seed);
        int form = shape.Next();
        byte[] a = new PairText(form, seed, 0).Write();
        byte[] b = new PairText(form, seed, shape.Next(3) == 0 ? 0 : shape.Next()).Write();
        if (shape.Next(4) == 0 && b.Length > 0)
        {
            b[shape.Next(b.Length)] = (byte)shape.Next(256);
        }

        return (a, b);
    }

    // The same shape for the same form; values are drawn alike, but for some that a second seed changes.
    private sealed class PairText(int form, int seed, int change)
    {
        private readonly Random _shape = new(form);
        private readonly Random _values = new(seed);
        private readonly Random _changes = new(change);
        private readonly StringBuilder _text = new();

        public byte[] Write()
        {
            Write(0);
            return Encoding.UTF8.GetBytes(_text.ToString());
        }

        private void Write(int depth)
        {
            int kind = _shape.Next(depth > 3 ? 3 : 6);
            bool other = change != 0 && _changes.Next(4) == 0;
            string space = _shape.Next(6) == 0 ? " \n" : "";
            _text.Append(space);
            switch (kind)
            {
                case 3 or 4:
                    Items(depth, '{', '}', () => $"\"{Names[_shape.Next(Names.Length)]}\":");
                    break;
                case 5:
                    Items(depth, '[', ']', () => "");
                    break;
                default:
                    Leaf(kind, other);
                    break;
            }

            _text.Append(space);
        }

        private void Items(int depth, char open, char close, Func<string> before)
        {
            int count = _shape.Next(4);
            var parts = new List<string>();
            for (int i = 0; i < count; i++)
            {
                int from = _text.Length;
                _text.Append(before());
                Write(depth + 1);
                parts.Add(_text.ToString(from, _text.Length - from));
                _text.Length = from;
            }

            if (open == '{' && change != 0 && _changes.Next(3) == 0)
            {
                parts.Reverse();
            }

            _text.Append(open).AppendJoin(',', parts).Append(close);
        }

        private void Leaf(int kind, bool other)
        {
            double number = Math.Round(_values.NextDouble() * 1000, 3) - 200;
            string word = Words[_values.Next(Words.Length)];
            string value = Values[_values.Next(_values.Next(3) == 0 ? Values.Length : 3)];
            if (other)
            {
                number *= _changes.Next(2) == 0 ? 1.01 : 2;
                word = Words[_changes.Next(Words.Length)];
                value = Values[_changes.Next(Values.Length)];
            }

            _text.Append(
                kind == 0 ? number.ToString("R", CultureInfo.InvariantCulture)
                : kind == 1 ? $"\"{word}\""
                : value
            );
        }
    }
}
