using Handover.Control.Consumers;
using Handover.Control.Notify;
using Handover.Control.Security;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Handover.Control.Api;

/// <summary>Consumers: what they accept, what they have acknowledged, what they were told.</summary>
internal static class ConsumerRoutes
{
    public static void Map(RouteGroupBuilder group, ApiServices api)
    {
        group
            .MapGet("/services/{s}/consumers", (HttpContext c, string s) => All(c, api, s))
            .Produces<Page<ConsumerView>>();
        group
            .MapGet("/services/{s}/consumers/{n}", (HttpContext c, string s, string n) => One(c, api, s, n))
            .Produces<ConsumerView>();
        group
            .MapGet(
                "/services/{s}/consumers/{n}/notifications",
                (HttpContext c, string s, string n) => Notifications(c, api, s, n)
            )
            .Produces<Page<NotificationView>>();
        group
            .MapPost(
                "/services/{s}/consumers/{n}:acknowledge",
                (HttpContext c, string s, string n) => AcknowledgeAsync(c, api, s, n)
            )
            .Accepts<AcknowledgeRequest>(MediaTypes.Json)
            .Produces<ConsumerView>();
    }

    private static IResult All(HttpContext context, ApiServices api, string service)
    {
        if (Denied(context, api, service, Permission.Read) is { } denied)
        {
            return denied;
        }

        List<Consumer> all =
        [
            .. api.Catalog.Snapshot.ConsumersOf(service).OrderBy(c => c.Name, StringComparer.Ordinal),
        ];
        return context.Answer(
            Pages.Of(context, all, c => c.Name, c => View(c, api)),
            ProtocolJson.Default.PageConsumerView
        );
    }

    private static IResult One(HttpContext context, ApiServices api, string service, string name)
    {
        if (Denied(context, api, service, Permission.Read) is { } denied)
        {
            return denied;
        }

        return Find(api, service, name) is { } consumer
            ? Tagged(context, api, consumer)
            : context.Missing("consumer", $"{service}/{name}");
    }

    private static IResult Notifications(HttpContext context, ApiServices api, string service, string name)
    {
        if (Denied(context, api, service, Permission.Read) is { } denied)
        {
            return denied;
        }

        return Find(api, service, name) is null
            ? context.Missing("consumer", $"{service}/{name}")
            : context.Answer(
                Pages.Of(context, [.. api.Outbox?.Of(service, name) ?? []], n => $"{n.Seq}", Of),
                ProtocolJson.Default.PageNotificationView
            );
    }

    private static async Task<IResult> AcknowledgeAsync(
        HttpContext context,
        ApiServices api,
        string service,
        string name
    )
    {
        if (Denied(context, api, service, Permission.Operate) is { } denied)
        {
            return denied;
        }

        if (Find(api, service, name) is not { } consumer || api.Acknowledgements is not { } known)
        {
            return context.Missing("consumer", $"{service}/{name}");
        }

        if (Preconditions.Check(context, ETag(api, consumer)) is { } stale)
        {
            return stale;
        }

        Result<AcknowledgeRequest> body = await RequestBody.JsonAsync(
            context.Request,
            ProtocolJson.Default.AcknowledgeRequest
        );
        if (!body.Ok)
        {
            return ApiProblems.Of(context, body.Problems);
        }

        if (!api.Catalog.Snapshot.Releases.TryGetValue((service, body.Value.Release), out Release? release))
        {
            return context.Missing("release", $"{service}/{body.Value.Release}");
        }

        string digest = ReleaseDigest.Of(release);
        if (body.Value.Digest is { } seen && seen != digest)
        {
            string detail = $"{release.Name} is {digest} now; what was seen is {seen}.";
            return ApiProblems.Of(context, 412, "stale", detail);
        }

        var given = new Acknowledgement(
            service,
            name,
            release.Name,
            digest,
            api.Clock.GetUtcNow(),
            context.Actor(),
            "api"
        );
        if (known.Add(given))
        {
            context.Audited(
                api,
                $"consumer.acknowledge {service}/{name}",
                body.Value.Reason,
                after: new() { ["release"] = release.Name, ["digest"] = digest }
            );
        }

        return Tagged(context, api, consumer);
    }

    private static IResult Tagged(HttpContext context, ApiServices api, Consumer consumer)
    {
        Preconditions.Tag(context, ETag(api, consumer));
        return ApiRequest.Answer(View(consumer, api), ProtocolJson.Default.ConsumerView);
    }

    // Deliveries come and go by themselves; what a person decides on is the declaration and who has acknowledged what.
    private static string ETag(ApiServices api, Consumer consumer) =>
        $"{api.Catalog.Revision}-{api.Acknowledgements?.Of(consumer.Service, consumer.Name).Count ?? 0}";

    private static Consumer? Find(ApiServices api, string service, string name) =>
        api.Catalog.Snapshot.Consumers.GetValueOrDefault((service, name));

    private static ConsumerView View(Consumer consumer, ApiServices api) =>
        CatalogViews.Of(consumer) with
        {
            Acknowledgements =
            [
                .. (api.Acknowledgements?.Of(consumer.Service, consumer.Name) ?? []).Select(
                    a => new AcknowledgementView(a.Release, a.Digest, a.At, a.By, a.Way)
                ),
            ],
            Notifications = consumer.Notify is { } notify ? Deliveries(consumer, notify, api) : null,
        };

    private static DeliveryView Deliveries(Consumer consumer, NotifyTarget notify, ApiServices api)
    {
        IReadOnlyList<Notification> all = api.Outbox?.Of(consumer.Service, consumer.Name) ?? [];
        Notification[] waiting = [.. all.Where(n => n.DeliveredAt is null && n.GivenUpAt is null)];
        Notification? head = waiting.MinBy(n => n.Seq);
        return new DeliveryView(
            notify.Url.OriginalString,
            waiting.Length,
            all.Count(n => n.DeliveredAt is not null),
            all.Count(n => n.GivenUpAt is not null)
        )
        {
            LastDelivered = all.Max(n => n.DeliveredAt),
            Trouble = head?.Trouble ?? all.FirstOrDefault(n => n.DeliveredAt is not null)?.Trouble,
            NextTry = head?.NextAt,
        };
    }

    private static NotificationView Of(Notification n)
    {
        bool waits = n.DeliveredAt is null && n.GivenUpAt is null;
        string state =
            waits ? "waiting"
            : n.DeliveredAt is not null ? "delivered"
            : "givenUp";
        return new NotificationView(n.Seq, n.Id, n.Type, n.CreatedAt, state, n.Attempts)
        {
            DeliveredAt = n.DeliveredAt,
            NextTry = waits ? n.NextAt : null,
            Trouble = n.Trouble,
        };
    }

    private static IResult? Denied(HttpContext context, ApiServices api, string service, Permission permission) =>
        AdminGuard.Need(context, permission)
        ?? (api.Catalog.Snapshot.Services.ContainsKey(service) ? null : context.Missing("service", service));
}
