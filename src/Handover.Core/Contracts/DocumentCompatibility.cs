using System.Text;
using Handover.Core.Catalog;
using Handover.Core.Contracts.Compatibility;
using Handover.Core.Contracts.Pacts;
using Handover.Core.Contracts.Schemas;
using Handover.Core.Foundation;

namespace Handover.Core.Contracts;

/// <summary>
/// Contracts that are written as documents: schema against schema is compared; everything else is undecided until
/// recorded answers say it. A document that many consumers share is compiled once, and so is what a writer says; of
/// readers' documents the last ones are kept, because a thousand of them at once would fill the memory for nothing.
/// </summary>
internal sealed class DocumentCompatibility
{
    private const int MaxReaders = 16;

    private readonly Dictionary<ContractDocument, (Result<JsonSchema> Schema, SchemaFacts? Facts)> _writers = new(
        ReferenceEqualityComparer.Instance
    );
    private readonly Dictionary<(string File, string Text), Result<JsonSchema>> _readers = [];
    private readonly Queue<(string File, string Text)> _oldest = [];
    private (ContractDocument Document, Result<JsonSchema> Schema)? _last;
    private (ContractDocument Document, Result<PactFile> File)? _pact;

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

        (Result<JsonSchema> writer, SchemaFacts? facts) = Writer(emitted);
        Result<JsonSchema> reader = Reader(accepted);
        Problem[] problems = [.. writer.Problems, .. reader.Problems];
        if (problems.Length > 0)
        {
            return
            [
                Undecided(sides, ContractRule.Declared, accepted.File, problems[0].ToString(), "repair the schema"),
            ];
        }

        IReadOnlyList<SchemaVerdict> found = SchemaCompatibility.Check(writer.Value, facts!, reader.Value);
        return found.Count == 0 ? [Holds(sides, accepted.File)] : [.. found.Select(v => Of(sides, v))];
    }

    /// <summary>A Pact file, read once for the releases that are judged one after the other.</summary>
    public Result<PactFile> Pact(ContractDocument document)
    {
        if (_pact is not { } last || !ReferenceEquals(last.Document, document))
        {
            _pact = last = (document, PactFile.Read(Encoding.UTF8.GetBytes(document.Text)));
        }

        return last.File;
    }

    private (Result<JsonSchema> Schema, SchemaFacts? Facts) Writer(ContractDocument document)
    {
        if (!_writers.TryGetValue(document, out (Result<JsonSchema> Schema, SchemaFacts? Facts) writer))
        {
            Result<JsonSchema> schema = Compile(document);
            _writers[document] = writer = (schema, schema.Ok ? SchemaFacts.Of(schema.Value.Root) : null);
        }

        return writer;
    }

    private Result<JsonSchema> Reader(ContractDocument document)
    {
        // Both releases are checked against one consumer after the other.
        if (_last is { } last && ReferenceEquals(last.Document, document))
        {
            return last.Schema;
        }

        (string, string) key = (document.File, document.Text);
        if (!_readers.TryGetValue(key, out Result<JsonSchema>? schema))
        {
            if (_readers.Count == MaxReaders)
            {
                _readers.Remove(_oldest.Dequeue());
            }

            _readers[key] = schema = Compile(document);
            _oldest.Enqueue(key);
        }

        _last = (document, schema);
        return schema;
    }

    private static Result<JsonSchema> Compile(ContractDocument document) =>
        JsonSchema.Compile(Encoding.UTF8.GetBytes(document.Text), AnswerContract.Options(document));

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
            Release = sides.Release,
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
        )
        {
            Release = sides.Release,
        };

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
            Release = sides.Release,
        };

    private static string Short(string document) => document.Length <= 160 ? document : document[..160] + "…";
}
