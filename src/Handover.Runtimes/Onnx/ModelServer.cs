// Why: the process runtime needs a real model server to run, and the same server by itself is useful to try a model.
using Handover.Core.Foundation;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handover.Runtimes.Onnx;

/// <summary>Serves one ONNX file until it is told to stop.</summary>
public static class ModelServer
{
    /// <summary>
    /// Serves <see cref="ModelServeOptions.File"/>; each answer is one NDJSON line on <paramref name="log"/>. Returns
    /// the exit code: 0 when <paramref name="cancel"/> ended it, 1 when it could not start, and why on
    /// <paramref name="errors"/> (standard error when null).
    /// </summary>
    public static async Task<int> RunAsync(
        ModelServeOptions options,
        TextWriter log,
        CancellationToken cancel,
        TextWriter? errors = null
    )
    {
        errors ??= Console.Error;
        string name = Path.GetFileName(options.File);
        Result<ModelFile> file = await ModelFile.ReadAsync(options.File, options.File, cancel);
        Result<OnnxModel> loaded = file.Ok
            ? OnnxModel.Load(file.Value.Bytes, options.File)
            : Result<OnnxModel>.Failed(file.Problems);
        if (!loaded.Ok)
        {
            return await FailAsync(loaded.Problems, errors);
        }

        using OnnxModel model = loaded.Value;
        await using var lines = new BatchedLog(new TextLog(log), NullLogger.Instance);
        string release = model.Properties.GetValueOrDefault("release", name);
        var endpoints = new ModelEndpoints(
            model,
            new AnswerLog(lines, release),
            new ModelEndpointsOptions { Faults = options.Fault, Seed = options.Seed },
            TimeProvider.System
        );
        Result<ModelHost> host = await ModelHost.StartAsync(
            endpoints,
            kestrel => kestrel.Listen(options.Address, options.Port),
            NullLoggerFactory.Instance,
            cancel
        );
        if (!host.Ok)
        {
            return await FailAsync(host.Problems, errors);
        }

        await using ModelHost running = host.Value;
        await errors.WriteLineAsync($"serving {release} ({name}) on {running.Address}");
        await Task.Delay(Timeout.InfiniteTimeSpan, cancel).ContinueWith(_ => { }, TaskScheduler.Default);
        return 0;
    }

    private static async Task<int> FailAsync(IReadOnlyList<Problem> problems, TextWriter errors)
    {
        foreach (Problem problem in problems)
        {
            await errors.WriteLineAsync($"error: {problem}");
        }

        return 1;
    }
}
