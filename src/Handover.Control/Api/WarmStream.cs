using System.Text.Json;
using System.Threading.Channels;
using Handover.Core.Foundation;
using Handover.Protocol;
using Microsoft.AspNetCore.Http;

namespace Handover.Control.Api;

/// <summary>
/// A warm-up told line by line while it goes on, for whoever asks for NDJSON: minutes without a sign look like a node
/// that hangs. What is refused before the first window is refused with a status of its own.
/// </summary>
internal static class WarmStream
{
    private static readonly byte[] End = [(byte)'\n'];

    /// <summary>Whether the caller wants lines.</summary>
    public static bool Wanted(HttpRequest request) =>
        request.Headers.Accept.ToString().Contains(MediaTypes.NdJson, StringComparison.OrdinalIgnoreCase);

    /// <summary>Runs it and answers line by line.</summary>
    /// <param name="context">The request.</param>
    /// <param name="warm">The warm-up; told where its windows go.</param>
    public static async Task<IResult> RunAsync(
        HttpContext context,
        Func<Action<WarmWindowView>, Task<Result<WarmView>>> warm
    )
    {
        // As many as there can be windows, so that nothing waits for a slow reader and nothing is lost.
        var windows = Channel.CreateBounded<WarmWindowView>(Warming.Warmer.MostWindows);
        Task<Result<WarmView>> warming = FinishAsync(warm, windows.Writer);
        bool begun = await windows.Reader.WaitToReadAsync(context.RequestAborted);
        if (!begun && await warming is { Ok: false } refused)
        {
            return ApiProblems.Of(context, refused.Problems);
        }

        return TypedResults.Stream(
            stream => WriteAsync(stream, windows.Reader, warming, context.RequestAborted),
            MediaTypes.NdJson
        );
    }

    private static async Task<Result<WarmView>> FinishAsync(
        Func<Action<WarmWindowView>, Task<Result<WarmView>>> warm,
        ChannelWriter<WarmWindowView> windows
    )
    {
        try
        {
            return await warm(window => windows.TryWrite(window));
        }
        finally
        {
            windows.Complete();
        }
    }

    private static async Task WriteAsync(
        Stream stream,
        ChannelReader<WarmWindowView> windows,
        Task<Result<WarmView>> warming,
        CancellationToken cancel
    )
    {
        await foreach (WarmWindowView window in windows.ReadAllAsync(cancel))
        {
            await LineAsync(new WarmLine { Window = window });
        }

        Result<WarmView> whole = await warming;
        await LineAsync(
            whole.Ok
                ? new WarmLine { View = whole.Value }
                : new WarmLine { Trouble = string.Join("; ", whole.Problems) }
        );

        async Task LineAsync(WarmLine line)
        {
            await JsonSerializer.SerializeAsync(stream, line, ProtocolJson.Default.WarmLine, cancel);
            await stream.WriteAsync(End, cancel);
            await stream.FlushAsync(cancel);
        }
    }
}
