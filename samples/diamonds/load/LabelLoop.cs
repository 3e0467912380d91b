using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Threading.Channels;

namespace Diamonds.Load;

/// <summary>
/// Tells the service the truth about earlier answers, some time after them, in batches. In life the truth arrives late;
/// so it does here.
/// </summary>
public sealed class LabelLoop : IAsyncDisposable
{
    private const int BatchMax = 1000;
    private const int Attempts = 5;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private readonly Channel<Label> queue = Channel.CreateBounded<Label>(
        new BoundedChannelOptions(1 << 18) { SingleReader = true }
    );

    private readonly HttpClient client = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly LoadOptions options;
    private readonly TimeProvider time;
    private readonly Task pushing;
    private long pushed;
    private long lost;

    /// <summary>Starts the loop; <see cref="LoadOptions.LabelsUrl"/> must be set.</summary>
    public LabelLoop(LoadOptions options, TimeProvider time)
    {
        this.options = options;
        this.time = time;
        if (options.Token is { } token)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        pushing = Task.Run(PushAsync);
    }

    /// <summary>Labels that the service took.</summary>
    public long Pushed => Interlocked.Read(ref pushed);

    /// <summary>Labels that it did not take after all attempts, or that did not fit into the queue.</summary>
    public long Lost => Interlocked.Read(ref lost);

    /// <summary>Takes note of an answer whose truth becomes known after the delay.</summary>
    public void Add(string requestId, double truth)
    {
        if (!queue.Writer.TryWrite(new Label(requestId, truth, time.GetUtcNow() + options.LabelDelay)))
        {
            Interlocked.Increment(ref lost);
        }
    }

    /// <summary>Pushes what is still due, which takes one delay, and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        queue.Writer.TryComplete();
        await pushing;
        client.Dispose();
    }

    private async Task PushAsync()
    {
        var batch = new List<Label>(BatchMax);
        while (await queue.Reader.WaitToReadAsync())
        {
            // Labels come in the order in which they fall due, because the delay is the same for all.
            DateTimeOffset now = time.GetUtcNow();
            while (batch.Count < BatchMax && queue.Reader.TryPeek(out Label next) && next.Due <= now)
            {
                queue.Reader.TryRead(out next);
                batch.Add(next);
            }

            if (batch.Count > 0)
            {
                await PushAsync(batch);
                batch.Clear();
            }

            await Task.Delay(Pause, time);
        }
    }

    private async Task PushAsync(List<Label> batch)
    {
        byte[] body = Body(batch);
        for (int attempt = 1; attempt <= Attempts; attempt++)
        {
            try
            {
                using var content = new ByteArrayContent(body);
                content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
                using HttpResponseMessage answer = await client.PostAsync(options.LabelsUrl, content);
                if (answer.IsSuccessStatusCode)
                {
                    Interlocked.Add(ref pushed, batch.Count);
                    return;
                }
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // The control plane may be restarting; the next attempt tells.
            }

            await Task.Delay(Pause * attempt, time);
        }

        Interlocked.Add(ref lost, batch.Count);
    }

    private static byte[] Body(List<Label> batch)
    {
        var buffer = new ArrayBufferWriter<byte>(batch.Count * 100);
        foreach (Label label in batch)
        {
            using (var json = new Utf8JsonWriter(buffer))
            {
                json.WriteStartObject();
                json.WriteString("requestId", label.RequestId);
                json.WriteNumber("truth", label.Truth);
                json.WriteString("at", label.Due);
                json.WriteEndObject();
            }

            buffer.Write("\n"u8);
        }

        return buffer.WrittenSpan.ToArray();
    }

    private readonly record struct Label(string RequestId, double Truth, DateTimeOffset Due);
}
