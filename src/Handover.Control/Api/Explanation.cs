using System.Globalization;
using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Protocol;

namespace Handover.Control.Api;

/// <summary>
/// Why an entity gets the release that it gets, by the same pure function that the gateways use, and since when: the
/// history of epochs is walked back for as long as that function gives the same answer.
/// </summary>
internal static class Explanation
{
    private const int AnswersShown = 10;

    public static async Task<Result<ExplainView>> OfAsync(
        ApiServices api,
        string service,
        string entity,
        IReadOnlyDictionary<string, string> attributes,
        CancellationToken cancel
    )
    {
        EpochRow? row = await api.Epochs.ReadAsync(service, cancel);
        if (row is null)
        {
            return new Problem("unavailable", $"the service '{service}' has no routing yet.")
            {
                Fix = "Wait until its stable release has started.",
            };
        }

        Routing routing = row.Routing;
        Assigned assigned = Assignment.Assign(routing, entity, attributes);
        if (FlagRoutes.OffOf(api, service) is { } off && assigned.Release == routing.Candidate)
        {
            return await SwitchedOffAsync(api, row, entity, off, cancel);
        }

        (long since, DateTimeOffset? at) = Since(
            await api.Epochs.HistoryAsync(service, cancel),
            row.Epoch,
            entity,
            attributes,
            assigned.Release
        );
        int? bucket = routing.Candidate is null ? null : Assignment.Bucket(routing.Salt, entity);
        return new ExplainView
        {
            Service = service,
            Entity = entity,
            Release = assigned.Release,
            Reason = RolloutViews.Wire(assigned.Reason),
            Rule = RuleOf(routing, assigned, bucket, entity, attributes),
            Bucket = bucket,
            Share = RolloutViews.Percent(assigned.CandidateShare),
            Epoch = row.Epoch,
            SinceEpoch = since,
            Since = at,
            Answers = await AnswersAsync(api, service, entity, cancel),
        };
    }

    // Routing would give the candidate; a switch at the gateways takes it away until a move has.
    private static async Task<ExplainView> SwitchedOffAsync(
        ApiServices api,
        EpochRow row,
        string entity,
        KillSwitch off,
        CancellationToken cancel
    ) =>
        new()
        {
            Service = row.Service,
            Entity = entity,
            Release = row.Routing.Stable,
            Reason = RolloutViews.Wire(Assignment.OnStable(row.Routing).Reason),
            Rule = string.Create(
                CultureInfo.InvariantCulture,
                $"switched off by {off.By} at {off.At:u}; without that, {row.Routing.Candidate}"
            ),
            Bucket = Assignment.Bucket(row.Routing.Salt, entity),
            Share = 0,
            Epoch = row.Epoch,
            SinceEpoch = row.Epoch,
            Since = off.At,
            Answers = await AnswersAsync(api, row.Service, entity, cancel),
        };

    private static async Task<IReadOnlyList<JournalEntryView>> AnswersAsync(
        ApiServices api,
        string service,
        string entity,
        CancellationToken cancel
    )
    {
        var query = new JournalQuery(service) { Entity = entity, Purpose = Purpose.Live };
        IReadOnlyList<Exchange> answers = await api.Journal.RecentAsync(query, AnswersShown, cancel);
        return [.. answers.Select(a => JournalViews.Of(a, payloads: true))];
    }

    /// <summary>The first epoch of the unbroken run, up to <paramref name="epoch"/>, that gave this release.</summary>
    internal static (long Epoch, DateTimeOffset? At) Since(
        IReadOnlyList<EpochHistory> history,
        long epoch,
        string entity,
        IReadOnlyDictionary<string, string> attributes,
        string release
    )
    {
        (long Epoch, DateTimeOffset? At) since = (epoch, null);
        foreach (EpochHistory h in history.Where(h => h.Action is "commit" or "create").Reverse())
        {
            if (
                !string.Equals(
                    Assignment.Assign(h.Routing, entity, attributes).Release,
                    release,
                    StringComparison.Ordinal
                )
            )
            {
                break;
            }

            since = (h.Epoch, h.At);
        }

        return since;
    }

    private static string RuleOf(
        Routing routing,
        Assigned assigned,
        int? bucket,
        string entity,
        IReadOnlyDictionary<string, string> attributes
    )
    {
        string drawn = string.Create(
            CultureInfo.InvariantCulture,
            $"bucket {bucket} of 100000 for salt '{routing.Salt}', "
                + $"the first {assigned.CandidateShare.Parts} go to {routing.Candidate}"
        );
        if (routing.Closed)
        {
            return "the service is closed for a single-stack cutover; requests are held";
        }

        string segments = string.Join(
            ", ",
            routing
                .Segments.Where(s => s.Segment.When.Matches(attributes, entity, s.Segment.Name))
                .Select(s => $"{s.Segment.Name} {s.Share}")
        );
        return assigned.Reason switch
        {
            AssignReason.Segment => $"segment {segments}: {drawn}",
            AssignReason.Share => $"share {routing.Share}: {drawn}",
            AssignReason.Switched => $"the whole service was switched to {routing.Stable}",
            _ when routing.Candidate is null => $"{routing.Stable} serves everybody",
            _ => drawn,
        };
    }
}
