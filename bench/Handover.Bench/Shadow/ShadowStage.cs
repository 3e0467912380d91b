using System.Text.Json;
using Handover.Bench.Hops;

namespace Handover.Bench.Shadow;

/// <summary>
/// The shipped program with one service per thing that is measured: some without a rollout, some with every request
/// copied to a candidate and the answers compared. All at once on one node, so that they can be measured in turns.
/// </summary>
internal sealed class ShadowStage : IAsyncDisposable
{
    private static readonly TimeSpan StartBound = TimeSpan.FromSeconds(60);

    private readonly string _root = Directory.CreateTempSubdirectory("handover-shadow-").FullName;
    private readonly Dictionary<string, string> _rollouts = [];
    private RunningNode _node = null!;

    private ShadowStage() { }

    /// <summary>The process of the node.</summary>
    public int ProcessId => _node.ProcessId;

    /// <summary>
    /// Starts the node, and a rollout that stays in its shadow phase for each service with a candidate.
    /// </summary>
    public static async Task<ShadowStage> StartAsync(IReadOnlyList<ShadowService> services)
    {
        var stage = new ShadowStage();
        foreach (ShadowService service in services)
        {
            await File.WriteAllTextAsync(Path.Combine(stage._root, $"{service.Name}.yaml"), Resources(service));
        }

        stage._node = await RunningNode.StartAsync(HandoverChains.BuiltExecutable, stage._root);
        foreach (ShadowService service in services.Where(s => s.Candidate is not null))
        {
            stage._rollouts[service.Name] = await stage._node.StartRolloutAsync(Rollout(service.Name), default);
        }

        foreach (string name in stage._rollouts.Keys)
        {
            await stage.ShadowingAsync(name);
        }

        return stage;
    }

    /// <summary>Where callers of a service send.</summary>
    public Uri Target(string service) => new(_node.Data, $"{service}/price");

    /// <summary>What the API tells of a service's copies.</summary>
    public async Task<JsonElement> ShadowAsync(string service) =>
        (await _node.StatusAsync(_rollouts[service])).GetProperty("shadow");

    /// <summary>Throws when a rollout is not in its shadow phase any more: nothing was copied then.</summary>
    public async Task ShadowingAsync(string service)
    {
        DateTimeOffset until = TimeProvider.System.GetUtcNow() + StartBound;
        while (true)
        {
            JsonElement rollout = await _node.StatusAsync(_rollouts[service]);
            if (rollout.GetProperty("phase").GetString() == "shadow")
            {
                return;
            }

            if (
                rollout.GetProperty("endedAt").ValueKind != JsonValueKind.Null
                || TimeProvider.System.GetUtcNow() > until
            )
            {
                throw new InvalidOperationException($"{service} is not in its shadow phase: {rollout}");
            }

            await Task.Delay(50);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    /// <summary>A release that a model server on this machine answers for, as one document of YAML.</summary>
    public static string Release(string service, string name, Uri address) =>
        $$"""
            ---
            apiVersion: handover.dev/v1
            kind: Release
            metadata: { name: {{name}}, service: {{service}} }
            spec:
              members:
                model: { runtime: http, endpoints: [ "{{address.GetLeftPart(UriPartial.Authority)}}" ], ready: /ready }

            """;

    private static string Resources(ShadowService service) =>
        $$"""
            apiVersion: handover.dev/v1
            kind: Service
            metadata: { name: {{service.Name}} }
            spec:
              protocol: json
              route: { path: /{{service.Name}} }
              stable: v1
              entity: { from: header, name: x-customer-id, absent: stable }
              errors: { statuses: [5xx], timeout: 2s }
              journal: { sample: {{service.JournalPercent}}% }

            """
        + Release(service.Name, "v1", service.Stable)
        + (service.Candidate is { } candidate ? Release(service.Name, "v2", candidate) : "");

    // A candidate that never answers would be taken back within moments; here it is to stay, so its errors only hold.
    private static string Rollout(string service) =>
        $$"""
            apiVersion: handover.dev/v1
            kind: Rollout
            metadata: { name: {{service}}, service: {{service}} }
            spec:
              to: v2
              strategy: flag
              phases:
                - verify: {}
                - start: { timeout: 60s }
                - shadow: { share: 100%, pairs: 100000000 }
                - shift: { share: 100% }
                - bake: { for: 1h }
                - retire: {}
              gates:
                metrics:
                  - { name: errors, worseBy: 20%, then: hold }
              deadline: 24h
            """;
}

/// <summary>A service of the stage.</summary>
/// <param name="Name">Its name and the first part of its path.</param>
/// <param name="Stable">Its stable release.</param>
/// <param name="Candidate">The release that every request is copied to; null without a rollout.</param>
/// <param name="JournalPercent">Percent of the exchanges that the journal keeps.</param>
internal sealed record ShadowService(string Name, Uri Stable, Uri? Candidate, int JournalPercent = 100);
