// Why: a model that somebody else runs can come and go; traffic must go only to those of its endpoints that answer.
using System.Globalization;
using System.Net.Http;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Ports;

namespace Handover.Runtimes.Remote;

/// <summary>A remote member: its endpoints, and which of them are ready.</summary>
internal sealed class RemoteMember(
    MemberContext context,
    Member.Http declared,
    RuntimeOptions options,
    TimeProvider time
) : IRunningMember
{
    private const int FailuresUntilUnready = 2;
    private static readonly TimeSpan FirstPoll = TimeSpan.FromMilliseconds(50);
    private readonly CancellationTokenSource _stop = new();
    private Probe[] _probes = [];
    private Task _probing = Task.CompletedTask;
    private volatile IReadOnlyList<MemberEndpoint> _ready = [];

    public IReadOnlyList<MemberEndpoint> Endpoints => _ready;

    public bool Ready => _ready.Count > 0;

    public bool Failed => false;

    public string? Trouble
    {
        get
        {
            string[] troubles = [.. _probes.Where(p => p.Trouble is not null).Select(p => p.ToString())];
            return troubles.Length == 0 ? null : string.Join("; ", troubles);
        }
    }

    public long ResidentBytes => 0;

    public IReadOnlyDictionary<string, string> Artefacts { get; } = new Dictionary<string, string>();

    public async Task<Problem?> StartAsync(CancellationToken cancel)
    {
        foreach (Uri endpoint in declared.Endpoints)
        {
            if (options.UrlPolicy.Check(endpoint) is { } refused)
            {
                return refused with { Field = "endpoints" };
            }
        }

        _probes =
        [
            .. declared.Endpoints.Select(e =>
            {
                var endpoint = new MemberEndpoint(e);
                return new Probe(
                    endpoint,
                    MemberConnection.Client(endpoint, options.UrlPolicy, Timeout.InfiniteTimeSpan)
                );
            }),
        ];
        long startedAt = time.GetTimestamp();
        do
        {
            await ProbeAllAsync(cancel);
            if (Ready)
            {
                _probing = Task.Run(ProbeLoopAsync, CancellationToken.None);
                return null;
            }

            await Task.Delay(FirstPoll, time, cancel);
        } while (time.GetElapsedTime(startedAt) < options.RemoteStartTimeout);

        string seconds = options.RemoteStartTimeout.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
        return new("remote-not-ready", $"No endpoint of {context} was ready within {seconds} s: {Trouble}.")
        {
            Field = "endpoints",
            Fix = "Start the server, or correct the endpoints and the ready path.",
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _probing;
        bool serving = Ready;
        _ready = [];
        if (serving)
        {
            context.Changed();
        }

        foreach (Probe probe in _probes)
        {
            probe.Client.Dispose();
        }

        _stop.Dispose();
    }

    private async Task ProbeLoopAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(options.ProbeInterval, time, _stop.Token);
                await ProbeAllAsync(_stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopped on purpose.
        }
    }

    /// <summary>
    /// One round. The first failure of an endpoint that was ready may be a lost packet, so the second one counts; the
    /// first success of one that was not counts at once.
    /// </summary>
    private async Task ProbeAllAsync(CancellationToken cancel)
    {
        await Task.WhenAll(
            _probes.Select(async probe =>
            {
                string? why = await ReadyProbe.AskAsync(
                    probe.Client,
                    declared.Ready,
                    options.ProbeInterval,
                    time,
                    cancel
                );
                probe.Failures = why is null ? 0 : probe.Failures + 1;
                probe.Ready = why is null || (probe.Ready && probe.Failures < FailuresUntilUnready);
                probe.Trouble = why;
            })
        );
        MemberEndpoint[] ready = [.. _probes.Where(p => p.Ready).Select(p => p.Endpoint)];
        if (!ready.SequenceEqual(_ready))
        {
            _ready = ready;
            context.Changed();
        }
    }

    private sealed class Probe(MemberEndpoint endpoint, HttpClient client)
    {
        public MemberEndpoint Endpoint => endpoint;

        public HttpClient Client => client;

        public int Failures { get; set; }

        public bool Ready { get; set; }

        public string? Trouble { get; set; }

        public override string ToString() => $"{endpoint.Address.GetLeftPart(UriPartial.Authority)} ({Trouble})";
    }
}
