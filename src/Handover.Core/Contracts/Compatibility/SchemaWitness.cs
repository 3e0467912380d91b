using System.Globalization;
using System.Text;
using Handover.Core.Contracts.Schemas;

namespace Handover.Core.Contracts.Compatibility;

/// <summary>
/// Looks for a document that a writer allows and a reader refuses. What it builds is only a guess; the two validators
/// decide, so a witness is always a true one.
/// </summary>
internal sealed class SchemaWitness(JsonSchema writer, JsonSchema reader)
{
    private const int MaxTries = 600;
    private const int MaxTriesOfAll = 4_000;
    private const int MaxLength = 20_000;
    private int _all;

    /// <summary>A document for a finding; null when none was found.</summary>
    public string? For(SchemaFinding finding)
    {
        int tries = 0;
        foreach (string document in Along(SchemaFacts.Of(writer.Root), finding, 0))
        {
            if (++tries > MaxTries || ++_all > MaxTriesOfAll)
            {
                return null;
            }

            byte[] utf8 = Encoding.UTF8.GetBytes(document);
            if (writer.Validate(utf8) is null && reader.Validate(utf8) is not null)
            {
                return document;
            }
        }

        return null;
    }

    private static IEnumerable<string> Along(SchemaFacts facts, SchemaFinding finding, int depth)
    {
        if (facts.Choices.Count > 0 && depth < 40)
        {
            return facts.Split().SelectMany(way => Along(way, finding, depth));
        }

        if (depth == finding.Path.Count)
        {
            return Leaves(facts, finding);
        }

        (string? name, int place) = finding.Path[depth];
        SchemaFacts inner = name is null ? facts.Item(place) : facts.Member(name);
        IEnumerable<string> values = Along(inner, finding, depth + 1);
        return name is null
            ? values.Select(v => List(facts, Math.Max(facts.MinItems, place + 1), place, v)).OfType<string>()
            : values.SelectMany(v => new[] { Map(facts, name, v, false), Map(facts, name, v, true) }).OfType<string>();
    }

    private static IEnumerable<string> Leaves(SchemaFacts facts, SchemaFinding finding)
    {
        IEnumerable<string> tries = finding.Tries;
        if (finding.Extra is { } extra)
        {
            tries = tries.Concat(
                Samples(extra.Facts, 3)
                    .SelectMany(v => new[] { Map(facts, extra.Name, v, false), Map(facts, extra.Name, v, true) })
                    .OfType<string>()
            );
        }

        return tries.Concat(Samples(facts, 4));
    }

    /// <summary>The smallest value, and values near every bound.</summary>
    public static IEnumerable<string> Samples(SchemaFacts facts, int depth)
    {
        if (facts.Impossible || depth < 0)
        {
            return [];
        }

        if (facts.Choices.Count > 0)
        {
            return facts.Split().SelectMany(way => Samples(way, depth - 1));
        }

        IEnumerable<string> listed = facts.Nodes.SelectMany(n =>
            n.Const is { } constant ? [constant.ToString()]
            : n.Enum is { } values ? values.Select(v => v.ToString())
            : []
        );
        return listed
            .Concat(Of(facts, JsonTypes.Null, ["null"]))
            .Concat(Of(facts, JsonTypes.Boolean, ["true", "false"]))
            .Concat((facts.Types & JsonTypes.Number) != JsonTypes.None ? Numbers(facts) : [])
            .Concat((facts.Types & JsonTypes.String) != JsonTypes.None ? Texts(facts) : [])
            .Concat((facts.Types & JsonTypes.Array) != JsonTypes.None ? Lists(facts, depth) : [])
            .Concat((facts.Types & JsonTypes.Object) != JsonTypes.None ? Maps(facts, depth) : []);
    }

    private static IEnumerable<string> Of(SchemaFacts facts, JsonTypes type, string[] texts) =>
        (facts.Types & type) != JsonTypes.None ? texts : [];

    private static IEnumerable<string> Numbers(SchemaFacts facts)
    {
        JsonDecimal low = facts.Bounds.Low?.Value ?? (facts.Bounds.High?.Value ?? JsonDecimal.Of(0L));
        JsonDecimal high = facts.Bounds.High?.Value ?? low;
        if (low.Place is < -300 or > 300 || high.Place is < -300 or > 300)
        {
            yield return low.ToString();
            yield break;
        }

        string[] steps =
        [
            "0",
            "1",
            "-1",
            "0.5",
            "-0.5",
            "0.001",
            "-0.001",
            .. facts.Steps.SelectMany(s => new[] { s.ToString(), "-" + s }),
            "1000000000",
            "-1000000000",
        ];
        foreach (string step in steps)
        {
            JsonDecimal by = JsonDecimal.Read(Encoding.UTF8.GetBytes(step));
            if (by.Place is < -300 or > 300)
            {
                continue;
            }

            yield return (low + by).ToString();
            yield return (high + by).ToString();
            yield return by.ToString();
        }
    }

