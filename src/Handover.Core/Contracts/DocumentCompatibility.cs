using System.Text;
using Handover.Core.Catalog;
using Handover.Core.Contracts.Compatibility;
using Handover.Core.Contracts.Schemas;
using Handover.Core.Foundation;

namespace Handover.Core.Contracts;

/// <summary>
/// Contracts that are written as documents: schema against schema is compared; everything else is undecided until
/// recorded answers say it. A document that many consumers share is compiled once.
/// </summary>
internal sealed class DocumentCompatibility
{
    private readonly Dictionary<string, Result<JsonSchema>> _compiled = new(StringComparer.Ordinal);

    /// <summary>Whether any side is a document.</summary>
    public static bool Concerns(Signature? writes, Signature? reads) =>
        writes?.Document is not null || reads?.Document is not null;

    /// <summary>Checks what one side emits against what the other accepts.</summary>
    public IReadOnlyList<ContractVerdict> Check(Signature? writes, Signature reads, ContractSides sides)
    {
        if (reads.Document is { Kind: ContractDocumentKind.Pact } pact)
        {
            return
            [
                Undecided(
                    sides,
                    ContractRule.Pact,
                    pact.File,
                    "a Pact file names examples, so recorded answers decide",
                    "let the release answer (a shadow phase does), then check again"
                ),
            ];
        }

        if (writes?.Document is not { } emitted || reads.Document is not { } accepted)
        {
            string old = reads.Document?.File ?? "tensors";
            const string Why = "one side declares a schema and the other does not";
            return
            [
                Undecided(sides, ContractRule.Declared, old, Why, "declare both sides as a schema, or both as tensors"),
            ];
        }

        Result<JsonSchema> writer = Compile(emitted);
        Result<JsonSchema> reader = Compile(accepted);
        Problem[] problems = [.. writer.Problems, .. reader.Problems];
        if (problems.Length > 0)
        {
            return
            [
                Undecided(sides, ContractRule.Declared, accepted.File, problems[0].ToString(), "repair the schema"),
            ];
        }

        IReadOnlyList<SchemaVerdict> found = SchemaCompatibility.Check(writer.Value, reader.Value);
        return found.Count == 0 ? [Holds(sides, accepted.File)] : [.. found.Select(v => Of(sides, v))];
    }

    private Result<JsonSchema> Compile(ContractDocument document)
    {
        string key = document.File + "\n" + document.Text;
        if (!_compiled.TryGetValue(key, out Result<JsonSchema>? compiled))
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(document.Text);
            _compiled[key] = compiled = JsonSchema.Compile(utf8, AnswerContract.Options(document));
        }

        return compiled;
    }

    private static ContractVerdict Of(ContractSides sides, SchemaVerdict found)
    {
        string rule = char.ToLowerInvariant(found.Rule.ToString()[0]) + found.Rule.ToString()[1..];
        string where = $"/{sides.Section}{found.Path}";
        string word = found.Outcome == ContractOutcome.Breaks ? "breaks" : "is undecided for";
        string witness = found.Witness is { } document ? $" Such as {Short(document)}." : "";
        return new ContractVerdict(
            sides.Consumer,
            where,
            found.Rule,
            found.Old,
            found.New,
            found.Outcome,
            $"{sides.Writer} {word} {sides.Reader} at {where} ({rule}): reader has {found.Old ?? "nothing"}, "
                + $"writer has {found.New ?? "nothing"}; {found.Why}.{witness}"
        )
        {
            Fix = found.Fix,
            Document = found.Witness,
        };
    }

    private static ContractVerdict Holds(ContractSides sides, string file) =>
        new(
            sides.Consumer,
            $"/{sides.Section}",
            ContractRule.All,
            file,
            null,
            ContractOutcome.Holds,
            $"{sides.Writer} holds for {sides.Reader}: everything that may be emitted is accepted by {file}."
        );

    private static ContractVerdict Undecided(
        ContractSides sides,
        ContractRule rule,
        string old,
        string why,
        string fix
    ) =>
        new(
            sides.Consumer,
            $"/{sides.Section}",
            rule,
            old,
            null,
            ContractOutcome.Undecided,
            $"{sides.Writer} is undecided for {sides.Reader} at /{sides.Section}: {why}."
        )
        {
            Fix = fix,
        };

    private static string Short(string document) => document.Length <= 160 ? document : document[..160] + "…";
}
