using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Foundation;
using Handover.Core.Rollouts;
using Handover.Ports;

namespace Handover.Control.Engine;

/// <summary>
/// What must be so before a candidate is started (contracts, capacity), and before it gets traffic (declared = served).
/// Each refusal is one sentence that says what to do.
/// </summary>
public sealed class Verifier(IRuntimePort runtime, Func<long?> freeBytes)
{
    /// <summary>Why the rollout may not begin; empty when it may.</summary>
    /// <param name="catalog">What is declared.</param>
    /// <param name="state">The rollout.</param>
    /// <param name="memory">What a release takes in bytes: measured, else declared; null when not known.</param>
    /// <param name="recorded">What releases have answered, for contracts that name examples.</param>
    public IReadOnlyList<string> Verify(
        CatalogSnapshot catalog,
        RolloutState state,
        Func<Release, long?> memory,
        IReadOnlyDictionary<string, IReadOnlyList<RecordedAnswer>>? recorded = null
    )
    {
        Service service = catalog.Services[state.Plan.Service];
        Release stable = catalog.Releases[(service.Name, state.From)];
        Release candidate = catalog.Releases[(service.Name, state.Plan.To)];
        var refusals = new List<string>();
        ContractMatrix matrix = ContractMatrix.Of(catalog.ConsumersOf(service.Name), stable, candidate, recorded);
        foreach (ContractVerdict broken in matrix.Breaks.Where(v => v.Release != stable.Name))
        {
            refusals.Add(broken.Fix is null ? broken.Detail : $"{broken.Detail} {broken.Fix}");
        }

        foreach (ContractVerdict open in matrix.Undecided.Where(v => v.Release != stable.Name))
        {
            // Examples can be judged by answers only, and the candidate gives its first ones after this: they are
            // checked from its first shadow answer on, and a broken one is news that takes the rollout back.
            if (open.Rule == ContractRule.Pact)
            {
                continue;
            }

            refusals.Add($"undecided: {open.Detail} {open.Fix}".TrimEnd());
        }

        if (!candidate.Members.ContainsKey(service.Entry))
        {
            refusals.Add($"{candidate.Name} has no member {service.Entry}, which receives the service's requests.");
        }

        bool running = runtime.Status(service.Name, candidate.Name) is { Ready: true };
        if (!running && Room(state, stable, candidate, memory) is { } noRoom)
        {
            refusals.Add(noRoom);
        }

        return refusals;
    }

    /// <summary>
    /// Whether two stacks fit, or one where the plan wants no more: what the candidate takes against what is free, and
    /// with one stack also what stable gives back.
    /// </summary>
    private string? Room(RolloutState state, Release stable, Release candidate, Func<Release, long?> memory)
    {
        if (memory(candidate) is not { } needs || freeBytes() is not { } free)
        {
            return null;
        }

        if (!SingleStack.Is(state.Plan))
        {
            return needs <= free
                ? null
                : $"{candidate.Name} needs {needs >> 20} MiB beside {stable.Name} and {free >> 20} MiB are free: "
                    + "two stacks do not fit on this machine; free memory, or use switch: {stack: single}";
        }

        long room = free + (memory(stable) ?? 0);
        return needs <= room
            ? null
            : $"{candidate.Name} needs {needs >> 20} MiB, and {room >> 20} MiB are there without {stable.Name}: "
                + "it does not fit on this machine even alone";
    }

    /// <summary>Where what the loaded candidate serves differs from what it declares; empty when nowhere.</summary>
    public async Task<IReadOnlyList<string>> CompareServedAsync(
        Service service,
        Release release,
        CancellationToken cancel
    )
    {
        if (release.Input is null && release.Output is null)
        {
            return [];
        }

        Result<Signatures?> described = await runtime.DescribeAsync(service.Name, release.Name, service.Entry, cancel);
        if (!described.Ok)
        {
            return
            [
                .. described.Problems.Select(p =>
                    $"{release.Name}/{service.Entry} cannot be asked for its metadata: {p}"
                ),
            ];
        }

        if (described.Value is not { } served)
        {
            string none = $"{release.Name}/{service.Entry} serves no metadata";
            return service.Protocol switch
            {
                WireProtocol.OpenInference => [$"{none}, so that its declaration cannot be checked."],
                WireProtocol.OpenInferenceGrpc =>
                [
                    $"{none} of a model '{service.Name}' over gRPC, so that its declaration cannot be checked: name the "
                        + "model as the service is named, or leave the declaration out.",
                ],
                _ => [],
            };
        }

        var findings = new List<string>();
        if (release.Input is { } input)
        {
            findings.AddRange(Told(release, DeclaredServed.Compare(input, served.Input, "inputs")));
        }

        if (release.Output is { } output)
        {
            findings.AddRange(Told(release, DeclaredServed.Compare(output, served.Output)));
        }

        return findings;
    }

    private static IEnumerable<string> Told(Release release, IReadOnlyList<ServedFinding> findings) =>
        findings.Select(f => $"{release.Name}: {f.Detail}");
}
