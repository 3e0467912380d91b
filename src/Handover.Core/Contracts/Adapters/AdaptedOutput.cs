using System.Globalization;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Payloads;

namespace Handover.Core.Contracts.Adapters;

/// <summary>
/// What a release emits toward its consumers: its declared output with its adapter applied to the declaration. What
/// members themselves answer stays <see cref="Release.Output"/>; everybody outside the release reads this.
/// </summary>
public static class AdaptedOutput
{
    /// <summary>
    /// The output that consumers get; null when nothing is declared. An adapter that does not fit the declared output
    /// was refused when the release was read, so it is an error of programming here.
    /// </summary>
    public static Signature? Of(Release release)
    {
        if (release.Adapter is null)
        {
            return release.Output;
        }

        Result<Signature?> adapted = Of(release.Output, release.Adapter);
        Invariant.Holds(adapted.Ok, $"the adapter of release {release.Name} was checked when it was read");
        return adapted.Value;
    }

    /// <summary>
    /// Applies an adapter to a declaration. Problem <c>bad-adapter</c>: it does not fit what is declared, or some value
    /// that is declared possible has no result.
    /// </summary>
    public static Result<Signature?> Of(Signature? output, OutputAdapter adapter)
    {
        if (adapter is OutputAdapter.Query query)
        {
            return query.Emits;
        }

        var steps = ((OutputAdapter.Tensors)adapter).Steps;
        if (output is null)
        {
            return Result<Signature?>.Of(null);
        }

        if (output.Document is not null)
        {
            return Bad("", "tensors can only be adapted where the output is declared as tensors; use jmespath");
        }

        var adapted = new List<TensorSpec>(output.Tensors.Count);
        var problems = new List<Problem>();
        foreach (TensorStep step in steps.Where(s => output.Tensors.All(t => t.Name != s.Tensor)))
        {
            string has = string.Join(", ", output.Tensors.Select(t => t.Name));
            problems.Add(Bad(step.Tensor, $"the output has no tensor of this name, only {has}"));
        }

        foreach (TensorSpec tensor in output.Tensors)
        {
            TensorStep? step = steps.FirstOrDefault(s => s.Tensor == tensor.Name);
            Result<TensorSpec?> made = step is null ? tensor : Of(tensor, step);
            problems.AddRange(made.Problems);
            if (made is { Ok: true, Value: { } spec })
            {
                adapted.Add(spec);
            }
        }

        if (adapted.GroupBy(t => t.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            problems.Add(Bad(twice.Key, "two tensors would have this name"));
        }

        return problems.Count > 0 ? Result<Signature?>.Failed(problems) : output with { Tensors = adapted };
    }

    private static Result<TensorSpec?> Of(TensorSpec tensor, TensorStep step)
    {
        if (step.Drop)
        {
            return Result<TensorSpec?>.Of(null);
        }

        string to = step.Cast ?? tensor.Datatype;
        if ((Scaling(tensor, step, to) ?? Casting(tensor, step, to) ?? Order(tensor, step)) is { } problem)
        {
            return problem;
        }

        return tensor with
        {
            Name = step.Rename ?? tensor.Name,
            Datatype = to,
            Unit = step.Unit ?? tensor.Unit,
            Range = Range(tensor, step, to),
            Semantics = step.Semantics ?? tensor.Semantics,
            // The distribution was that of the numbers before.
            Reference = step.Reference ?? (step.Scale is null ? tensor.Reference : null),
        };
    }

    private static Problem? Scaling(TensorSpec tensor, TensorStep step, string to)
    {
        if (step.Scale is not { } factor)
        {
            return null;
        }

        if (!Datatypes.IsInteger(tensor.Datatype) && !Datatypes.IsFloat(tensor.Datatype))
        {
            return Bad(tensor.Name, $"{tensor.Datatype} cannot be scaled");
        }

        if (factor == 0 || !double.IsFinite(factor))
        {
            return Bad(tensor.Name, "the factor must be a number other than 0");
        }

        if (Datatypes.IsInteger(to) && (factor != Math.Floor(factor) || Math.Abs(factor) > int.MaxValue))
        {
            return Bad(tensor.Name, $"scaling by {Text(factor)} does not give a {to}; cast to FP64 as well");
        }

        return tensor.Unit is not null && step.Unit is null
            ? Bad(tensor.Name, $"a tensor in {tensor.Unit} is scaled, so the unit of the result is needed")
            : null;
    }

    private static Problem? Casting(TensorSpec tensor, TensorStep step, string to)
    {
        string from = tensor.Datatype;
        bool same = string.Equals(from, to, StringComparison.Ordinal);
        if (same && step.Scale is null)
        {
            return null;
        }

        bool numbers = Numeric(from) && Numeric(to);
        if (!numbers || (Datatypes.IsFloat(from) && Datatypes.IsInteger(to)))
        {
            return Bad(tensor.Name, $"{from} cannot be cast to {to} without guessing");
        }

        // Into whole numbers every declared value must have a place; floats round, and overflow fails the answer.
        (double Min, double Max) holds = Datatypes.Bounds(to) ?? (double.NegativeInfinity, double.PositiveInfinity);
        if (
            Datatypes.IsInteger(to)
            && Range(tensor, step, to) is var range
            && Fits(tensor, step, range, holds) is false
        )
        {
            return Bad(tensor.Name, $"not every value that is declared possible is a {to}; declare the range");
        }

        return null;
    }

    private static bool Fits(TensorSpec tensor, TensorStep step, ValueRange? range, (double Min, double Max) holds)
    {
        if (range is null && Datatypes.Bounds(tensor.Datatype) is { } implied)
        {
            range = Times(new ValueRange(implied.Min, implied.Max), step.Scale ?? 1);
        }

        return range is not null && range.Min >= holds.Min && range.Max <= holds.Max;
    }

    private static bool Numeric(string datatype) => Datatypes.IsInteger(datatype) || Datatypes.IsFloat(datatype);

    private static Problem? Order(TensorSpec tensor, TensorStep step)
    {
        if (step.Reorder is not { } order)
        {
            return null;
        }

        if (tensor.Shape.Count == 0 || tensor.Shape[^1] != order.Count)
        {
            string last = tensor.Shape.Count == 0 ? "nothing" : Text(tensor.Shape[^1]);
            return Bad(tensor.Name, $"reorder names {order.Count} places where the last dimension has {last}");
        }

        return order.Order().SequenceEqual(Enumerable.Range(0, order.Count))
            ? null
            : Bad(tensor.Name, $"reorder must name each place from 0 to {order.Count - 1} once");
    }

    // Bounds go the way of values, rounding included, and rounding keeps order: so they stay bounds.
    private static ValueRange? Range(TensorSpec tensor, TensorStep step, string to) =>
        tensor.Range is not { } range ? null
        : Numeric(to) ? Rounded(Times(range, step.Scale ?? 1), to)
        : range;

    private static ValueRange Times(ValueRange range, double factor) =>
        factor >= 0
            ? new ValueRange(range.Min * factor, range.Max * factor)
            : new ValueRange(range.Max * factor, range.Min * factor);

    private static ValueRange Rounded(ValueRange range, string to) =>
        new(TensorRewriter.Rounded(range.Min, to), TensorRewriter.Rounded(range.Max, to));

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static Problem Bad(string tensor, string why) =>
        new("bad-adapter", tensor.Length == 0 ? why : $"tensor '{tensor}': {why}");
}
