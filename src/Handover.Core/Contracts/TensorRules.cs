using System.Globalization;
using Handover.Core.Catalog;
using Handover.Core.Payloads;

namespace Handover.Core.Contracts;

/// <summary>
/// The rules for one tensor, written once: a writer that emits <c>P</c> against a reader that accepts <c>C</c> asks
/// whether every value of P is one of C. Answers are checked with the release as writer; requests with the callers as
/// writer.
/// </summary>
internal sealed class TensorRules(ContractSides sides)
{
    /// <summary>Adds everything that stands between this writer and this reader; nothing when all fits.</summary>
    public void Compare(TensorSpec writes, TensorSpec reads, List<ContractVerdict> findings)
    {
        Add(Datatype(writes, reads));
        Add(Shape(writes, reads));
        Add(Unit(writes, reads));
        Add(Range(writes, reads));
        Add(Semantics(writes, reads));
        Add(Labels(writes, reads));

        void Add(ContractVerdict? finding)
        {
            if (finding is not null)
            {
                findings.Add(finding);
            }
        }
    }

    private ContractVerdict? Datatype(TensorSpec writes, TensorSpec reads)
    {
        if (string.Equals(writes.Datatype, reads.Datatype, StringComparison.Ordinal))
        {
            return null;
        }

        bool fits = Datatypes.FitsInto(writes.Datatype, reads.Datatype);
        if (fits && !sides.ExactDatatypes)
        {
            return null;
        }

        return fits
            ? sides.Finding(
                reads.Name,
                ContractRule.Datatype,
                reads.Datatype,
                writes.Datatype,
                ContractOutcome.Undecided,
                "the values would fit, but most Open Inference servers refuse another datatype than their own",
                $"let the candidate accept {writes.Datatype}, or try recorded requests on it while warming"
            )
            : sides.Finding(
                reads.Name,
                ContractRule.Datatype,
                reads.Datatype,
                writes.Datatype,
                ContractOutcome.Breaks,
                $"not every {writes.Datatype} is a {reads.Datatype}",
                sides.IsRequest
                    ? $"let the candidate accept {writes.Datatype}"
                    : $"emit {reads.Datatype}, add an adapter that casts, "
                        + $"or let {sides.Reader} accept {writes.Datatype}"
            ) with
            {
                Witness = Witness(writes, reads),
            };
    }

    private ContractVerdict? Shape(TensorSpec writes, TensorSpec reads)
    {
        bool holds = writes.Shape.Count == reads.Shape.Count;
        for (int i = 0; holds && i < reads.Shape.Count; i++)
        {
            holds = reads.Shape[i] < 0 || reads.Shape[i] == writes.Shape[i];
        }

        if (holds)
        {
            return null;
        }

        string why =
            writes.Shape.Count != reads.Shape.Count
                ? $"the number of dimensions is {writes.Shape.Count} instead of {reads.Shape.Count}"
            : writes.Shape.Where((size, i) => size < 0 && reads.Shape[i] >= 0).Any()
                ? "a size may be anything where the reader needs one size"
            : "a size differs";
        return sides.Finding(
            reads.Name,
            ContractRule.Shape,
            Text(reads.Shape),
            Text(writes.Shape),
            ContractOutcome.Breaks,
            why,
            sides.IsRequest
                ? $"let the candidate accept {Text(writes.Shape)}"
                : $"emit {Text(reads.Shape)}, or let {sides.Reader} accept {Text(writes.Shape)} (-1 is any size)"
        ) with
        {
            Witness = Witness(writes, reads),
        };
    }

    private ContractVerdict? Unit(TensorSpec writes, TensorSpec reads)
    {
        if (string.Equals(writes.Unit, reads.Unit, StringComparison.Ordinal))
        {
            return null;
        }

        if (reads.Unit is null)
        {
            return sides.Finding(
                reads.Name,
                ContractRule.Unit,
                null,
                writes.Unit,
                ContractOutcome.Undecided,
                $"{sides.Reader} does not say which unit it reads",
                $"declare the unit that {sides.Reader} reads"
            );
        }

        string why = writes.Unit is null
            ? $"{sides.Writer} does not say which unit it writes"
            : "numbers in another unit are plausible and wrong";
        return sides.Finding(
            reads.Name,
            ContractRule.Unit,
            reads.Unit,
            writes.Unit,
            ContractOutcome.Breaks,
            why,
            writes.Unit is null
                ? $"declare the unit of {reads.Name}"
                : $"emit {reads.Unit}, or add an adapter that scales"
        );
    }

