using System.Text;
using System.Text.Json;
using Handover.Control.Import;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Payloads;
using Handover.Runtimes.Onnx;

namespace Handover.App.Cli.Commands;

/// <summary>What was read: a model with who serves it, or feature views.</summary>
internal sealed record ImportedText(ImportedModel? Model, Member? Member, ImportedViews? Views);

/// <summary>Finds out which of the formats it is and reads it, within bounds.</summary>
internal static class ImportSource
{
    private const int MaxBytes = 16 << 20;
    private const string ModelPath = "/v2/models/";
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public static async Task<Result<ImportedText>> ReadAsync(ImportOptions options, CliSession session)
    {
        string from = session.Parse.GetValue(options.From)!;
        Uri? endpoint = null;
        if (session.Parse.GetValue(options.Endpoint) is { } text && (endpoint = Web(text)) is null)
        {
            return new Problem("bad-option", $"--endpoint '{text}' is not an http or https address.");
        }

        Member? member = endpoint is null ? null : new Member.Http([endpoint], "/v2/health/ready");
        if (Web(from) is { } served)
        {
            return await ServedAsync(served, member, session.Cancel);
        }

        if (Directory.Exists(from))
        {
            from = Path.Combine(from, "MLmodel");
        }

        if (from.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase))
        {
            return await OnnxAsync(from, member, session.Cancel);
        }

        Result<byte[]> bytes = await BytesAsync(from, session.Cancel);
        if (!bytes.Ok)
        {
            return Result<ImportedText>.Failed(bytes.Problems);
        }

