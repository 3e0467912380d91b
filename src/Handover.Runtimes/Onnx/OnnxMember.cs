// Why: most models are small enough to run inside the node, which saves a process and a hop over TCP.
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Ports;
using Microsoft.Extensions.Logging;

namespace Handover.Runtimes.Onnx;

/// <summary>An ONNX file served inside this process, on a Unix socket that only this user can reach.</summary>
internal sealed class OnnxMember(
    MemberContext context,
    Member.Onnx declared,
    RuntimeOptions options,
    StateLayout layout,
    TimeProvider time,
    ILoggerFactory loggers
) : IRunningMember
{
    private OnnxModel? _model;
    private ModelHost? _host;
    private BatchedLog? _log;
    private string? _socket;
    private volatile bool _ready;

    public IReadOnlyList<MemberEndpoint> Endpoints =>
        _ready && _socket is not null ? [new(new Uri("http://onnx"), _socket)] : [];

    public bool Ready => _ready;

    public bool Failed => false;

    public string? Trouble => null;

    public long ResidentBytes { get; private set; }

    public IReadOnlyDictionary<string, string> Artefacts { get; private set; } = new Dictionary<string, string>();

    public async Task<Problem?> StartAsync(CancellationToken cancel)
    {
        Result<string> path = ConfinedPath.Resolve(options.BaseDirectory, declared.File);
        if (!path.Ok)
        {
            return path.Problems[0];
        }

        Result<ModelFile> file = await ModelFile.ReadAsync(path.Value, declared.File, cancel);
        if (!file.Ok)
        {
            return file.Problems[0];
        }

        if (file.Value.Differs(declared.Sha256, declared.File) is { } differs)
        {
            return differs;
        }

        string digest = file.Value.Sha256;
        if (FrozenFiles.Altered(declared.File, digest, context.Frozen.GetValueOrDefault(declared.File)) is { } altered)
        {
            return altered;
        }

        Artefacts = new Dictionary<string, string>(StringComparer.Ordinal) { [declared.File] = digest };

        // Loading is native work of milliseconds to seconds: not on the caller's thread. What the session takes can
        // only be estimated from the process's growth, which other work disturbs; it is never less than the file.
        long before = Environment.WorkingSet;
        Result<OnnxModel> model = await Task.Run(() => OnnxModel.Load(file.Value.Bytes, declared.File), cancel);
        if (!model.Ok)
        {
            return model.Problems[0];
        }

        ResidentBytes = file.Value.Bytes.Length + Math.Max(0, Environment.WorkingSet - before);
        _model = model.Value;
        return await ServeAsync(model.Value, cancel);
    }

    public async ValueTask DisposeAsync()
    {
        if (_ready)
        {
            // Out of the list first, so that gateways stop sending before the socket closes.
            _ready = false;
            context.Changed();
            await Task.Delay(options.DrainWait, time);
        }

        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        if (_log is not null)
        {
            await _log.DisposeAsync();
        }

        _model?.Dispose();
        if (_socket is not null)
        {
            File.Delete(_socket);
        }
    }

    private async Task<Problem?> ServeAsync(OnnxModel model, CancellationToken cancel)
    {
        ILogger logger = loggers.CreateLogger<OnnxMember>();
        _log = new BatchedLog(new RollingFile(layout.Log(context)), logger);
        string release = model.Properties.GetValueOrDefault("release", Path.GetFileName(declared.File));
        var endpoints = new ModelEndpoints(model, new AnswerLog(_log, release), new ModelEndpointsOptions(), time);
        _socket = layout.Socket(context);
        File.Delete(_socket);
        Result<ModelHost> host = await ModelHost.StartAsync(
            endpoints,
            kestrel => kestrel.ListenUnixSocket(_socket),
            loggers,
            cancel
        );
        if (!host.Ok)
        {
            return host.Problems[0];
        }

        _host = host.Value;
        _ready = true;
        context.Changed();
        return null;
    }
}
