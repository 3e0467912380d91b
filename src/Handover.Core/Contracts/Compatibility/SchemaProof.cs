using Handover.Core.Contracts.Schemas;

namespace Handover.Core.Contracts.Compatibility;

/// <summary>
/// Tries to prove that every document of a writer is one of a reader, rule by rule. Where the proof does not go
/// through it notes a finding and goes on. No finding means proven. It never says that something breaks: that takes a
/// document, which <see cref="SchemaWitness"/> looks for.
/// </summary>
internal sealed partial class SchemaProof(SchemaScopes writerScopes, SchemaScopes readerScopes)
{
    private readonly List<PathStep> _path = [];
    private readonly HashSet<(SchemaFacts, SchemaNode)> _assumed = [];
    private SchemaFindings _findings = new();
    private int _budget = 200_000;

    /// <summary>Everything that stands between the writer and the reader; empty when it is proven.</summary>
    public SchemaFindings Run(SchemaFacts writer, SchemaNode reader)
    {
        Prove(writer, reader);
        return _findings;
    }

    private void Prove(SchemaFacts p, SchemaNode c)
    {
        if (c.Always == true || p.IsEmpty(writerScopes, 3))
        {
            return;
        }

        if (--_budget < 0 || _path.Count > 40)
        {
            Add(ContractRule.Composition, null, null, false, "the schemas are too large to compare", "simplify them");
            return;
        }

        if (Identical(p, c))
        {
            return;
        }

        if (p.HasMeaning || c.HasMeaning)
        {
            Meaning(p, c);
        }

        if (p.Listed(writerScopes) is { } values)
        {
            ProveFinite(p, values, c);
            return;
        }

        if (p.Choices.Count > 0)
        {
            foreach (SchemaFacts way in p.Split())
            {
                Prove(way, c);
            }

            return;
        }

        if (!_assumed.Add((p, c)))
        {
            return;
        }

        if (c.Always == false)
        {
            Add(ContractRule.Type, "nothing", Words(p.Types), true, "the reader accepts no value here", "drop it");
        }
        else
        {
            InPlace(p, c);
            OfItself(p, c);
        }

        _assumed.Remove((p, c));
    }

    private void OfItself(SchemaFacts p, SchemaNode c)
    {
        JsonTypes missing = p.Types & ~c.Types;
        if (missing != JsonTypes.None)
        {
            TypeFinding(p, c, missing);
        }

        SchemaFacts rest = p.Only(c.Types);
        if (c.Const is not null || c.Enum is not null)
        {
            Labels(rest, c);
        }

        if ((rest.Types & JsonTypes.Number) != JsonTypes.None && c.AsksNumbers)
        {
            Numbers(rest, c);
        }

        if ((rest.Types & JsonTypes.String) != JsonTypes.None && c.AsksStrings)
        {
            Strings(rest, c);
        }

        if ((rest.Types & JsonTypes.Array) != JsonTypes.None)
        {
            Arrays(rest.Only(JsonTypes.Array), c);
        }

        if ((rest.Types & JsonTypes.Object) != JsonTypes.None)
        {
            Objects(rest.Only(JsonTypes.Object), c);
        }
    }

    private void TypeFinding(SchemaFacts p, SchemaNode c, JsonTypes missing)
    {
        bool onlyNull = missing == JsonTypes.Null;
        Add(
            onlyNull ? ContractRule.Null : ContractRule.Type,
            Words(c.Types),
            p.Types == JsonTypes.All ? null : Words(p.Types),
            p.Types != JsonTypes.All,
            p.Types == JsonTypes.All ? "the writer declares no type"
                : onlyNull ? "null may be emitted"
                : $"{Words(missing)} may be emitted",
            p.Types == JsonTypes.All
                ? $"declare the type, or let live answers show that it is {Words(c.Types)}"
                : $"emit {Words(c.Types)}, add an adapter, or let the reader accept {Words(missing)}"
        );
    }