    private ContractVerdict? Range(TensorSpec writes, TensorSpec reads)
    {
        if (reads.Range is not { } accepted)
        {
            return null;
        }

        (double Min, double Max)? implied = Datatypes.Bounds(writes.Datatype);
        if (
            writes.Range is null && implied is { } whole && (whole.Min < accepted.Min || whole.Max > accepted.Max)
            || writes.Range is null && implied is null
        )
        {
            return sides.Finding(
                reads.Name,
                ContractRule.Range,
                Text(accepted),
                null,
                ContractOutcome.Undecided,
                $"{sides.Writer} declares no range",
                $"declare the range of {reads.Name}; its answers are checked against it while warming"
            );
        }

        double min = writes.Range?.Min ?? implied!.Value.Min;
        double max = writes.Range?.Max ?? implied!.Value.Max;
        if (min >= accepted.Min && max <= accepted.Max)
        {
            return null;
        }

        return sides.Finding(
            reads.Name,
            ContractRule.Range,
            Text(accepted),
            Text(new ValueRange(min, max)),
            ContractOutcome.Breaks,
            "values outside the bounds that are accepted are declared possible",
            sides.IsRequest
                ? "widen what the candidate accepts, or declare what callers really send"
                : $"clip to {Text(accepted)}, or let {sides.Reader} accept more"
        ) with
        {
            Witness = Witness(writes, reads),
        };
    }

    private ContractVerdict? Semantics(TensorSpec writes, TensorSpec reads)
    {
        if (reads.Semantics is null || SemanticsVersion.Parse(reads.Semantics).ReadsFrom(writes.Semantics))
        {
            return null;
        }

        return sides.Finding(
            reads.Name,
            ContractRule.Semantics,
            reads.Semantics,
            writes.Semantics,
            ContractOutcome.Breaks,
            writes.Semantics is null
                ? $"{sides.Writer} does not say what the value means"
                : "the meaning, or its major version, is another one, or the minor version is older",
            writes.Semantics is null
                ? $"declare the semantics of {reads.Name}"
                : $"emit {reads.Semantics}, or move {sides.Reader} to {writes.Semantics}"
        );
    }

    // Of texts only: where the datatypes differ, that is what is wrong.
    private ContractVerdict? Labels(TensorSpec writes, TensorSpec reads)
    {
        if (reads.Labels is not { } known || !string.Equals(writes.Datatype, reads.Datatype, StringComparison.Ordinal))
        {
            return null;
        }

        if (writes.Labels is not { } possible)
        {
            return sides.Finding(
                reads.Name,
                ContractRule.Labels,
                TensorViolation.Text(known),
                null,
                ContractOutcome.Undecided,
                $"{sides.Writer} does not say which labels it writes",
                $"declare the labels of {reads.Name}; its answers are checked against them while warming"
            );
        }

        string[] unknown = [.. possible.Where(l => !known.Contains(l))];
        if (unknown.Length == 0)
        {
            return null;
        }

        return sides.Finding(
            reads.Name,
            ContractRule.Labels,
            TensorViolation.Text(known),
            TensorViolation.Text(possible),
            ContractOutcome.Breaks,
            $"{TensorViolation.Text(unknown)} is not known to {sides.Reader}",
            sides.IsRequest
                ? "let the candidate accept them"
                : $"let {sides.Reader} know {TensorViolation.Text(unknown)}, or emit known labels only"
        ) with
        {
            Witness = Witness(writes, reads),
        };
    }

    private static TensorViolation Check(TensorSpec spec) => new(spec);

    private static TypedTensor? Witness(TensorSpec writes, TensorSpec reads) =>
        TensorWitness
            .Candidates(writes, reads)
            .FirstOrDefault(t => Check(writes).First(t) is null && Check(reads).First(t) is not null);

    private static string Text(IReadOnlyList<long> shape) => $"[{string.Join(", ", shape)}]";

    private static string Text(ValueRange range) =>
        string.Create(CultureInfo.InvariantCulture, $"[{range.Min:R}, {range.Max:R}]");
}
