// Two of the three members of the three-hop releases; the third, which ranks, is the price model itself.
using System.Net;
using Diamonds.Encoder;
using Diamonds.Similar;

SimilarOptions? options = SimilarOptions.Parse(args, Environment.GetEnvironmentVariable, out string problem);
if (options is null)
{
    await Console.Error.WriteLineAsync(problem);
    return 2;
}

using var call = new MemberCall(options.Members);
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
var members = new Members(options, call, new AnswerLog(output, options.Release), TimeProvider.System);
if (options.Role == "embed")
{
    members.MapEmbed(app);
}
else
{
    members.MapSearch(app);
}

await app.RunAsync();
return 0;