    private void Labels(SchemaFacts p, SchemaNode c)
    {
        if (c.ReadsUnknownLabels && (p.Types & ~JsonTypes.String) == JsonTypes.None)
        {
            return;
        }

        string known = c.Const?.ToString() ?? string.Join(", ", c.Enum!.Take(8));
        Add(
            ContractRule.Labels,
            known,
            null,
            false,
            "the writer does not list its values",
            "list them as an enum, or let the reader declare x-onUnknown"
        );
    }

    private void ProveFinite(SchemaFacts p, IReadOnlyList<JsonValue> values, SchemaNode c)
    {
        var refused = values.Where(v => !SchemaFacts.Valid(c, v, readerScopes)).ToList();
        if (refused.Count == 0)
        {
            return;
        }

        string[] texts = [.. refused.Take(8).Select(v => v.ToString())];
        bool listed = p.Nodes.Any(n => n.Const is not null || n.Enum is not null);
        ContractRule rule =
            refused.TrueForAll(v => v.ToString() == "null") ? ContractRule.Null
            : listed && (c.Enum is not null || c.Const is not null) ? ContractRule.Labels
            : p.Types == JsonTypes.Integer && (c.Types & JsonTypes.Integer) != JsonTypes.None ? ContractRule.Range
            : ContractRule.Type;
        string accepted =
            c.Const?.ToString()
            ?? (c.Enum is { } known ? string.Join(", ", known.Take(8)) : Words(c.Types) + " " + NumberBounds.Of(c));
        Add(
            rule,
            accepted,
            string.Join(", ", values.Take(8)),
            true,
            $"{string.Join(", ", texts)} may be emitted",
            rule == ContractRule.Labels
                ? "map the new labels with an adapter, or let the reader declare x-onUnknown"
                : "emit only what the reader accepts, or let the reader accept it",
            texts
        );
    }

    /// <summary>A schema is itself; only without references, whose targets could differ.</summary>
    private static bool Identical(SchemaFacts p, SchemaNode c)
    {
        foreach (SchemaNode node in p.Nodes)
        {
            if (
                ReferenceEquals(node, c)
                || (
                    node.Address.Length > 0
                    && JsonView.Same(node.Source.Text.View, node.Source.At, c.Source.Text.View, c.Source.At)
                    && c.Source.Text.View.Bytes(c.Source.At).IndexOf("\"$"u8) < 0
                )
            )
            {
                return true;
            }
        }

        return false;
    }

    private void Add(
        ContractRule rule,
        string? old,
        string? now,
        bool declared,
        string why,
        string fix,
        params string[] tries
    ) => Add(new SchemaFinding([.. _path], rule, old, now, declared, why, fix) { Tries = tries });

    private void Add(SchemaFinding finding) => _findings.Add(finding);

    /// <summary>The findings of a proof that is only tried.</summary>
    private SchemaFindings Trial(SchemaFacts p, SchemaNode c)
    {
        SchemaFindings before = _findings;
        _findings = new SchemaFindings();
        Prove(p, c);
        SchemaFindings found = _findings;
        _findings = before;
        return found;
    }

    private void Inside(PathStep step, SchemaFacts p, SchemaNode c)
    {
        _path.Add(step);
        Prove(p, c);
        _path.RemoveAt(_path.Count - 1);
    }

    private static string Words(JsonTypes types)
    {
        if (types == JsonTypes.All)
        {
            return "anything";
        }

        var names = new List<string>();
        foreach (
            (JsonTypes bit, string name) in new[]
            {
                (JsonTypes.Null, "null"),
                (JsonTypes.Boolean, "boolean"),
                (JsonTypes.Object, "object"),
                (JsonTypes.Array, "array"),
                (JsonTypes.String, "string"),
            }
        )
        {
            if ((types & bit) != JsonTypes.None)
            {
                names.Add(name);
            }
        }

        if ((types & JsonTypes.Number) != JsonTypes.None)
        {
            names.Add(
                (types & JsonTypes.Number) switch
                {
                    JsonTypes.Number => "number",
                    JsonTypes.Integer => "integer",
                    _ => "number with a fraction",
                }
            );
        }

        return names.Count == 0 ? "nothing" : string.Join(" or ", names);
    }
}
