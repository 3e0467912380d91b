using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Handover.Core.Foundation;
using Handover.Core.Rollouts;
using Handover.Gateway.Routing;
using Handover.Ports;

namespace Handover.Gateway.Flags;

/// <summary>
/// Asks the organisation's flag about an entity, over OFREP, and remembers the answer for as long as the rollout says.
/// It stands between a request and its answer, so everything here is bounded: the wait, the questions under way, the
/// answers remembered, the bytes read. Whatever goes wrong is counted and means no.
/// </summary>
/// <param name="policy">Which addresses may be dialled.</param>
/// <param name="time">Clock of the answers' ages.</param>
internal sealed class FlagDesk(UrlPolicy policy, TimeProvider time) : IDisposable
{
    private const int MostRemembered = 100_000;
    private const int MostUnderWay = 256;
    private const int MostBytes = 64 << 10;

    private readonly HttpMessageInvoker _http = new(policy.CreateHandler());
    private readonly ConcurrentDictionary<string, Asking> _answers = new(StringComparer.Ordinal);
    private int _underWay;

    /// <summary>Whether the flag lets the entity have the candidate; true where the rollout has no flag.</summary>
    public ValueTask<bool> AllowsAsync(
        ServiceSnapshot snapshot,
        FlagTally tally,
        string? entity,
        IReadOnlyDictionary<string, string> attributes
    )
    {
        if (snapshot.Flag is not { } flag || snapshot.Routing?.Candidate is not { } candidate || entity is null)
        {
            return new ValueTask<bool>(true);
        }

        string key = KeyOf(flag, candidate, entity, attributes);
        if (_answers.TryGetValue(key, out Asking? known) && known.Answer is { } entry)
        {
            if (time.GetElapsedTime(entry.At) < flag.Ttl)
            {
                return new ValueTask<bool>(entry.Allowed);
            }

            _answers.TryRemove(new KeyValuePair<string, Asking>(key, known));
        }

        return new ValueTask<bool>(AskOnceAsync(key, new Question(flag, candidate, entity, attributes, tally)));
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    // Many requests of one entity at once are one question.
    private async Task<bool> AskOnceAsync(string key, Question question)
    {
        if (_answers.Count >= MostRemembered)
        {
            // Everything goes: what is asked again is asked once per entity and lifetime, as at the start.
            _answers.Clear();
        }

        var mine = new Asking();
        Asking one = _answers.GetOrAdd(key, mine);
        if (ReferenceEquals(one, mine))
        {
            Entry? end = null;
            try
            {
                end = await AskAsync(question);
            }
            finally
            {
                // Whoever waits is never left waiting; an answer that is too old is asked for again.
                mine.End(end ?? new Entry(false, 0));
            }
        }

        return (await one.AnswerAsync()).Allowed;
    }

    private async Task<Entry> AskAsync(Question question)
    {
        FlagTally tally = question.Tally;
        long began = time.GetTimestamp();
        if (Interlocked.Increment(ref _underWay) > MostUnderWay)
        {
            Interlocked.Decrement(ref _underWay);
            Interlocked.Increment(ref tally.Crowded);
            return new Entry(false, began);
        }

        try
        {
            Interlocked.Increment(ref tally.Asked);
            using var deadline = new CancellationTokenSource(question.Flag.Timeout, time);
            using HttpRequestMessage request = Compose(question);
            using HttpResponseMessage answer = await _http.SendAsync(request, deadline.Token);
            byte[]? body = answer.IsSuccessStatusCode ? await ReadAsync(answer, deadline.Token) : null;
            bool? allowed = body is null ? null : Meaning(body, question.Candidate, tally);
            if (allowed is null)
            {
                Interlocked.Increment(ref tally.Failed);
            }

            // The age counts from the question: the flag may have been flipped while the answer was on its way.
            return new Entry(allowed ?? false, began);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            Interlocked.Increment(ref tally.Failed);
            return new Entry(false, began);
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    private static HttpRequestMessage Compose(Question question)
    {
        string root = question.Flag.Ofrep.AbsoluteUri.TrimEnd('/');
        var context = new Dictionary<string, string>(question.Attributes) { ["targetingKey"] = question.Entity };
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(new { context });
        var request = new HttpRequestMessage(
            HttpMethod.Post,
            new Uri($"{root}/ofrep/v1/evaluate/flags/{Uri.EscapeDataString(question.Flag.Key)}")
        )
        {
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return request;
    }

    private static async Task<byte[]?> ReadAsync(HttpResponseMessage answer, CancellationToken cancel)
    {
        await using Stream stream = await answer.Content.ReadAsStreamAsync(cancel);
        byte[] buffer = new byte[MostBytes + 1];
        int length = 0;
        int read;
        while ((read = await stream.ReadAsync(buffer.AsMemory(length), cancel)) > 0)
        {
            length += read;
            if (length > MostBytes)
            {
                return null;
            }
        }

        return buffer[..length];
    }

    // true, or the candidate's name as value or variant, is yes. false, and no value at all ("use the default of your
    // code"), is no. Everything else is no, and counted, since somebody mistyped something. Null when it is no JSON.
    private static bool? Meaning(byte[] body, string candidate, FlagTally tally)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            JsonElement value = json.RootElement.TryGetProperty("value", out JsonElement v) ? v : default;
            bool named = Names(value, candidate) || Names(Variant(json.RootElement), candidate);
            bool said = value.ValueKind is JsonValueKind.True or JsonValueKind.False or JsonValueKind.Undefined;
            bool allowed = value.ValueKind == JsonValueKind.True || (value.ValueKind == JsonValueKind.String && named);
            Interlocked.Increment(ref allowed ? ref tally.Allowed : ref said ? ref tally.Refused : ref tally.Unknown);
            return allowed;
        }
        catch (Exception e) when (BadJson.Is(e))
        {
            return null;
        }
    }

    private static JsonElement Variant(JsonElement root) =>
        root.TryGetProperty("variant", out JsonElement variant) ? variant : default;

    private static bool Names(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.String && element.ValueEquals(name);

    private static string KeyOf(
        OutsideFlag flag,
        string candidate,
        string entity,
        IReadOnlyDictionary<string, string> attributes
    )
    {
        var key = new StringBuilder();
        foreach (string part in (string[])[flag.Ofrep.AbsoluteUri, flag.Key, candidate, entity])
        {
            key.Append(part).Append('\0');
        }

        foreach ((string name, string value) in attributes)
        {
            key.Append(name).Append('\0').Append(value).Append('\0');
        }

        return key.ToString();
    }

    private sealed record Entry(bool Allowed, long At);

    /// <summary>One question under way, or its answer.</summary>
    private sealed class Asking
    {
        private readonly TaskCompletionSource<Entry> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile Entry? _answer;

        /// <summary>The answer; null while it is under way.</summary>
        public Entry? Answer => _answer;

        public Task<Entry> AnswerAsync() => _end.Task;

        public void End(Entry answer)
        {
            _answer = answer;
            _end.TrySetResult(answer);
        }
    }

    private sealed record Question(
        OutsideFlag Flag,
        string Candidate,
        string Entity,
        IReadOnlyDictionary<string, string> Attributes,
        FlagTally Tally
    );
}
