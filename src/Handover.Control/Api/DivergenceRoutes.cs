using System.Text;
using System.Text.Json;
using Handover.Control.Engine;
using Handover.Control.Evidence;
using Handover.Control.Security;
using Handover.Core.Catalog;
using Handover.Core.Divergence;
using Handover.Core.Foundation;
using Handover.Core.Payloads;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Handover.Control.Api;

/// <summary>
/// The diff explorer: the newest shadow pairs of a rollout, read from the journal and compared when somebody asks. It
/// informs people; the gates have counts of their own and ask nothing here.
/// </summary>
internal static class DivergenceRoutes
{
    private const int MostPairs = 2_000;
    private const int MostPaths = 50;
    private const int MostSlices = 20;
    private const int MostText = 600;

    public static void Map(RouteGroupBuilder group, ApiServices api) =>
        group
            .MapGet("/rollouts/{id}/divergence", (HttpContext c, string id) => OfAsync(c, api, id))
            .Produces<DivergenceView>();

    private static async Task<IResult> OfAsync(HttpContext context, ApiServices api, string id)
    {
        if (AdminGuard.Need(context, Permission.Read) is { } denied)
        {
            return denied;
        }

        if (api.Rollouts.Find(id) is not { State: { } rollout })
        {
            return context.Missing("rollout", id);
        }

        Service? service = api.Catalog.Snapshot.Services.GetValueOrDefault(rollout.Plan.Service);
        return service is null
            ? context.Missing("service", rollout.Plan.Service)
            : ApiRequest.Answer(
                await SummariseAsync(api, rollout, service, context.RequestAborted),
                ProtocolJson.Default.DivergenceView
            );
    }

    private static async Task<DivergenceView> SummariseAsync(
        ApiServices api,
        RolloutState rollout,
        Service service,
        CancellationToken cancel
    )
    {
        (int copies, Dictionary<string, (Exchange Stable, Exchange Candidate)> pairs) = await PairsAsync(
            api,
            rollout,
            cancel
        );
        RolloutPlan plan = rollout.Plan;
        Tolerances rules = AnswerRules.Of(api.Catalog.Snapshot, service, rollout.From, plan.To, plan.Compare);
        var summary = new DivergenceSummary(rules);
        var profiles = new OutputProfiles(rules, plan.Compare.Select(c => c.Path));
        IReadOnlyList<IReadOnlyCollection<string>> slices = RequestSlices.Of(
            pairs.Values.Select(p => p.Stable.Request)
        );
        foreach (((Exchange served, Exchange copy), IReadOnlyCollection<string> own) in pairs.Values.Zip(slices))
        {
            Result<TypedAnswer> stable = Read(service, served);
            Result<TypedAnswer> candidate = Read(service, copy);
            summary.Add(copy.RequestId, stable, candidate, own, copy.Segment);
            if (stable.Ok && candidate.Ok)
            {
                profiles.Add(stable.Value, candidate.Value);
            }
        }

        return new DivergenceView(
            rollout.Id,
            service.Name,
            rollout.From,
            rollout.Plan.To,
            summary.Pairs,
            summary.Differing,
            copies - summary.Pairs,
            [.. summary.Places.Take(MostPaths).Select(p => View(p, pairs))],
            [.. summary.Slices.Take(MostSlices).Select(s => new DivergentSliceView(s.Name, s.Pairs, s.Differ))]
        )
        {
            LeftOut = summary.LeftOut + Math.Max(0, summary.Places.Count - MostPaths),
            Redacted = service.Journal.Redact,
            Outputs = OutputViews.Of(profiles),
            Unseen = summary.Pairs == 0 ? [] : profiles.Unseen,
            Segments = [.. summary.Segments.Select(s => new DivergentSliceView(s.Name, s.Pairs, s.Differ))],
            Noise = ShadowViews.Of(api.Evidence.Noise(rollout)),
        };
    }

    // The newest copies, and the pairs of them of which both halves were kept.
    private static async Task<(int Copies, Dictionary<string, (Exchange Stable, Exchange Candidate)> Pairs)> PairsAsync(
        ApiServices api,
        RolloutState rollout,
        CancellationToken cancel
    )
    {
        var query = new JournalQuery(rollout.Plan.Service)
        {
            Release = rollout.Plan.To,
            Purpose = Purpose.Shadow,
            Since = rollout.StartedAt,
        };
        IReadOnlyList<Exchange> copies = await api.Journal.RecentAsync(query, MostPairs, cancel);
        IReadOnlyList<Exchange> all = await api.Journal.FindAsync(
            rollout.Plan.Service,
            [.. copies.Select(c => c.RequestId)],
            cancel
        );
        Dictionary<string, Exchange> live = all.Where(e => e.Purpose == Purpose.Live && e.Release == rollout.From)
            .GroupBy(e => e.RequestId)
            .ToDictionary(g => g.Key, g => g.First());
        var pairs = new Dictionary<string, (Exchange Stable, Exchange Candidate)>(StringComparer.Ordinal);
        foreach (Exchange copy in copies)
        {
            if (live.TryGetValue(copy.RequestId, out Exchange? served) && Kept(served) && Kept(copy))
            {
                pairs[copy.RequestId] = (served, copy);
            }
        }

        return (copies.Count, pairs);
    }

    private static DivergentPathView View(
        DivergenceSummary.Place place,
        Dictionary<string, (Exchange Stable, Exchange Candidate)> pairs
    ) =>
        new(
            place.Path,
            JsonNamingPolicy.CamelCase.ConvertName(place.Kind.ToString()),
            place.Pairs,
            place.Severity,
            [
                .. place.Examples.Select(e => new DivergentExampleView(
                    e.RequestId,
                    e.Difference.Detail,
                    Text(pairs[e.RequestId].Stable),
                    Text(pairs[e.RequestId].Candidate)
                )),
            ]
        );

    // A failure is an answer too: its own kind of difference. An answer that was not kept is none.
    private static bool Kept(Exchange exchange) =>
        exchange.Response is not null || exchange.Outcome != ExchangeOutcome.Ok;

    private static Result<TypedAnswer> Read(Service service, Exchange exchange) =>
        exchange is { Outcome: ExchangeOutcome.Ok, Response: { } body }
            ? AnswerReader.Read(service.Protocol, body.Span)
            : new Problem("failed", exchange.HowItFailed);

    private static string Text(Exchange exchange)
    {
        if (exchange.Response is not { } body)
        {
            return exchange.HowItFailed;
        }

        ReadOnlySpan<byte> bytes = body.Span;
        if (exchange.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true)
        {
            Result<TypedAnswer> message = OpenInferenceGrpcReader.ReadResponse(bytes);
            return message.Ok ? TensorText.Of(message.Value, MostText) : message.Problems[0].Message;
        }

        return bytes.Length <= MostText
            ? Encoding.UTF8.GetString(bytes)
            : Encoding.UTF8.GetString(bytes[..CutOf(bytes, MostText)]) + "…";
    }

    /// <summary>The largest length of at most <paramref name="most"/> bytes that splits no character.</summary>
    internal static int CutOf(ReadOnlySpan<byte> utf8, int most)
    {
        int cut = Math.Min(utf8.Length, most);

        // A byte of the form 10xxxxxx continues a character, and a character has at most three of them.
        for (int back = 0; back < 3 && cut > 0 && cut < utf8.Length && (utf8[cut] & 0xC0) == 0x80; back++)
        {
            cut--;
        }

        return cut;
    }
}
