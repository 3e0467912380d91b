using Handover.Control.Resources;
using Handover.Core.Divergence;
using Handover.Protocol;

namespace Handover.Control.Api;

/// <summary>How outputs differ, as the API tells it: values of callers are cut where they are long.</summary>
internal static class OutputViews
{
    private const int MostText = 60;

    public static IReadOnlyList<DivergentOutputView> Of(OutputProfiles profiles) =>
        [
            .. profiles.All.Select(p => new DivergentOutputView(
                p.Path,
                NameMaps.Output.Of(p.Kind),
                p.Values,
                [.. p.Measures.Select(m => new OutputMeasureView(m.Name, m.Stable, m.Candidate, m.Value))],
                [.. p.Changes.Select(c => new LabelChangeView(Short(c.Stable), Short(c.Candidate), c.Pairs))]
            )),
        ];

    private static string Short(string label) => label.Length <= MostText ? label : $"{label[..MostText]}…";
}
