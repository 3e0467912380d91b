// Why: one model behind the Open Inference Protocol v2 (REST). The gateway rewrites paths, so the model's name in the
// path is the caller's business and any is accepted; everything else is checked strictly.
using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.ML.OnnxRuntime;

namespace Handover.Runtimes.Onnx;

/// <summary>Answers HTTP requests with one model.</summary>
#pragma warning disable CA1001 // A semaphore whose wait handle nobody asks for holds nothing to give back.
internal sealed class ModelEndpoints(OnnxModel model, AnswerLog log, ModelEndpointsOptions options, TimeProvider time)
#pragma warning restore CA1001
{
    private readonly SemaphoreSlim _slots = new(options.Concurrency);
    private readonly DateTimeOffset _readyAt = time.GetUtcNow() + options.Faults.SlowStart;
    private readonly byte[] _busy = InferAnswerWriter.Error("too many requests wait for this model");
    private int _waiting;
    private long _calls;

    private bool Ready => time.GetUtcNow() >= _readyAt;

    /// <summary>Answers one request and logs the answer.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        DateTimeOffset at = time.GetUtcNow();
        string? requestId = context.Request.Headers["Handover-Request-Id"];
        ModelPath path = ModelPath.Parse(context.Request.Path.Value ?? "");
        bool answered = false;
        try
        {
            await RouteAsync(context, path);
            answered = true;
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller went away; there is nobody to tell, but the log says so.
        }
        finally
        {
            // Health probes of the node itself have no request id and would only be noise.
            if (path.Call == ModelCall.Infer || requestId is not null)
            {
                string? purpose = context.Request.Headers["Handover-Purpose"];
                string? key = context.Request.Headers["Idempotency-Key"];
                log.Record(at, requestId, purpose ?? "live", answered ? context.Response.StatusCode : 0, key);
            }
        }
    }

    private Task RouteAsync(HttpContext context, ModelPath path)
    {
        if (path.Call == ModelCall.Unknown)
        {
            return ErrorAsync(context, 404, $"'{context.Request.Path}' is not a path of the Open Inference Protocol");
        }

        string method = path.Call == ModelCall.Infer ? HttpMethods.Post : HttpMethods.Get;
        bool head = path.Call != ModelCall.Infer && HttpMethods.IsHead(context.Request.Method);
        if (!head && !HttpMethods.Equals(context.Request.Method, method))
        {
            context.Response.Headers.Allow = method;
            return ErrorAsync(context, 405, $"this path takes {method}");
        }

        if (path.Version is not null && path.Version != model.Version)
        {
            return ErrorAsync(context, 404, $"there is no version '{path.Version}' of this model");
        }

        switch (path.Call)
        {
            case ModelCall.Infer:
                return InferAsync(context, path.Model);
            case ModelCall.ServerMetadata:
                return JsonAsync(context, 200, ModelDescription.Server());
            case ModelCall.ModelMetadata:
                return JsonAsync(context, 200, ModelDescription.Model(path.Model, model));
            case ModelCall.Live:
                return JsonAsync(context, 200, """{"live":true}"""u8.ToArray());
            case ModelCall.ModelReady:
                return JsonAsync(context, Ready ? 200 : 503, ModelDescription.Ready(path.Model, Ready));
            default:
                return JsonAsync(context, Ready ? 200 : 503, ModelDescription.Ready(null, Ready));
        }
    }

    private async Task InferAsync(HttpContext context, string name)
    {
        if (!Ready)
        {
            context.Response.Headers.RetryAfter = "1";
            await ErrorAsync(context, 503, "the model is still starting");
            return;
        }

        if (context.Request.Headers.ContainsKey("Inference-Header-Content-Length"))
        {
            await ErrorAsync(context, 400, "the binary data extension is not supported: send the data as JSON");
            return;
        }

        if (!await FaultAsync(context))
        {
            return;
        }

        byte[]? body = await BodyAsync(context);
        if (body is null)
        {
            return;
        }

        if (Interlocked.Increment(ref _waiting) > options.Concurrency + options.Queue)
        {
            Interlocked.Decrement(ref _waiting);
            context.Response.Headers.RetryAfter = "1";
            await JsonAsync(context, 503, _busy);
            return;
        }

        Answer answer;
        try
        {
            await _slots.WaitAsync(context.RequestAborted);
            try
            {
                answer = Infer(body, name);
            }
            finally
            {
                _slots.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }

        await JsonAsync(context, answer.Status, answer.Body);
    }

    /// <summary>Makes the faults that were asked for. False when the call has thereby got its answer.</summary>
    private async Task<bool> FaultAsync(HttpContext context)
    {
        if (options.Faults == FaultPlan.None)
        {
            return true;
        }

        Fault fault = options.Faults.Draw(options.Seed, Interlocked.Increment(ref _calls) - 1);
        if (fault == Fault.Stall)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted);
        }

        if (options.Faults.Delay > TimeSpan.Zero)
        {
            await Task.Delay(options.Faults.Delay, time, context.RequestAborted);
        }

        if (fault == Fault.Error)
        {
            await ErrorAsync(context, 500, "this error was asked for with --fault");
        }

        return fault == Fault.None;
    }

    private Answer Infer(byte[] body, string name)
    {
        using var request = new InferRequest(model.Inputs.Count);
        if (InferRequestReader.Read(body, model, request) is { } wrong)
        {
            return new(400, InferAnswerWriter.Error(wrong));
        }

        string[] outputs = request.Outputs ?? model.OutputNames;
        try
        {
            using var values = model.Run(request.Values!, outputs);
            var buffer = new ArrayBufferWriter<byte>(512);
            string? bad = InferAnswerWriter.Write(buffer, name, model, request, outputs, values);
            return bad is null ? new(200, buffer.WrittenMemory) : new(500, InferAnswerWriter.Error(bad));
        }
        catch (OnnxRuntimeException e)
        {
            // The shapes and types are right, so what the graph calls an invalid argument is a value: an id that is out
            // of an embedding's range, for instance.
            bool callers = e.Message.Contains("ErrorCode:InvalidArgument", StringComparison.Ordinal);
            return new(callers ? 400 : 500, InferAnswerWriter.Error(OnnxModel.FirstLine(e.Message)));
        }
    }

    /// <summary>The whole body; null when it was refused, which has then been answered.</summary>
    private static async Task<byte[]?> BodyAsync(HttpContext context)
    {
        try
        {
            long? length = context.Request.ContentLength;
            if (length is { } known and < 1 << 20)
            {
                byte[] exact = new byte[known];
                await context.Request.Body.ReadExactlyAsync(exact, context.RequestAborted);
                return exact;
            }

            using var buffer = new MemoryStream();
            await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
            return buffer.ToArray();
        }
        catch (BadHttpRequestException e)
        {
            await ErrorAsync(context, e.StatusCode, e.StatusCode == 413 ? "the body is too large" : e.Message);
            return null;
        }
    }

    private static Task ErrorAsync(HttpContext context, int status, string message) =>
        JsonAsync(context, status, InferAnswerWriter.Error(message));

    private static Task JsonAsync(HttpContext context, int status, ReadOnlyMemory<byte> body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    private readonly record struct Answer(int Status, ReadOnlyMemory<byte> Body);
}
