// The entry member of the two-hop releases: encodes raw diamonds and asks the model of its own release.
using System.Net;
using System.Text.Json;
using Diamonds.Encoder;

EncoderOptions? options = EncoderOptions.Parse(args, Environment.GetEnvironmentVariable, out string problem);
if (options is null)
{
    await Console.Error.WriteLineAsync(problem);
    return 2;
}

using JsonDocument features = JsonDocument.Parse(await File.ReadAllTextAsync(options.Features));
using var client = new HttpClient(
    new SocketsHttpHandler
    {
        UseCookies = false,
        UseProxy = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null, // The caller's traceparent is passed on as it is.
        MaxConnectionsPerServer = 256,
    }
)
{
    Timeout = TimeSpan.FromSeconds(10),
    MaxResponseContentBufferSize = 4 << 20,
};
await using Stream output = Console.OpenStandardOutput();

// No arguments go to the builder: they are ours, not ASP.NET's. Its own log would mix into the records on stdout.
WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.Listen(IPAddress.Loopback, options.Port);
    kestrel.Limits.MaxRequestBodySize = 4 << 20;
});
WebApplication app = builder.Build();
new EncoderEndpoints(
    options,
    new FeatureEncoding(features.RootElement),
    client,
    new AnswerLog(output, options.Release),
    TimeProvider.System
).Map(app);
await app.RunAsync();
return 0;
