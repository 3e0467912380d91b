using Handover.Core.Contracts.Schemas;

namespace Handover.Core.Contracts.Compatibility;

/// <summary>The rules for schemas that are put together.</summary>
internal sealed partial class SchemaProof
{
    private static readonly JsonTypes[] Kinds =
    [
        JsonTypes.Null,
        JsonTypes.Boolean,
        JsonTypes.Object,
        JsonTypes.Array,
        JsonTypes.String,
        JsonTypes.Number,
    ];

    private void InPlace(SchemaFacts p, SchemaNode c)
    {
        if (c.Ref is { } target)
        {
            Prove(p, target);
        }

        if (c.DynamicRef is { } dynamic)
        {
            if (c.DynamicName is null)
            {
                Prove(p, dynamic);
            }
            else
            {
                Add(
                    ContractRule.Composition,
                    "$dynamicRef",
                    null,
                    true,
                    "its target depends on where it is used from",
                    "use $ref"
                );
            }
        }

        foreach (SchemaNode part in c.AllOf)
        {
            Prove(p, part);
        }

        Alternatives(p, c.AnyOf, exactlyOne: false);
        Alternatives(p, c.OneOf, exactlyOne: true);
        if (c.Not is { } not && !p.And(not).IsEmpty(writerScopes, 4))
        {
            Add(ContractRule.Composition, "not", null, true, "what is refused may be emitted", "write it without not");
        }

        if (c.If is { } condition)
        {
            Conditional(p, c, condition);
        }

        foreach ((string name, SchemaNode schema) in c.DependentSchemas)
        {
            if ((p.Types & JsonTypes.Object) != JsonTypes.None && !p.Member(name).Impossible)
            {
                Prove(p.Only(JsonTypes.Object).Having(name), schema);
            }
        }
    }

    /// <summary>Every type that may be emitted must fit some alternative; of a oneOf, it must fit no other.</summary>
    private void Alternatives(SchemaFacts p, SchemaNode[] ways, bool exactlyOne)
    {
        if (ways.Length == 0)
        {
            return;
        }

        foreach (JsonTypes kind in Kinds)
        {
            if ((p.Types & kind) != JsonTypes.None)
            {
                Alternative(p.Only(kind), ways, exactlyOne);
            }
        }
    }

    private void Alternative(SchemaFacts p, SchemaNode[] ways, bool exactlyOne)
    {
        SchemaFindings? nearest = null;
        int possible = 0;
        foreach (SchemaNode way in ways)
        {
            SchemaFindings found = Trial(p, way);
            if (found.Count == 0)
            {
                if (exactlyOne && ways.Any(w => !ReferenceEquals(w, way) && !p.And(w).IsEmpty(writerScopes, 4)))
                {
                    Add(
                        ContractRule.Composition,
                        "oneOf",
                        null,
                        true,
                        "a value may fit more than one alternative",
                        "use anyOf, or tell the alternatives apart by a constant"
                    );
                }

                return;
            }

            bool fits = !p.And(way).IsEmpty(writerScopes, 4);
            possible += fits ? 1 : 0;
            nearest = fits && (nearest is null || found.Count < nearest.Count) ? found : nearest;
        }

        if (possible == 1)
        {
            _findings.Add(nearest!);
            return;
        }

        Add(
            possible == 0 && p.Types == JsonTypes.Null ? ContractRule.Null : ContractRule.Composition,
            exactlyOne ? "oneOf" : "anyOf",
            Words(p.Types),
            true,
            possible == 0 ? "it fits no alternative" : "it is not shown to fit one alternative",
            "let each alternative of the writer fit one of the reader"
        );
    }

    private void Conditional(SchemaFacts p, SchemaNode c, SchemaNode condition)
    {
        SchemaFacts inside = p.And(condition);
        if (c.Then is { } then && !inside.IsEmpty(writerScopes, 4))
        {
            Prove(inside, then);
        }

        if (c.Else is { } otherwise && Trial(p, condition).Count > 0)
        {
            Prove(p, otherwise);
        }
    }
}
