using System.Text;
using CsCheck;
using Handover.Core.Contracts;
using Handover.Core.Contracts.Compatibility;
using Handover.Core.Contracts.Schemas;
using Handover.Testkit.Contracts;
using Xunit;

namespace Handover.Tests.Contracts;

/// <summary>Verdicts on random pairs of schemas: the validator is the judge of every verdict.</summary>
public sealed class SchemaCompatibilityProperties
{
    [Fact]
    public void What_holds_is_contradicted_by_no_document_and_what_breaks_shows_one()
    {
        int holds = 0;
        int breaks = 0;
        Gen.Int[0, int.MaxValue - 1]
            .Sample(
                seed =>
                {
                    var pairs = new SchemaPairs(seed);
                    (string writer, string reader) = pairs.Pair();
                    JsonSchema emits = JsonSchema.Compile(Encoding.UTF8.GetBytes(writer)).Value;
                    JsonSchema reads = JsonSchema.Compile(Encoding.UTF8.GetBytes(reader)).Value;
                    IReadOnlyList<SchemaVerdict> found = SchemaCompatibility.Check(emits, reads);
                    foreach (SchemaVerdict broken in found.Where(v => v.Outcome == ContractOutcome.Breaks))
                    {
                        Interlocked.Increment(ref breaks);
                        byte[] witness = Encoding.UTF8.GetBytes(broken.Witness!);
                        Assert.Null(emits.Validate(witness));
                        Assert.NotNull(reads.Validate(witness));
                    }

                    if (found.Count == 0)
                    {
                        Interlocked.Increment(ref holds);
                        for (int i = 0; i < 40; i++)
                        {
                            byte[] document = Encoding.UTF8.GetBytes(pairs.Document(writer));
                            bool kept = emits.Validate(document) is not null || reads.Validate(document) is null;
                            Assert.True(kept, $"{writer} holds for {reader}, but {Encoding.UTF8.GetString(document)}");
                        }
                    }
                },
                iter: 500
            );
        Assert.True(holds > 50 && breaks > 50, $"{holds} hold and {breaks} break: the pairs say nothing");
    }
}
