using System.Globalization;
using System.Text.Json;
using Handover.Control.Consumers;
using Handover.Control.Resources;
using Handover.Core.Catalog;
using Handover.Core.Rollouts;

namespace Handover.Control.Notify;

/// <summary>
/// Which of a rollout's events consumers are told, and in what words: CloudEvents 1.0 with the epoch and the contract
/// of the release that it is about. Values in, values out.
/// </summary>
public static class RolloutNotifications
{
    /// <summary>The candidate is proposed; consumers may acknowledge it now.</summary>
    public const string Verify = "dev.handover.rollout.verify.v1";

    /// <summary>Routing changed towards the candidate.</summary>
    public const string Move = "dev.handover.rollout.move.v1";

    /// <summary>Everything went back.</summary>
    public const string Rollback = "dev.handover.rollout.rollback.v1";

    /// <summary>The candidate is the stable release; the old one is kept for a while.</summary>
    public const string Retire = "dev.handover.rollout.retire.v1";

    /// <summary>The candidate was refused, or failed, before it served.</summary>
    public const string Refuse = "dev.handover.rollout.refuse.v1";

    private static readonly string[] Shown = ["uses", "input", "output", "adapter"];

    /// <summary>What the consumers of the service are told of these events, which led to the state.</summary>
    public static IReadOnlyList<NotificationDraft> Of(
        CatalogSnapshot catalog,
        RolloutState state,
        IReadOnlyList<RolloutEvent> events
    )
    {
        var drafts = new List<NotificationDraft>();
        Consumer[] told =
        [
            .. catalog
                .ConsumersOf(state.Plan.Service)
                .Where(c => c.Notify is not null)
                .OrderBy(c => c.Name, StringComparer.Ordinal),
        ];
        long first = state.Version - events.Count + 1;
        for (int i = 0; i < events.Count && told.Length > 0; i++)
        {
            RolloutEvent happened = events[i];
            if (TypeOf(happened) is not { } type)
            {
                continue;
            }

            string id = string.Create(CultureInfo.InvariantCulture, $"{state.Id}:{first + i}");
            foreach (Consumer consumer in told)
            {
                drafts.Add(
                    new NotificationDraft(
                        state.Plan.Service,
                        consumer.Name,
                        id,
                        type,
                        happened.At,
                        seq => Body(catalog, state, happened, consumer, type, id, seq)
                    )
                );
            }
        }

        return drafts;
    }

    private static string? TypeOf(RolloutEvent happened) =>
        happened switch
        {
            RolloutEvent.PhaseEntered { Kind: "verify" } => Verify,
            RolloutEvent.Moved => Move,
            RolloutEvent.RolledBack => Rollback,
            RolloutEvent.Succeeded => Retire,
            RolloutEvent.Refused or RolloutEvent.Failed => Refuse,
            _ => null,
        };

    private static string Body(
        CatalogSnapshot catalog,
        RolloutState state,
        RolloutEvent happened,
        Consumer consumer,
        string type,
        string id,
        long seq
    ) =>
        JsonText.Write(json =>
        {
            string service = state.Plan.Service;
            long epoch = happened switch
            {
                RolloutEvent.Moved m => m.Epoch,
                RolloutEvent.RolledBack b => b.Epoch,
                _ => state.Epoch,
            };
            json.WriteStartObject();
            json.WriteString("specversion", "1.0");
            json.WriteString("id", id);
            json.WriteString("source", $"/services/{service}/rollouts/{state.Id}");
            json.WriteString("type", type);
            json.WriteString("subject", $"{service}/{state.Plan.To}");
            json.WriteString("time", happened.At);
            json.WriteString("datacontenttype", "application/json");
            json.WriteString("sequence", seq.ToString("D20", CultureInfo.InvariantCulture));
            json.WriteNumber("epoch", epoch);
            json.WriteString("release", state.Plan.To);
            json.WriteStartObject("data");
            json.WriteString("rollout", state.Id);
            json.WriteString("service", service);
            json.WriteString("from", state.From);
            json.WriteString("to", state.Plan.To);
            json.WriteString("strategy", NameMaps.Strategy.Of(state.Plan.Strategy));
            json.WriteNumber("epoch", epoch);
            json.WriteString("text", happened.Text);
            Routing(json, happened);
            if (catalog.Releases.TryGetValue((service, state.Plan.To), out Release? release))
            {
                Contract(json, release, consumer);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        });

    private static void Routing(Utf8JsonWriter json, RolloutEvent happened)
    {
        if (happened is not RolloutEvent.Moved moved)
        {
            return;
        }

        json.WriteNumber("sharePercent", moved.Share.Parts / 1000.0);
        json.WriteStartObject("segments");
        foreach ((string segment, Core.Foundation.Share share) in moved.SegmentShares)
        {
            json.WriteNumber(segment, share.Parts / 1000.0);
        }

        json.WriteEndObject();
        json.WriteNumber("heldMs", moved.Held.TotalMilliseconds);
    }

    private static void Contract(Utf8JsonWriter json, Release release, Consumer consumer)
    {
        json.WriteStartObject("release");
        json.WriteString("name", release.Name);
        json.WriteString("digest", ReleaseDigest.Of(release));

        // What a consumer can see of a release. How its members are run is nobody else's business.
        using (JsonDocument document = JsonDocument.Parse(ResourceWriter.ToJson(new Resource.OfRelease(release))))
        {
            JsonElement spec = document.RootElement.GetProperty("spec");
            foreach (JsonProperty part in spec.EnumerateObject().Where(p => Shown.Contains(p.Name)))
            {
                part.WriteTo(json);
            }
        }

        json.WriteEndObject();
        json.WriteString("acknowledge", consumer.AcknowledgeRequired ? "required" : "automatic");
    }
}
