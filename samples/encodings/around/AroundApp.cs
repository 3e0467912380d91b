using System.Net;

namespace Encodings.Around;

/// <summary>
/// Everything around the model of this sample in one process: a feature store and the owners of consumers.
/// </summary>
public static class AroundApp
{
    /// <summary>Consumers that are told by webhook.</summary>
    public static readonly string[] Consumers = ["decision-engine", "warehouse"];

    /// <summary>Builds it; nothing listens yet.</summary>
    public static WebApplication Build(int port, FeatureStore store, Webhooks hooks)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        WebApplication app = builder.Build();
        app.MapPost("/get-online-features", store.AnswerAsync);
        app.MapPost("/hooks/{consumer}", (HttpContext context, string consumer) => hooks.TakeAsync(context, consumer));
        app.MapPost(
            "/materialise/{version:int}",
            (int version) =>
            {
                store.Materialise(version);
                return $"version {version} is materialised\n";
            }
        );
        app.MapPost(
            "/age/{version:int}/{hours:int}",
            (int version, int hours) =>
            {
                store.Age(version, TimeSpan.FromHours(hours));
                return $"version {version} is {hours} h old\n";
            }
        );
        app.MapPost(
            "/ready/{consumer}",
            (string consumer) =>
            {
                hooks.Ready(consumer);
                return $"{consumer} acknowledges at its next notification\n";
            }
        );
        app.MapGet("/taken", () => hooks.Taken.Select(t => $"{t.Consumer} {t.Type} {t.Id}"));
        return app;
    }
}
