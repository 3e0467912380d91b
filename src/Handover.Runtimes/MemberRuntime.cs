// Why: the engine wants stacks to run or not to run, and repeats itself until it is so. This is where that becomes
// true, whichever way each member of the stack is run.
using System.Collections.Concurrent;
using System.Net.Http;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Ports;
using Handover.Runtimes.Onnx;
using Handover.Runtimes.Processes;
using Handover.Runtimes.Remote;
using Microsoft.Extensions.Logging;

namespace Handover.Runtimes;

/// <summary>Runs the members of releases: in this process, as supervised processes, or somewhere else.</summary>
public sealed class MemberRuntime : IRuntimePort, IAsyncDisposable
{
    private readonly RuntimeOptions _options;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _loggers;
    private readonly StateLayout _layout;
    private readonly Artefacts _artefacts;
    private readonly ConcurrentDictionary<(string Service, string Release), Stack> _stacks = new();
    private volatile bool _disposed;

    /// <summary>
    /// Makes the runtime's directories and ends whatever an earlier node of this state directory left running. Throws
    /// <see cref="IOException"/> when another living node uses the directory.
    /// </summary>
    public MemberRuntime(RuntimeOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        _options = options;
        _time = time;
        _loggers = loggers;
        _layout = new StateLayout(options.StateDirectory);
        _artefacts = new Artefacts(options.BaseDirectory);
        int reaped = ProcessRecord.ReapAll(_layout.Processes);
        if (reaped > 0)
        {
            loggers.CreateLogger<MemberRuntime>().LogWarning("Ended {Count} processes of an earlier node", reaped);
        }
    }

    /// <inheritdoc/>
    public event Action<string>? Changed;

    /// <inheritdoc/>
    public async Task<Result<StackStatus>> StartAsync(Release release, CancellationToken cancel)
    {
        Invariant.Holds(!_disposed, "a stack is started on a runtime that has ended");
        Stack stack = StackOf(release.Service, release.Name);
        await stack.Gate.WaitAsync(cancel);
        try
        {
            if (!stack.Healthy)
            {
                // A member that gave up needs a new start, and members start as one.
                await stack.StopAsync();
                IReadOnlyList<Problem> problems = await stack.StartAsync(Members(release), cancel);
                if (problems.Count > 0)
                {
                    return Result<StackStatus>.Failed(problems);
                }
            }

            return stack.Status()!;
        }
        finally
        {
            stack.Gate.Release();
            Changed?.Invoke(release.Service);
        }
    }

    /// <inheritdoc/>
    public async Task StopAsync(string service, string release, CancellationToken cancel)
    {
        if (!_stacks.TryGetValue((service, release), out Stack? stack))
        {
            return;
        }

        await stack.Gate.WaitAsync(cancel);
        try
        {
            await stack.StopAsync();
        }
        finally
        {
            stack.Gate.Release();
            Changed?.Invoke(service);
        }
    }

    /// <inheritdoc/>
    public StackStatus? Status(string service, string release) =>
        _stacks.TryGetValue((service, release), out Stack? stack) ? stack.Status() : null;

    /// <inheritdoc/>
    public IReadOnlyList<Problem> Altered(Release release) => _artefacts.Altered(release.Frozen);

    /// <inheritdoc/>
    public async Task<Result<Signatures?>> DescribeAsync(
        string service,
        string release,
        string member,
        CancellationToken cancel
    )
    {
        _stacks.TryGetValue((service, release), out Stack? stack);
        MemberEndpoint? endpoint = stack?.Member(member)?.Endpoints is [var first, ..] ? first : null;
        if (endpoint is null)
        {
            return new Problem("member-not-running", $"Member '{member}' of {service}/{release} is not running.");
        }

        using HttpClient client = MemberConnection.Client(endpoint, _options.UrlPolicy, TimeSpan.FromSeconds(5));
        return _options.Grpc(service)
            ? await MetadataReader.ReadGrpcAsync(client, service, cancel)
            : await MetadataReader.ReadAsync(client, _options.ModelName(service), cancel);
    }

    /// <summary>Stops every stack.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await Task.WhenAll(_stacks.Keys.Select(k => StopAsync(k.Service, k.Release, CancellationToken.None)));
        foreach (Stack stack in _stacks.Values)
        {
            stack.Dispose();
        }

        _layout.Dispose();
    }

    private Stack StackOf(string service, string release) =>
        _stacks.GetOrAdd((service, release), key => new Stack(key.Service, key.Release));

    private Dictionary<string, IRunningMember> Members(Release release) =>
        release.Members.ToDictionary(m => m.Key, m => Create(release, m.Key, m.Value));

    private IRunningMember Create(Release release, string name, Member member)
    {
        var context = new MemberContext(release.Service, release.Name, name, () => Changed?.Invoke(release.Service))
        {
            Frozen = release.Frozen,
        };
        return member switch
        {
            Member.Onnx onnx => new OnnxMember(context, onnx, _options, _layout, _time, _loggers),
            Member.Process process => new ProcessMember(
                context,
                process,
                _options,
                _layout,
                _artefacts,
                _time,
                _loggers
            ),
            Member.Http http => new RemoteMember(context, http, _options, _time),
            _ => Invariant.Unreachable<IRunningMember>("members are a closed family"),
        };
    }
}
