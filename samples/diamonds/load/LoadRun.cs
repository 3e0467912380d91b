using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;

namespace Diamonds.Load;

/// <summary>
/// Open-loop load: requests are started when they are due, however slow the answers are, and their latency counts from
/// when they were due. A closed loop would wait with a stalled server and so never see the stall.
/// </summary>
#pragma warning disable CA1001 // The one run gives the client back at its end.
public sealed class LoadRun
#pragma warning restore CA1001
{
    private const int MostTries = 30;
    private static readonly TimeSpan TwiceAfter = TimeSpan.FromSeconds(3);

    private readonly LoadOptions options;
    private readonly TimeProvider time;
    private readonly IReadOnlyList<DiamondRow> rows;
    private readonly HttpClient client;
    private readonly TaskCompletionSource drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RecordLog? log;
    private LabelLoop? labels;
    private long keys;
    private int inFlight = 1; // The run itself counts as one, so that the count cannot reach 0 before its end.

    /// <summary>Prepares a run; nothing is sent yet.</summary>
    public LoadRun(LoadOptions options, TimeProvider? time = null)
    {
        if (options.Problem() is { } problem)
        {
            throw new ArgumentException(problem, nameof(options));
        }

        this.options = options;
        this.time = time ?? TimeProvider.System;
        rows = DiamondRows.HeldOut();
        var handler = new SocketsHttpHandler
        {
            UseCookies = false,
            UseProxy = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = options.Timeout,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        };
        client = new HttpClient(handler) { Timeout = options.Timeout };
    }

    /// <summary>Figures so far; may be read while the run goes on.</summary>
    public LoadSummary Summary { get; } = new();

    /// <summary>Labels that the service took.</summary>
    public long LabelsPushed { get; private set; }

    /// <summary>Labels that it did not take.</summary>
    public long LabelsLost { get; private set; }

    /// <summary>Called for each ended request, on whichever thread ended it. Must not block.</summary>
    public Action<ClientRecord>? Observed { get; init; }

    /// <summary>
    /// Runs to the end of the duration or until <paramref name="stop"/>, then waits for what is in flight, for the
    /// labels and for the log. May be called once.
    /// </summary>
    public async Task RunAsync(CancellationToken stop)
    {
        log = options.Log is { } path ? new RecordLog(path) : null;
        labels = options.LabelsUrl is null ? null : new LabelLoop(options, time);
        try
        {
            await ArriveAsync(stop);
            Leave();
            await drained.Task;
        }
        finally
        {
            if (labels is not null)
            {
                await labels.DisposeAsync();
                (LabelsPushed, LabelsLost) = (labels.Pushed, labels.Lost);
            }

            if (log is not null)
            {
                await log.DisposeAsync();
            }

            client.Dispose();
        }
    }

    private async Task ArriveAsync(CancellationToken stop)
    {
        var random = new Random(options.Seed);
        int internals = (int)Math.Round(options.TenantShare * options.Customers);
        long start = time.GetTimestamp();
        DateTimeOffset startAt = time.GetUtcNow();
        TimeSpan next = TimeSpan.Zero;
        while (next < options.Duration && !stop.IsCancellationRequested)
        {
            TimeSpan now = time.GetElapsedTime(start);
            for (; next <= now && next < options.Duration; next += Gap(random))
            {
                int customer = random.Next(options.Customers);
                DiamondRow row = rows[random.Next(rows.Count)];
                string tenant = customer < internals ? "acme" : "public";
                string? key = options.Keys ? $"k-{startAt.ToUnixTimeMilliseconds():x}-{options.Seed}-{++keys}" : null;
                Enter(
                    new Arrival(start, next, startAt + next, $"c-{customer}", tenant, row, key, keys % 20 == 0),
                    stop
                );
            }

            TimeSpan rest = next - time.GetElapsedTime(start);
            if (rest > TimeSpan.Zero)
            {
                await Task.Delay(rest < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : rest, time, stop)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private TimeSpan Gap(Random random) => TimeSpan.FromSeconds(-Math.Log(1 - random.NextDouble()) / options.Rps);

    private void Enter(Arrival arrival, CancellationToken stop)
    {
        if (Interlocked.Increment(ref inFlight) - 1 > options.InFlightMax)
        {
            _ = DropAsync(arrival);
        }
        else
        {
            _ = AskAsync(arrival, stop);
        }
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref inFlight) == 0)
        {
            drained.TrySetResult();
        }
    }

    private async Task DropAsync(Arrival arrival)
    {
        await EndAsync(arrival, ClientOutcome.Unsent, null, null);
        Leave();
    }

    // A request with a key is asked again under it when its answer was lost; the last tries after the stop are few.
    private async Task AskAsync(Arrival arrival, CancellationToken stop)
    {
        ClientOutcome outcome = await SendAsync(arrival);

        // Where nobody listened nothing was asked: only what may have been decided is worth asking again.
        bool lost = outcome is ClientOutcome.Reset or ClientOutcome.Timeout;
        for (int tries = 0; arrival.Key is not null && lost && Unheard(outcome) && tries < MostTries; tries++)
        {
            await Task.Delay(Backoff(arrival, tries), time, stop)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            outcome = await SendAsync(Again(arrival));
            tries = stop.IsCancellationRequested ? Math.Max(tries, MostTries - 2) : tries;
        }

        if (outcome == ClientOutcome.Ok && arrival is { Key: not null, Twice: true })
        {
            await Task.Delay(TwiceAfter, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            for (int tries = 0; tries < MostTries && Unheard(await SendAsync(Again(arrival))); tries++)
            {
                await Task.Delay(Backoff(arrival, tries), time, stop)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        Leave();
    }

    // Doubling up to 6.4 s, each caller a little apart, so that a node that comes back is not met by all at once.
    private static TimeSpan Backoff(Arrival arrival, int tries) =>
        TimeSpan.FromMilliseconds((200 << Math.Min(tries, 5)) * (0.75 + (arrival.Start % 1000 / 2000.0)));

    private Arrival Again(Arrival arrival) =>
        arrival with
        {
            Start = time.GetTimestamp(),
            Due = TimeSpan.Zero,
            At = time.GetUtcNow(),
        };

    private static bool Unheard(ClientOutcome outcome) =>
        outcome is ClientOutcome.Refused or ClientOutcome.Reset or ClientOutcome.Timeout;

    private async Task<ClientOutcome> SendAsync(Arrival arrival)
    {
        HttpResponseMessage? answer = null;
        try
        {
            using HttpRequestMessage request = Request(arrival);
            answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            byte[] body = await answer.Content.ReadAsByteArrayAsync();
            ClientOutcome outcome = answer.IsSuccessStatusCode ? ClientOutcome.Ok : ClientOutcome.Http;
            bool ok = outcome == ClientOutcome.Ok;
            await EndAsync(arrival, outcome, answer, ok ? PriceIn(body) : null, ok ? null : CodeIn(body));
            return outcome;
        }
        catch (OperationCanceledException)
        {
            await EndAsync(arrival, ClientOutcome.Timeout, answer, null);
            return ClientOutcome.Timeout;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
        {
            bool refused = e is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError };
            ClientOutcome outcome = refused ? ClientOutcome.Refused : ClientOutcome.Reset;
            await EndAsync(arrival, outcome, answer, null);
            return outcome;
        }
        finally
        {
            answer?.Dispose();
        }
    }

    private HttpRequestMessage Request(Arrival arrival)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, options.Url)
        {
            Content = new ByteArrayContent(arrival.Row.Body),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation("x-customer-id", arrival.Entity);
        request.Headers.TryAddWithoutValidation("x-tenant", arrival.Tenant);
        if (arrival.Key is { } key)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", $"\"{key}\"");
        }

        return request;
    }

    private async Task EndAsync(
        Arrival arrival,
        ClientOutcome outcome,
        HttpResponseMessage? answer,
        double? price,
        string? code = null
    )
    {
        var record = new ClientRecord
        {
            At = arrival.At,
            Service = options.Service,
            Entity = arrival.Entity,
            Latency = time.GetElapsedTime(arrival.Start) - arrival.Due,
            Outcome = outcome,
            Status = (int?)answer?.StatusCode ?? 0,
            RequestId = Header(answer, "Handover-Request-Id"),
            Release = Header(answer, "Handover-Release"),
            Epoch = long.TryParse(Header(answer, "Handover-Epoch"), out long epoch) ? epoch : null,
            Reason = Header(answer, "Handover-Reason"),
            Price = price,
            Key = arrival.Key,
            Code = code,
            Truth = arrival.Row.Price,
        };
        Summary.Add(record);
        Observed?.Invoke(record);
        if (outcome == ClientOutcome.Ok && record.Reason != "replayed" && record.RequestId is { } id)
        {
            labels?.Add(id, record.Truth);
        }

        if (log is not null)
        {
            await log.AddAsync(record);
        }
    }

    private static string? Header(HttpResponseMessage? answer, string name) =>
        answer is not null && answer.Headers.NonValidated.TryGetValues(name, out HeaderStringValues values)
            ? values.ToString()
            : null;

    /// <summary>The first number of the output <c>price</c>, flat or nested; null when there is none.</summary>
    private static double? PriceIn(byte[] body)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(body);
            foreach (JsonElement output in json.RootElement.GetProperty("outputs").EnumerateArray())
            {
                if (output.GetProperty("name").ValueEquals("price"))
                {
                    JsonElement value = output.GetProperty("data");
                    while (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0)
                    {
                        value = value[0];
                    }

                    return value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;
                }
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // A 2xx answer that is not an Open Inference answer has no price; the status is what the client reports.
        }

        return null;
    }

    private static string? CodeIn(byte[] body)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(body);
            return json.RootElement.GetProperty("code").GetString();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // Errors of a model server pass through, and have no code.
            return null;
        }
    }

    private sealed record Arrival(
        long Start,
        TimeSpan Due,
        DateTimeOffset At,
        string Entity,
        string Tenant,
        DiamondRow Row,
        string? Key,
        bool Twice
    );
}
