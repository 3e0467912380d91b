using Handover.Core.Contracts.Schemas;

namespace Handover.Core.Contracts.Compatibility;

/// <summary>The rules for objects: presence, new fields, and every field by itself.</summary>
internal sealed partial class SchemaProof
{
    private void Objects(SchemaFacts p, SchemaNode c)
    {
        foreach (PropertyTable.Entry entry in c.Properties.Entries)
        {
            if (entry.Required && !p.Required.Contains(entry.Name))
            {
                Presence(p, entry.Name);
            }

            if (entry.Schema is { } reads)
            {
                Field(p, entry.Name, reads);
            }
        }

        foreach (string name in p.Names)
        {
            if (c.Properties.Find(name)?.Schema is null)
            {
                NewField(p, c, name);
            }
            else
            {
                foreach ((System.Text.RegularExpressions.Regex pattern, _, SchemaNode reads) in c.PatternProperties)
                {
                    if (pattern.IsMatch(name))
                    {
                        Inside(new PathStep(name, 0), p.Member(name), reads);
                    }
                }
            }
        }

        Unnamed(p, c);
        Counts(p, c);
        foreach ((string name, string[] needs) in c.DependentRequired)
        {
            DependentRequired(p, name, needs);
        }
    }

    private void Presence(SchemaFacts p, string name)
    {
        bool declared = p.Declares(name);
        Add(
            ContractRule.Presence,
            $"'{name}' is required",
            declared ? $"'{name}' is optional" : null,
            true,
            declared ? $"'{name}' may be missing" : $"'{name}' is not declared",
            declared
                ? $"always emit '{name}', or let the reader do without it"
                : $"emit '{name}' again, or add an adapter that renames"
        );
    }

    private void Field(SchemaFacts p, string name, SchemaNode reads)
    {
        SchemaFacts writes = p.Member(name);
        if (writes.Impossible)
        {
            // It is never emitted; whether that is enough is the rule of presence.
            return;
        }

        if (p.Declares(name) || reads.Always is not null || writes.Nodes.Count > 0)
        {
            Inside(new PathStep(name, 0), writes, reads);
            return;
        }

        // The writer does not speak of the field and is open: it may emit it already, as something else.
        _path.Add(new PathStep(name, 0));
        Add(
            ContractRule.Type,
            Words(SchemaFacts.Of(reads).Types),
            null,
            false,
            $"the writer does not declare '{name}' and may emit anything under that name",
            "declare the field, or close the writer with additionalProperties: false"
        );
        _path.RemoveAt(_path.Count - 1);
    }

    private void NewField(SchemaFacts p, SchemaNode c, string name)
    {
        SchemaFacts writes = p.Member(name);
        if (writes.Impossible)
        {
            return;
        }

        bool matched = false;
        foreach ((System.Text.RegularExpressions.Regex pattern, _, SchemaNode reads) in c.PatternProperties)
        {
            if (pattern.IsMatch(name))
            {
                matched = true;
                Inside(new PathStep(name, 0), writes, reads);
            }
        }

        SchemaNode? others = matched ? null : c.AdditionalProperties ?? ClosedOf(c);
        if (others is { Always: false })
        {
            Add(
                new SchemaFinding(
                    [.. _path],
                    ContractRule.Field,
                    "no further fields",
                    $"'{name}'",
                    true,
                    $"'{name}' is new to a reader that accepts no further fields",
                    $"drop '{name}' with an adapter, or open the reader"
                )
                {
                    Extra = (name, writes),
                }
            );
        }
        else if (others is not null)
        {
            Inside(new PathStep(name, 0), writes, others);
        }
    }

