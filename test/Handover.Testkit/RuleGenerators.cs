using System.Text.Json;
using CsCheck;
using Handover.Core.Catalog;

namespace Handover.Testkit;

/// <summary>Rules of every operator that means something over text, and attributes they may match.</summary>
public static class RuleGenerators
{
    private static readonly string[] Names = ["tenant", "country", "version", "age", "targetingKey"];
    private static readonly string[] Words = ["acme", "self", "de", "", "1.2.3", "v2.0", "18", "17.5", "2.0.0-rc.1"];
    private static readonly string[] Comparisons = ["==", "!=", "===", "!==", "<", "<=", ">", ">="];
    private static readonly string[] Versions = ["=", "!=", "<", "<=", ">", ">=", "~", "^"];

    private static readonly Gen<string> Word = Gen.Int[0, Words.Length - 1]
        .Select(i => JsonSerializer.Serialize(Words[i]));
    private static readonly Gen<string> Var = Gen.Int[0, Names.Length - 1].Select(i => $$"""{"var":"{{Names[i]}}"}""");

    private static readonly Gen<string> Leaf = Gen.OneOf(
        Gen.Select(Gen.Int[0, 7], Var, Word, (i, v, w) => $$"""{"{{Comparisons[i]}}":[{{v}},{{w}}]}"""),
        Gen.Select(Var, Word.Array[0, 4], (v, w) => $$"""{"in":[{{v}},[{{string.Join(',', w)}}]]}"""),
        Gen.Select(Var, Word, (v, w) => $$"""{"in":[{{w}},{{v}}]}"""),
        Gen.Select(Gen.Bool, Var, Word, (b, v, w) => $$"""{"{{(b ? "starts" : "ends")}}_with":[{{v}},{{w}}]}"""),
        Gen.Select(Gen.Int[0, 7], Var, Word, (i, v, w) => $$"""{"sem_ver":[{{v}},"{{Versions[i]}}",{{w}}]}"""),
        Gen.Select(Gen.Int[0, 100], w => $$"""{"fractional":[[true,{{w}}],[false,{{100 - w}}]]}"""),
        Gen.Select(
            Var,
            Gen.Int[0, 9],
            (v, w) => $$"""{"fractional":[{"cat":["salt",{{v}}]},[true,{{w}}],[false,3]]}"""
        ),
        Gen.Select(Var, Gen.Int[0, 40], (v, n) => $$"""{"<":[{"+":[{{v}},1]},{{n}}]}""")
    );

    private static readonly Gen<string> Text = Gen.Recursive<string>(
        (depth, inner) =>
            depth > 2
                ? Leaf
                : Gen.Frequency(
                    (3, Leaf),
                    (1, inner.Select(r => $$"""{"!":[{{r}}]}""")),
                    (1, inner.Array[1, 3].Select(r => $$"""{"and":[{{string.Join(',', r)}}]}""")),
                    (1, inner.Array[1, 3].Select(r => $$"""{"or":[{{string.Join(',', r)}}]}""")),
                    (1, Gen.Select(inner, inner, inner, (a, b, c) => $$"""{"if":[{{a}},{{b}},{{c}}]}"""))
                )
    );

    /// <summary>Sound rules.</summary>
    public static Gen<Rule> Rules { get; } = Text.Select(Rule.Read);

    /// <summary>Attributes of a request; some are absent.</summary>
    public static Gen<Dictionary<string, string>> Attributes { get; } =
        Gen.Int[-1, Words.Length - 1]
            .Array[Names.Length - 1]
            .Select(picks =>
                picks
                    .Select((pick, i) => (Name: Names[i], pick))
                    .Where(p => p.pick >= 0)
                    .ToDictionary(p => p.Name, p => Words[p.pick])
            );
}
