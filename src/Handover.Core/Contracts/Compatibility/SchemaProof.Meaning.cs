using Handover.Core.Contracts.Schemas;

namespace Handover.Core.Contracts.Compatibility;

/// <summary>
/// What no document shows: units, meanings, the order of classes, transport. They stand in schemas as <c>x-unit</c>,
/// <c>x-semantics</c>, <c>x-classOrder</c> and <c>x-transport</c>; a reader that declares one relies on it.
/// </summary>
internal sealed partial class SchemaProof
{
    private void Meaning(SchemaFacts p, SchemaNode c)
    {
        JsonView view = c.Source.Text.View;
        if (view.Tokens[c.Source.At].Kind != JsonKind.Object)
        {
            return;
        }

        Unit(p, view.Member(c.Source.At, "x-unit"u8));
        Semantics(p, c);
        ClassOrder(p, view.Find(c.Source.At, "x-classOrder"u8), view);
        Transport(p, view.Find(c.Source.At, "x-transport"u8), view);
    }

    private void Unit(SchemaFacts p, string? reads)
    {
        string? writes = p.Nodes.Select(n => Text(n, "x-unit")).FirstOrDefault(u => u is not null);
        if (reads is null ? writes is null : UnitCodes.Same(writes, reads))
        {
            return;
        }

        Mean(
            ContractRule.Unit,
            reads,
            writes,
            declared: reads is not null,
            reads is null ? "the reader does not say which unit it reads"
                : writes is null ? "the writer does not say which unit it writes"
                : "numbers in another unit are plausible and wrong",
            reads is null ? "declare the unit that the reader reads"
                : writes is not null && UnitCodes.Factor(writes, reads) is { } factor
                    ? $"emit {reads}, or add an adapter that scales by {factor}"
                : $"emit {reads}"
        );
    }

    private void Semantics(SchemaFacts p, SchemaNode c)
    {
        if (Semantics(c) is not { } reads)
        {
            return;
        }

        (SemanticsVersion Version, string Text, string? Direction, string? Calibration)? writes = p
            .Nodes.Select(Semantics)
            .FirstOrDefault(s => s is not null);
        if (writes is not { } found || !reads.Version.ReadsFrom(found.Text))
        {
            string why = writes is null ? "the writer does not say what the value means" : "the meaning is another one";
            string fix = $"declare {reads.Text}, or move the reader";
            Mean(ContractRule.Semantics, reads.Text, writes?.Text, true, why, fix);
            return;
        }

        if (reads.Direction is not null && reads.Direction != found.Direction)
        {
            const string Fix = "turn the value around with an adapter";
            Mean(ContractRule.Semantics, reads.Direction, found.Direction, true, "the direction is another one", Fix);
        }

        if (reads.Calibration is not null && reads.Calibration != found.Calibration)
        {
            const string Why = "the calibration is another one, so thresholds mean something else";
            const string Fix = "give the reader a map of its thresholds, and have it signed off";
            Mean(ContractRule.Semantics, reads.Calibration, found.Calibration, false, Why, Fix);
        }
    }

    private void ClassOrder(SchemaFacts p, int reads, JsonView view)
    {
        if (reads < 0)
        {
            return;
        }

        string wanted = view.Written(reads);
        JsonValue? writes = p.Nodes.Select(n => Value(n, "x-classOrder")).FirstOrDefault(v => v is not null);
        if (writes is { } order && JsonView.Same(order.Text.View, order.At, view, reads))
        {
            return;
        }

        Mean(
            ContractRule.ClassOrder,
            wanted,
            writes?.ToString(),
            writes is not null,
            writes is null ? "the writer does not say in which order the classes stand" : "the classes stand otherwise",
            writes is null ? "declare x-classOrder" : "reorder the classes with an adapter"
        );
    }

    private void Transport(SchemaFacts p, int reads, JsonView view)
    {
        foreach (int value in reads < 0 ? [] : view.Children(reads))
        {
            string name = view.NameOf(value);
            JsonValue? writes = p
                .Nodes.Select(n => Value(n, "x-transport") is { } t ? Under(t, name) : null)
                .FirstOrDefault(v => v is not null);
            if (writes is { } found && JsonView.Same(found.Text.View, found.At, view, value))
            {
                continue;
            }

            Mean(
                ContractRule.Transport,
                $"{name}: {view.Written(value)}",
                writes is null ? null : $"{name}: {writes}",
                writes is not null,
                writes is null ? $"the writer does not declare its {name}" : $"the {name} is another one",
                writes is null ? $"declare {name} under x-transport" : $"keep the {name}, or move the reader"
            );
        }
    }

    private void Mean(ContractRule rule, string? old, string? now, bool declared, string why, string fix) =>
        Add(new SchemaFinding([.. _path], rule, old, now, declared, why, fix) { OfMeaning = true });

    private static (SemanticsVersion Version, string Text, string? Direction, string? Calibration)? Semantics(
        SchemaNode node
    )
    {
        if (Value(node, "x-semantics") is not { } value)
        {
            return null;
        }

        JsonView view = value.Text.View;
        string text =
            view.Tokens[value.At].Kind == JsonKind.String
                ? view.String(value.At)
                : $"{view.Member(value.At, "id"u8)}/{view.Member(value.At, "version"u8)}";
        return (
            SemanticsVersion.Parse(text),
            text,
            view.Member(value.At, "direction"u8),
            view.Member(value.At, "calibration"u8)
        );
    }

    private static JsonValue? Value(SchemaNode node, string keyword) => Under(node.Source, keyword);

    private static JsonValue? Under(JsonValue value, string name)
    {
        int found = value.Text.View.Find(value.At, name);
        return found < 0 ? null : new JsonValue(value.Text, found);
    }

    private static string? Text(SchemaNode node, string keyword) =>
        Value(node, keyword) is { } found && found.Text.View.Tokens[found.At].Kind == JsonKind.String
            ? found.Text.View.String(found.At)
            : null;
}