        int start = bytes.Value.AsSpan().IndexOfAnyExcept(" \t\r\n"u8);
        return start >= 0 && bytes.Value[start] == '{'
            ? Json(bytes.Value, from, member, endpoint, options, session)
            : Mlflow(bytes.Value, from, member, options, session);
    }

    private static Result<ImportedText> Mlflow(
        byte[] bytes,
        string from,
        Member? member,
        ImportOptions options,
        CliSession session
    )
    {
        string text;
        try
        {
            text = Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return new Problem("bad-text", "it is neither JSON nor text in UTF-8.") { File = from };
        }

        bool json = session.Parse.GetValue(options.Protocol) == "json";
        Result<ImportedModel> model = MlflowImport.Read(text, from, json);
        if (!model.Ok)
        {
            return Result<ImportedText>.Failed(model.Problems);
        }

        if (member is null && model.Value.OnnxFile is { } file)
        {
            Member.Onnx onnx = Placed(file, null, out string note);
            return new ImportedText(model.Value with { Notes = [.. model.Value.Notes, note] }, onnx, null);
        }

        return new ImportedText(model.Value, member, null);
    }

    private static Result<ImportedText> Json(
        byte[] bytes,
        string from,
        Member? member,
        Uri? endpoint,
        ImportOptions options,
        CliSession session
    )
    {
        if (SaysTensors(bytes))
        {
            Result<ModelMetadata> metadata = ModelMetadata.Read(bytes);
            return metadata.Ok
                ? new ImportedText(Of(metadata.Value), member, null)
                : Result<ImportedText>.Failed([.. metadata.Problems.Select(p => p with { File = from })]);
        }

        string? service = session.Parse.GetValue(options.FeatureService);
        Result<FeatureSource.Store?> store = StoreOf(endpoint, session.Parse.GetValue(options.Probe));
        Result<ImportedViews> views = FeastImport.Read(bytes, from, service, store.Ok ? store.Value : null);
        return !views.Ok ? Result<ImportedText>.Failed(views.Problems)
            : views.Value.Views.Count == 0
                ? new Problem("nothing-found", "it has neither 'inputs' and 'outputs' nor feature views.")
                {
                    File = from,
                }
            : store.Ok ? new ImportedText(null, null, views.Value)
            : Result<ImportedText>.Failed(store.Problems);
    }

    // Which of the two it is; what is wrong with it, its own reader says.
    private static bool SaysTensors(byte[] bytes)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes);
            return document.RootElement.TryGetProperty("inputs", out _)
                || document.RootElement.TryGetProperty("outputs", out _);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static async Task<Result<ImportedText>> OnnxAsync(string path, Member? member, CancellationToken cancel)
    {
        Result<ModelInspection> read = await ModelInspector.InspectAsync(path, cancel);
        if (!read.Ok)
        {
            return Result<ImportedText>.Failed(read.Problems);
        }

        var model = new ImportedModel(
            new Signature([.. read.Value.Inputs.Select(t => new TensorSpec(t.Name, t.Datatype, [.. t.Shape]))]),
            new Signature([.. read.Value.Outputs.Select(t => new TensorSpec(t.Name, t.Datatype, [.. t.Shape]))]),
            ["ONNX knows no units, ranges, labels or meaning: declare them, or contracts about them stay undecided"]
        );
        if (member is not null)
        {
            return new ImportedText(model, member, null);
        }

        Member.Onnx onnx = Placed(path, read.Value.Sha256, out string note);
        return new ImportedText(model with { Notes = [.. model.Notes, note] }, onnx, null);
    }

    // Members are files inside the configuration directory, wherever this one lies now.
    private static Member.Onnx Placed(string file, string? sha256, out string note)
    {
        string inside = $"models/{Path.GetFileName(file)}";
        note = $"put the model's file at {inside} in the configuration directory";
        return new Member.Onnx(inside, sha256);
    }

    private static async Task<Result<ImportedText>> ServedAsync(Uri url, Member? member, CancellationToken cancel)
    {
        if (!url.AbsolutePath.Contains(ModelPath, StringComparison.Ordinal))
        {
            return new Problem("bad-option", $"'{url}' is not the address of a model.")
            {
                Fix = $"It ends with {ModelPath}NAME.",
            };
        }

        try
        {
            using var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
            using var client = new HttpClient(handler)
            {
                Timeout = TimeSpan.FromSeconds(10),
                MaxResponseContentBufferSize = ModelMetadata.MaxBytes,
            };
            using HttpResponseMessage answer = await client.GetAsync(url, cancel);
            if (!answer.IsSuccessStatusCode)
            {
                return new Problem("metadata-unreadable", $"{url} answered {(int)answer.StatusCode}.");
            }

            Result<ModelMetadata> metadata = ModelMetadata.Read(await answer.Content.ReadAsByteArrayAsync(cancel));
            if (!metadata.Ok)
            {
                return Result<ImportedText>.Failed([.. metadata.Problems.Select(p => p with { File = $"{url}" })]);
            }

            string root = url.AbsoluteUri[..url.AbsoluteUri.IndexOf(ModelPath, StringComparison.Ordinal)];
            return new ImportedText(
                Of(metadata.Value),
                member ?? new Member.Http([new Uri(root)], "/v2/health/ready"),
                null
            );
        }
        catch (HttpRequestException e)
        {
            return new Problem("metadata-unreadable", $"{url} cannot be read: {e.Message.TrimEnd('.')}.");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new Problem("metadata-unreadable", $"{url} took more than 10 s.");
        }
    }

    private static ImportedModel Of(ModelMetadata metadata) =>
        new(
            metadata.Input.Tensors.Count > 0 ? metadata.Input : null,
            metadata.Output.Tensors.Count > 0 ? metadata.Output : null,
            ["metadata knows no units, ranges, labels or meaning: declare them, or contracts about them stay undecided"]
        );

    private static Result<FeatureSource.Store?> StoreOf(Uri? endpoint, string? probe)
    {
        if (endpoint is null && probe is null)
        {
            return Result<FeatureSource.Store?>.Of(null);
        }

        string[] parts = (probe ?? "").Split('=', 2);
        return endpoint is not null && parts is [{ Length: > 0 } key, { Length: > 0 } values]
            ? new FeatureSource.Store(endpoint, key, values.Split(','))
            : new Problem("bad-option", "a feature server needs --endpoint URL and --probe KEY=VALUE,VALUE together.");
    }

    private static async Task<Result<byte[]>> BytesAsync(string path, CancellationToken cancel)
    {
        try
        {
            if (new FileInfo(path).Length > MaxBytes)
            {
                return new Problem("too-large", $"it has more than {MaxBytes >> 20} MiB.") { File = path };
            }

            byte[] bytes = await File.ReadAllBytesAsync(path, cancel);
            return bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? bytes[Encoding.UTF8.Preamble.Length..] : bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Problem("file-unreadable", $"it can't be read: {e.Message}") { File = path };
        }
    }

    private static Uri? Web(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is ("http" or "https") ? url : null;
}
