using Handover.Core.Contracts.Schemas;

namespace Handover.Core.Contracts.Compatibility;

/// <summary>The rules for numbers, texts and arrays.</summary>
internal sealed partial class SchemaProof
{
    private void Numbers(SchemaFacts p, SchemaNode c)
    {
        NumberBounds accepted = NumberBounds.Of(c);
        NumberBounds emitted = p.Bounds;
        bool low = accepted.Low is not { } least || emitted.Low is { } first && first.Above(least);
        bool high = accepted.High is not { } most || emitted.High is { } last && last.Below(most);
        if (!low || !high)
        {
            bool declared = (low || emitted.Low is not null) && (high || emitted.High is not null);
            bool either = (!low && emitted.Low is not null) || (!high && emitted.High is not null);
            Add(
                ContractRule.Range,
                accepted.ToString(),
                emitted == NumberBounds.None ? null : emitted.ToString(),
                declared || either,
                declared || either
                    ? "values outside of what is accepted are declared possible"
                    : "the writer declares no range",
                declared || either
                    ? $"clip to {accepted}, or let the reader accept {emitted}"
                    : "declare the range, or have the observed one of shadow traffic signed off"
            );
        }

        if (c.MultipleOf is { } step && !p.Steps.Any(s => s.IsMultipleOf(step)))
        {
            bool whole = (p.Types & JsonTypes.Fraction) == JsonTypes.None;
            if (whole && JsonDecimal.Of(1L).IsMultipleOf(step))
            {
                return;
            }

            string? declared =
                p.Steps.Any() ? string.Join(", ", p.Steps)
                : whole ? "1"
                : null;
            Add(
                ContractRule.Precision,
                step.ToString(),
                declared,
                declared is not null,
                declared is null ? "the writer declares no precision" : $"not every value is a multiple of {step}",
                $"round to {step} and declare it as multipleOf"
            );
        }
    }

    private void Strings(SchemaFacts p, SchemaNode c)
    {
        bool shorter = p.MinLength < c.MinLength;
        bool longer = p.MaxLength > c.MaxLength;
        if (shorter || longer)
        {
            bool declared =
                (shorter && p.MinLength > 0) || (longer && p.MaxLength < long.MaxValue) || p.MaxLength < c.MinLength;
            Add(
                ContractRule.Text,
                Lengths(c.MinLength, c.MaxLength),
                p.MinLength == 0 && p.MaxLength == long.MaxValue ? null : Lengths(p.MinLength, p.MaxLength),
                declared,
                declared ? "lengths outside of what is accepted are declared possible" : "the length is not declared",
                $"keep to {Lengths(c.MinLength, c.MaxLength)} characters and declare it"
            );
        }

        if (c.PatternText is { } pattern && p.Nodes.All(n => n.PatternText != pattern))
        {
            string? other = p.Nodes.Select(n => n.PatternText).FirstOrDefault(t => t is not null);
            Add(
                ContractRule.Text,
                pattern,
                other,
                other is not null,
                other is null ? "the writer declares no pattern" : "the patterns differ",
                "declare the same pattern, or list the values as an enum"
            );
        }

        if (c.Format is { } format && p.Nodes.All(n => n.Format != format))
        {
            Add(
                ContractRule.Text,
                format.ToString(),
                p.Nodes.Select(n => n.Format?.ToString()).FirstOrDefault(f => f is not null),
                c.FormatAsserts,
                "the format is not declared by the writer",
                $"declare the format {format}, or let live answers show it"
            );
        }
    }

    private void Arrays(SchemaFacts p, SchemaNode c)
    {
        bool fewer = p.MinItems < c.MinItems;
        bool more = p.MaxItems > c.MaxItems;
        if (fewer || more)
        {
            bool declared =
                (fewer && p.MinItems > 0) || (more && p.MaxItems < long.MaxValue) || p.MaxItems < c.MinItems;
            Add(
                ContractRule.Array,
                Lengths(c.MinItems, c.MaxItems),
                p.MinItems == 0 && p.MaxItems == long.MaxValue ? null : Lengths(p.MinItems, p.MaxItems),
                declared,
                declared
                    ? "numbers of items outside of what is accepted are declared possible"
                    : "the number of items is not declared",
                $"keep to {Lengths(c.MinItems, c.MaxItems)} items and declare it"
            );
        }

        if (c.PrefixItems.Length > 0 || c.Items is not null)
        {
            Items(p, c);
        }

        if (c.UniqueItems && p.MaxItems > 1 && !p.Nodes.Any(n => n.UniqueItems))
        {
            Add(ContractRule.Array, "unique items", null, false, "an item may appear twice", "declare uniqueItems");
        }

        if (c.Contains is { } contains)
        {
            Contains(p, c, contains);
        }

        if (c.UnevaluatedItems is not null)
        {
            Add(
                ContractRule.Composition,
                "unevaluatedItems",
                null,
                true,
                "it may hold items that are not known",
                "declare items instead of unevaluatedItems"
            );
        }
    }

    private void Items(SchemaFacts p, SchemaNode c)
    {
        int places = Math.Max(p.Prefix, c.PrefixItems.Length);
        for (int i = 0; i <= places; i++)
        {
            // The place after the last one that is spoken of stands for all further ones.
            SchemaNode? reads = i < c.PrefixItems.Length ? c.PrefixItems[i] : c.Items;
            if (reads is not null && i < p.MaxItems)
            {
                Inside(new PathStep(null, i), p.Item(i), reads);
            }
        }
    }

    private void Contains(SchemaFacts p, SchemaNode c, SchemaNode contains)
    {
        bool all = p.MinItems >= c.MinContains && p.Prefix == 0 && Trial(p.Item(0), contains).Count == 0;
        bool some =
            c.MinContains == 0
            || all
            || p.Nodes.Any(n =>
                n.Contains is { } own
                && n.MinContains >= c.MinContains
                && Trial(SchemaFacts.Of(own), contains).Count == 0
            );
        bool notTooMany = c.MaxContains == long.MaxValue || p.MaxItems <= c.MaxContains;
        if (!some || !notTooMany)
        {
            Add(
                ContractRule.Array,
                "contains",
                null,
                p.Nodes.Any(n => n.Contains is not null),
                "the array may not contain what the reader looks for",
                "declare the same contains"
            );
        }
    }

    private static string Lengths(long min, long max) =>
        max == long.MaxValue ? $"{Num(min)} or more" : $"{Num(min)} to {Num(max)}";

    private static string Num(long value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