    private static IEnumerable<string> Texts(SchemaFacts facts)
    {
        long least = Math.Min(facts.MinLength, MaxLength);
        long most = Math.Min(facts.MaxLength, least + 300);
        long longest = Math.Min(facts.MaxLength, MaxLength);
        foreach (long length in new[] { least, least + 1, most, longest }.Distinct())
        {
            yield return Quoted(new string('x', (int)length));
            yield return Quoted(new string('7', (int)length));
            yield return Quoted(new string('A', (int)length));
        }

        string[] usual = ["2026-01-31", "2026-01-31T12:00:00Z", "a-b", "a b", "ü", "a@example.org", "1.5", "unknown"];
        foreach (string text in usual)
        {
            yield return Quoted(text);
        }
    }

    private static IEnumerable<string> Lists(SchemaFacts facts, int depth)
    {
        long least = Math.Min(facts.MinItems, 1_000);
        long most = Math.Min(facts.MaxItems, 1_000);
        foreach (long count in new[] { least, least + 1, least + 2, Math.Min(most, least + 20), most }.Distinct())
        {
            if (count <= most && List(facts, count, -1, "") is { } list)
            {
                yield return list;
            }
        }

        foreach (string value in Samples(facts.Item(0), depth - 1).Take(12))
        {
            yield return $"[{string.Join(", ", Enumerable.Repeat(value, (int)Math.Max(1, least)))}]";
            yield return $"[{value}, {value}]";
        }
    }

    private static IEnumerable<string> Maps(SchemaFacts facts, int depth)
    {
        foreach (bool full in new[] { false, true })
        {
            if (Map(facts, null, "", full) is { } map)
            {
                yield return map;
            }
        }

        if (facts.Names.Count > 0 && depth > 0)
        {
            foreach (string name in facts.Names)
            {
                foreach (string value in Samples(facts.Member(name), depth - 2).Take(3))
                {
                    if (Map(facts, name, value, false) is { } map)
                    {
                        yield return map;
                    }
                }
            }
        }
    }

    /// <summary>An object with its required members, or all named ones, and one member given.</summary>
    private static string? Map(SchemaFacts facts, string? given, string value, bool full, int depth = 6)
    {
        var members = new List<string>();
        IEnumerable<string> names = full ? facts.Names.Concat(facts.Required).Distinct() : facts.Required;
        foreach (string name in names.Where(n => n != given))
        {
            SchemaFacts member = facts.Member(name);
            if (Smallest(member, depth - 1) is { } smallest)
            {
                members.Add($"{Quoted(name)}: {smallest}");
            }
            else if (facts.Required.Contains(name))
            {
                return null;
            }
        }

        if (given is not null)
        {
            members.Add($"{Quoted(given)}: {value}");
        }

        for (int i = 0; members.Count < Math.Min(facts.MinProperties, 100); i++)
        {
            string filler = $"filler{i.ToString(CultureInfo.InvariantCulture)}";
            if (Smallest(facts.Member(filler), depth - 1) is not { } smallest)
            {
                return null;
            }

            members.Add($"{Quoted(filler)}: {smallest}");
        }

        return "{" + string.Join(", ", members) + "}";
    }

    private static string? List(SchemaFacts facts, long count, int given, string value)
    {
        var items = new List<string>();
        for (int i = 0; i < Math.Min(count, 1_000); i++)
        {
            if (i == given)
            {
                items.Add(value);
            }
            else if (Smallest(facts.Item(i), 4, i) is { } smallest)
            {
                items.Add(smallest);
            }
            else
            {
                return null;
            }
        }

        return "[" + string.Join(", ", items) + "]";
    }

    /// <summary>The first sample that the facts themselves do not refuse.</summary>
    private static string? Smallest(SchemaFacts facts, int depth, int variant = 0)
    {
        if (facts.Impossible || depth < 0)
        {
            return null;
        }

        if (facts.Nodes.Count == 0)
        {
            return variant.ToString(CultureInfo.InvariantCulture);
        }

        List<string> fitting =
        [
            .. Samples(facts, Math.Min(depth, 2))
                .Where(text => text.Length < MaxLength && Fits(facts, text))
                .Take(variant > 0 ? 8 : 1),
        ];
        return fitting.Count == 0 ? null : fitting[variant % fitting.Count];
    }

    private static bool Fits(SchemaFacts facts, string text)
    {
        JsonText json = JsonText.Read(Encoding.UTF8.GetBytes(text), "a sample").Value;
        return facts.Nodes.All(node =>
        {
            var evaluation = new SchemaEvaluation(json.View, new SchemaScopes(), 10_000);
            try
            {
                return evaluation.Check(node, 0);
            }
            finally
            {
                evaluation.Dispose();
            }
        });
    }

    private static string Quoted(string text) => System.Text.Json.JsonSerializer.Serialize(text);
}