    /// <summary>Members that the writer does not name.</summary>
    private void Unnamed(SchemaFacts p, SchemaNode c)
    {
        SchemaFacts others = p.Others();
        SchemaNode? rest = c.AdditionalProperties ?? ClosedOf(c);
        foreach ((_, string text, SchemaNode writes) in p.Nodes.SelectMany(n => n.PatternProperties))
        {
            bool same = c.PatternProperties.Any(r => r.Text == text);
            IEnumerable<SchemaNode> readers = c
                .PatternProperties.Where(r => !same || r.Text == text)
                .Select(r => r.Schema)
                .Concat(same || rest is null ? [] : [rest]);
            foreach (SchemaNode reads in readers)
            {
                Pattern(text, SchemaFacts.Of(writes), reads);
            }
        }

        if (others.Impossible)
        {
            return;
        }

        foreach (SchemaNode reads in c.PatternProperties.Select(r => r.Schema).Concat(rest is null ? [] : [rest]))
        {
            if (reads.Always == true || Trial(others, reads).Count == 0)
            {
                continue;
            }

            bool declared = others.Nodes.Count > 0;
            Add(
                new SchemaFinding(
                    [.. _path],
                    ContractRule.Field,
                    reads.Always == false ? "no further fields" : "further fields of one form",
                    declared ? "further fields of another form" : null,
                    declared,
                    "the writer may emit fields that it does not name",
                    "close the writer with additionalProperties: false"
                )
                {
                    Extra = ("further", others),
                }
            );
            return;
        }
    }

    private void Pattern(string text, SchemaFacts writes, SchemaNode reads)
    {
        if (Trial(writes, reads).Count > 0)
        {
            Add(
                ContractRule.Field,
                "fields of one form",
                $"fields that match {text}",
                true,
                $"fields that match {text} may have a form that is not accepted",
                "declare the same pattern and form"
            );
        }
    }

    private void Counts(SchemaFacts p, SchemaNode c)
    {
        long least = Math.Max(p.MinProperties, p.Required.Count);
        bool closed = p.Others().Impossible && p.Nodes.All(n => n.PatternProperties.Length == 0);
        long most = closed ? Math.Min(p.MaxProperties, p.Names.Count) : p.MaxProperties;
        if (least < c.MinProperties || most > c.MaxProperties)
        {
            Add(
                ContractRule.Field,
                $"{Lengths(c.MinProperties, c.MaxProperties)} fields",
                $"{Lengths(least, most)} fields",
                most < long.MaxValue || p.MinProperties > 0,
                "the number of fields is another one",
                "declare minProperties and maxProperties"
            );
        }

        if (c.PropertyNames is { } names)
        {
            bool same = p.Nodes.Any(n => n.PropertyNames is { } own && Trial(SchemaFacts.Of(own), names).Count == 0);
            bool listed =
                closed && p.Names.All(n => SchemaFacts.Valid(names, SchemaFacts.Text(Quoted(n)), readerScopes));
            if (!same && !listed)
            {
                Add(
                    ContractRule.Field,
                    "names of one form",
                    null,
                    closed,
                    "a name may have another form",
                    "declare the same propertyNames"
                );
            }
        }
    }

    private void DependentRequired(SchemaFacts p, string name, string[] needs)
    {
        if (p.Member(name).Impossible)
        {
            return;
        }

        foreach (string needed in needs.Where(n => !p.Required.Contains(n)))
        {
            bool same = p.Nodes.Any(n => n.DependentRequired.Any(d => d.Name == name && d.Needs.Contains(needed)));
            if (!same)
            {
                Add(
                    new SchemaFinding(
                        [.. _path],
                        ContractRule.Presence,
                        $"'{needed}' wherever '{name}' is",
                        null,
                        p.Declares(name),
                        $"'{name}' may be emitted without '{needed}'",
                        $"always emit '{needed}'"
                    )
                    {
                        Extra = (name, p.Member(name)),
                    }
                );
            }
        }
    }

    /// <summary>An unevaluated keyword of a reader with nothing beside it closes like additionalProperties.</summary>
    private SchemaNode? ClosedOf(SchemaNode c)
    {
        if (c.UnevaluatedProperties is not { } rest || !c.AppliesInPlace)
        {
            return c.UnevaluatedProperties;
        }

        Add(
            ContractRule.Composition,
            "unevaluatedProperties",
            null,
            true,
            "fields of its parts decide what it accepts",
            "declare additionalProperties"
        );
        return rest.Always == false ? null : rest;
    }

    private static string Quoted(string text) => System.Text.Json.JsonSerializer.Serialize(text);
}
