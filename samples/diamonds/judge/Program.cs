// The separate judge: counts failed and mixed requests from the client's and the model servers' logs alone.
using System.Globalization;
using System.Text.Json;
using Diamonds.Judge;

const string Usage = """
    Diamonds.Judge --client FILE... --model FILE... [--rollouts FILE] [--rollout FROM:TO]... [--rollback AT,UNTIL]...
    --client    NDJSON of the load program; several files may follow one option
    --model     NDJSON of model servers and encoders; other lines in it are passed over
    --rollouts  JSON list of {from, to, startedAt, endedAt, state, rolledBackAt}, as the admin API prints it
    --rollout   lets each entity go from FROM to TO once, at any time
    --rollback  lets each entity of the given rollouts go back once between two times (ISO 8601)
    Exit code: 0 when nothing failed, nothing was mixed and every answer is accounted for; 1 otherwise; 2 for usage.
    """;

var client = new List<string>();
var model = new List<string>();
var windows = new List<MoveWindow>();
var rollbacks = new List<(DateTimeOffset At, DateTimeOffset Until)>();
string option = "";
try
{
    foreach (string arg in args)
    {
        if (arg.StartsWith("--", StringComparison.Ordinal))
        {
            option = arg;
        }
        else
        {
            Take(arg);
        }
    }

    if (client.Count == 0 || model.Count == 0)
    {
        throw new FormatException("Both --client and --model are needed: one side alone proves nothing.");
    }
}
catch (Exception e) when (e is FormatException or IOException or JsonException or UnauthorizedAccessException)
{
    await Console.Error.WriteLineAsync(e.Message);
    await Console.Error.WriteLineAsync(Usage);
    return 2;
}

foreach ((DateTimeOffset at, DateTimeOffset until) in rollbacks)
{
    windows.AddRange(windows.ToArray().Select(w => new MoveWindow(w.To, w.From, at, until, w.Service)));
}

var reader = new LogReader();
ClientLine[] asked = [.. client.SelectMany(f => reader.Client(LogReader.Lines(f)))];
ModelLine[] served = [.. model.SelectMany(f => reader.Model(LogReader.Lines(f)))];
Verdict verdict = Judgement.Of(asked, served, windows) with { LinesIgnored = reader.Ignored };
var format = new JsonSerializerOptions { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };
Console.WriteLine(JsonSerializer.Serialize(verdict, format));
return verdict.Clean ? 0 : 1;

void Take(string arg)
{
    switch (option)
    {
        case "--client" when File.Exists(arg):
            client.Add(arg);
            break;
        case "--model" when File.Exists(arg):
            model.Add(arg);
            break;
        case "--rollouts" when File.Exists(arg):
            windows.AddRange(LogReader.Windows(File.ReadAllText(arg)));
            break;
        case "--rollout" when arg.Split(':') is [var from, var to]:
            windows.Add(MoveWindow.Always(from, to));
            break;
        case "--rollback" when arg.Split(',') is [var at, var until]:
            rollbacks.Add((Time(at), Time(until)));
            break;
        default:
            throw new FormatException($"'{option} {arg}' is not understood, or the file does not exist.");
    }
}

static DateTimeOffset Time(string text) =>
    DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
