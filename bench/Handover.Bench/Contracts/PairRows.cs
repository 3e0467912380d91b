using System.Globalization;
using System.Text;
using CsCheck;
using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Contracts.Compatibility;
using Handover.Core.Contracts.Schemas;
using Handover.Core.Payloads;
using Handover.Testkit.Contracts;

namespace Handover.Bench.Contracts;

/// <summary>
/// Verdicts about generated pairs, each from its own seed: what holds must be contradicted by no document, and what
/// breaks must show a document that is emitted and refused. For schemas the validator judges; for tensors the plain
/// meaning of a declaration, written a second time.
/// </summary>
internal static class PairRows
{
    private const int Documents = 30;

    public static void Run(BenchTable table, int pairs)
    {
        var schemas = new Count();
        var tensors = new Count();
        for (int seed = 0; seed < pairs; seed++)
        {
            Schemas(seed, schemas);
            Tensors(seed, tensors);
        }

        Judge(table, "schemas", schemas, pairs);
        Judge(table, "tensors", tensors, pairs);
    }

    private static void Judge(BenchTable table, string what, Count count, int pairs)
    {
        // Few of either verdict would say nothing, however few contradictions there were.
        bool both = count.Holds > pairs / 50 && count.Breaks > pairs / 50;
        table.Judge(
            Text($"{what}: HOLDS contradicted, {pairs} pairs"),
            Text($"{count.Contradicted} of {count.Holds} ({count.Documents} documents)"),
            "0",
            count.Contradicted == 0 && both
        );
        table.Judge(
            Text($"{what}: BREAKS without a valid witness"),
            Text($"{count.Unshown} of {count.Breaks}"),
            "0",
            count.Unshown == 0 && both
        );
    }

    private static void Schemas(int seed, Count count)
    {
        var pairs = new SchemaPairs(seed);
        (string writer, string reader) = pairs.Pair();
        JsonSchema emits = Compile(writer);
        JsonSchema reads = Compile(reader);
        IReadOnlyList<SchemaVerdict> found = SchemaCompatibility.Check(emits, reads);
        foreach (SchemaVerdict broken in found.Where(v => v.Outcome == ContractOutcome.Breaks))
        {
            byte[]? witness = broken.Witness is { } json ? Encoding.UTF8.GetBytes(json) : null;
            bool shown = witness is not null && emits.Validate(witness) is null && reads.Validate(witness) is not null;
            count.Unshown += shown ? 0 : 1;
            count.Breaks++;
        }

        if (found.Count > 0)
        {
            return;
        }

        count.Holds++;
        for (int i = 0; i < Documents; i++)
        {
            byte[] document = Encoding.UTF8.GetBytes(pairs.Document(writer));
            if (emits.Validate(document) is null)
            {
                count.Documents++;
                count.Contradicted += reads.Validate(document) is null ? 0 : 1;
            }
        }
    }

    private static void Tensors(int seed, Count count)
    {
        var dice = new PCG(1, (ulong)seed);
        (TensorSpec writes, TensorSpec reads) = TensorGenerators.Pair.Generate(dice, null, out _);
        var consumer = new Consumer("c", "s", ConsumerRole.Decision, new Signature([reads]));
        IReadOnlyList<ContractVerdict> found = TensorCompatibility.Check(new Signature([writes]), consumer);
        // A unit or a meaning breaks by words: no document can show it.
        foreach (
            ContractVerdict broken in found.Where(v =>
                v.Outcome == ContractOutcome.Breaks && v.Rule is not (ContractRule.Unit or ContractRule.Semantics)
            )
        )
        {
            bool shown =
                broken.Witness is { } tensor
                && TensorMeaning.Emits(writes, tensor)
                && !TensorMeaning.Accepts(reads, tensor);
            count.Unshown += shown ? 0 : 1;
            count.Breaks++;
        }

        if (found.Any(v => v.Outcome != ContractOutcome.Holds))
        {
            return;
        }

        count.Holds++;
        Gen<TypedTensor> documents = TensorGenerators.Document(writes);
        for (int i = 0; i < Documents; i++)
        {
            TypedTensor document = documents.Generate(dice, null, out _);
            count.Documents++;
            bool kept = TensorMeaning.Emits(writes, document) && TensorMeaning.Accepts(reads, document);
            count.Contradicted += kept ? 0 : 1;
        }
    }

    private static JsonSchema Compile(string schema) => JsonSchema.Compile(Encoding.UTF8.GetBytes(schema)).Value;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>What was counted of one kind of contract.</summary>
    private sealed class Count
    {
        public int Holds { get; set; }
        public int Breaks { get; set; }
        public int Contradicted { get; set; }
        public int Unshown { get; set; }
        public long Documents { get; set; }
    }
}
