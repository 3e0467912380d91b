// Replays real diamonds as customers against a running service, and prints what the client saw.
using System.Globalization;
using System.Text.Json;
using Diamonds.Load;

const string Usage = """
    Diamonds.Load --url URL [--rps 300] [--seconds 30] [--customers 1000] [--tenant-share 0.1] [--seed 1]
                  [--timeout 5] [--log FILE] [--labels-url URL] [--label-delay 1] [--token-file FILE]
    Times are in seconds. The token for labels is read from --token-file, or from HANDOVER_TOKEN.
    Exit code: 0 when every request got a 2xx answer, 1 when one did not, 2 when the arguments are wrong.
    """;

LoadOptions? options = Parse(args, out string problem);
if (options is null)
{
    await Console.Error.WriteLineAsync(problem);
    await Console.Error.WriteLineAsync(Usage);
    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, press) =>
{
    press.Cancel = true;
    stop.Cancel();
};
var run = new LoadRun(options);
await run.RunAsync(stop.Token);
var report = new
{
    requests = run.Summary.Requests,
    failed = run.Summary.Failed,
    failures = run.Summary.Failures(),
    releases = run.Summary.Releases(),
    labels = new { pushed = run.LabelsPushed, lost = run.LabelsLost },
};
var format = new JsonSerializerOptions { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };
Console.WriteLine(JsonSerializer.Serialize(report, format));
return run.Summary.Failed == 0 ? 0 : 1;

static LoadOptions? Parse(string[] args, out string problem)
{
    LoadOptions options = new()
    {
        Url = new Uri("about:blank"),
        Token = Environment.GetEnvironmentVariable("HANDOVER_TOKEN"),
    };
    for (int i = 0; i < args.Length; i += 2)
    {
        string value = i + 1 < args.Length ? args[i + 1] : "";
        LoadOptions? next = With(options, args[i], value);
        if (next is null)
        {
            problem = $"'{args[i]} {value}' is not understood.";
            return null;
        }

        options = next;
    }

    problem = options.Url.Scheme is "http" or "https" ? options.Problem() ?? "" : "--url is missing.";
    return problem.Length == 0 ? options : null;
}

static LoadOptions? With(LoadOptions o, string name, string value)
{
    bool isNumber = double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number);
    bool isUrl = Uri.TryCreate(value, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https";
    return name switch
    {
        "--url" when isUrl => o with { Url = url! },
        "--labels-url" when isUrl => o with { LabelsUrl = url },
        "--rps" when isNumber => o with { Rps = number },
        "--seconds" when isNumber && number is > 0 and <= 86_400 => o with { Duration = TimeSpan.FromSeconds(number) },
        "--timeout" when isNumber && number is > 0 and <= 3600 => o with { Timeout = TimeSpan.FromSeconds(number) },
        "--label-delay" when isNumber && number is >= 0 and <= 86_400 => o with
        {
            LabelDelay = TimeSpan.FromSeconds(number),
        },
        "--customers" when isNumber && number is >= 1 and <= 10_000_000 => o with { Customers = (int)number },
        "--tenant-share" when isNumber => o with { TenantShare = number },
        "--seed" when int.TryParse(value, CultureInfo.InvariantCulture, out int seed) => o with { Seed = seed },
        "--log" when value.Length > 0 => o with { Log = value },
        "--token-file" when File.Exists(value) => o with { Token = File.ReadAllText(value).Trim() },
        _ => null,
    };
}
