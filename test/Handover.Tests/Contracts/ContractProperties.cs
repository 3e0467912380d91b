using CsCheck;
using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Payloads;
using Handover.Testkit.Contracts;
using Xunit;

namespace Handover.Tests.Contracts;

/// <summary>
/// The rules against their meaning: a verdict about declarations must agree with every concrete tensor. The meaning is
/// written a second time in <see cref="TensorMeaning"/>, in the plainest way.
/// </summary>
public sealed class ContractProperties
{
    private static readonly Gen<(TensorSpec Writes, TensorSpec Reads)> Pairs = TensorGenerators.Pair;

    [Fact]
    public void What_holds_is_never_contradicted_by_a_document() =>
        TensorGenerators.PairWithDocuments.Sample(
            sample =>
            {
                IReadOnlyList<ContractVerdict> verdicts = Verdicts(sample.Writes, sample.Reads);
                if (verdicts.Max(v => v.Outcome) != ContractOutcome.Holds)
                {
                    return;
                }

                foreach (TypedTensor document in sample.Documents)
                {
                    Assert.True(
                        TensorMeaning.Emits(sample.Writes, document),
                        "the generator made a document that cannot be emitted"
                    );
                    Assert.True(
                        TensorMeaning.Accepts(sample.Reads, document),
                        $"{sample.Writes} holds for {sample.Reads} but not {document}"
                    );
                }
            },
            iter: 5_000
        );

    [Fact]
    public void What_breaks_by_value_has_a_witness_that_is_emitted_and_refused() =>
        Pairs.Sample(
            pair =>
            {
                foreach (ContractVerdict verdict in Verdicts(pair.Writes, pair.Reads))
                {
                    bool byValue =
                        verdict.Rule
                        is ContractRule.Datatype
                            or ContractRule.Shape
                            or ContractRule.Range
                            or ContractRule.Labels;
                    if (verdict.Outcome != ContractOutcome.Breaks || !byValue)
                    {
                        continue;
                    }

                    Assert.NotNull(verdict.Witness);
                    Assert.True(TensorMeaning.Emits(pair.Writes, verdict.Witness), "the witness cannot be emitted");
                    Assert.False(TensorMeaning.Accepts(pair.Reads, verdict.Witness), "the witness is accepted");
                }
            },
            iter: 5_000
        );

    [Fact]
    public void Everything_holds_for_its_own_declaration() =>
        TensorGenerators.Spec.Sample(spec =>
            Assert.Equal(ContractOutcome.Holds, Assert.Single(Verdicts(spec, spec)).Outcome)
        );

    [Fact]
    public void Fitting_into_is_transitive() =>
        Gen.Select(TensorGenerators.Datatype, TensorGenerators.Datatype, TensorGenerators.Datatype)
            .Sample((a, b, c) => !Datatypes.FitsInto(a, b) || !Datatypes.FitsInto(b, c) || Datatypes.FitsInto(a, c));

    private static IReadOnlyList<ContractVerdict> Verdicts(TensorSpec writes, TensorSpec reads) =>
        TensorCompatibility.Check(
            new Signature([writes]),
            new Consumer("c", "s", ConsumerRole.Decision, new Signature([reads]))
        );
}
