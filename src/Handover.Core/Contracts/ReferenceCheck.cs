using System.Globalization;
using Handover.Core.Catalog;
using Handover.Core.Payloads;

namespace Handover.Core.Contracts;

/// <summary>
/// Whether a candidate's answers have the distribution that a monitor compares them with. That both name the same one
/// is a claim; here it is held against the answers to recorded requests, before anybody sees them, because an alert on
/// a distribution that the release never had rings for ever.
/// <para>
/// The distance is the population stability index, the sum over bins of (a - e) ln(a / e) for the share a of answers
/// and e of the reference (Siddiqi, Credit Risk Scorecards, 2006; the same as Jeffreys' divergence, Kullback and
/// Leibler 1951). A share below <see cref="LeastShare"/> counts as that, so that an empty bin does not make it
/// infinite.
/// </para>
/// <para>
/// Of n values that do have the distribution it is about chi-square with (bins - 1) degrees of freedom, divided by n
/// (Yurdakul 2018), so (bins - 1) / n on average; that much is taken off before it is compared.
/// </para>
/// </summary>
public static class ReferenceCheck
{
    /// <summary>Fewest values that are judged.</summary>
    public const int LeastValues = 200;

    /// <summary>Smallest share that is reckoned with.</summary>
    public const double LeastShare = 1e-4;

    /// <summary>
    /// The references with a shape that the candidate says it has: what its answers can be held against. A reference of
    /// another name is found by <see cref="MonitorRules"/>.
    /// </summary>
    /// <param name="consumers">The service's consumers.</param>
    /// <param name="emits">What the candidate emits, adapted; null when it does not say.</param>
    public static IReadOnlyList<(string Consumer, MonitoredReference Reference)> Of(
        IEnumerable<Consumer> consumers,
        Signature? emits
    ) =>
        [
            .. from consumer in consumers
            from reference in consumer.Monitors?.References ?? []
            where
                reference.Shape is not null
                && (emits?.Tensors ?? []).Any(t => t.Name == reference.Output && t.Reference == reference.Distribution)
            select (consumer.Name, reference),
        ];

    /// <summary>Judges answers, one finding for each reference.</summary>
    /// <param name="references">What the answers are held against; each with a shape.</param>
    /// <param name="answers">Answers to recorded requests.</param>
    public static IReadOnlyList<ReferenceFinding> Judge(
        IReadOnlyList<(string Consumer, MonitoredReference Reference)> references,
        IReadOnlyCollection<TypedAnswer> answers
    ) => [.. references.Select(r => Judge(r.Consumer, r.Reference, r.Reference.Shape!, answers))];

    /// <summary>The population stability index of two distributions over the same bins; 0 for equal ones.</summary>
    /// <param name="expected">Shares of the reference.</param>
    /// <param name="actual">Shares of the answers, as many.</param>
    public static double StabilityIndex(IReadOnlyList<double> expected, IReadOnlyList<double> actual) =>
        expected.Select((e, i) => Term(e, actual[i])).Sum();

    private static double Term(double expected, double actual)
    {
        double e = Math.Max(expected, LeastShare);
        double a = Math.Max(actual, LeastShare);
        return (a - e) * Math.Log(a / e);
    }

    private static ReferenceFinding Judge(
        string consumer,
        MonitoredReference reference,
        ReferenceShape shape,
        IReadOnlyCollection<TypedAnswer> answers
    )
    {
        long[] counts = new long[shape.Shares.Count];
        long values = 0;
        foreach (double number in answers.SelectMany(a => a.Find(reference.Output)?.Numbers ?? []))
        {
            counts[Bin(shape.Edges, number)]++;
            values++;
        }

        string what =
            $"the distribution {reference.Distribution} of {reference.Output}, which {consumer} compares with";
        if (values < LeastValues)
        {
            return new ReferenceFinding(false, values, 0, $"{what}, was not judged: {values} of {LeastValues} values");
        }

        double[] actual = [.. counts.Select(c => (double)c / values)];
        double noise = (double)(counts.Length - 1) / values;
        double index = Math.Max(0, StabilityIndex(shape.Shares, actual) - noise);
        int worst = Enumerable.Range(0, counts.Length).MaxBy(i => Term(shape.Shares[i], actual[i]));
        string text =
            string.Create(
                CultureInfo.InvariantCulture,
                $"{what}: stability index {index:0.###} of {values} answers, at most {shape.Most:0.###}; "
            )
            + string.Create(
                CultureInfo.InvariantCulture,
                $"{Name(shape, worst)} {actual[worst]:0.#%} instead of {shape.Shares[worst]:0.#%}"
            );
        return new ReferenceFinding(index > shape.Most, values, index, text);
    }

    // What is no number lies beyond the last edge, like what is larger than it.
    private static int Bin(IReadOnlyList<double> edges, double number)
    {
        int bin = 0;
        while (bin < edges.Count && !(number <= edges[bin]))
        {
            bin++;
        }

        return bin;
    }

    private static string Name(ReferenceShape shape, int bin) =>
        bin == 0
            ? string.Create(CultureInfo.InvariantCulture, $"up to {shape.Edges[0]} are")
            : string.Create(CultureInfo.InvariantCulture, $"above {shape.Edges[bin - 1]}")
                + (
                    bin < shape.Edges.Count
                        ? string.Create(CultureInfo.InvariantCulture, $" to {shape.Edges[bin]}")
                        : ""
                )
                + " are";
}

/// <summary>What answers say of one reference.</summary>
/// <param name="Outside">Whether they have another distribution; false also when there were too few.</param>
/// <param name="Values">How many values were there.</param>
/// <param name="Index">Population stability index without its noise; 0 when there were too few.</param>
/// <param name="Text">One line for people.</param>
public sealed record ReferenceFinding(bool Outside, long Values, double Index, string Text);
