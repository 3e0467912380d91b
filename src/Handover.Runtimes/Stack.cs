// Why: the members of a release start, fail and stop as one; half a stack must never serve.
using Handover.Core.Foundation;
using Handover.Ports;

namespace Handover.Runtimes;

/// <summary>All members of one release. Start and stop are serialised by <see cref="Gate"/>.</summary>
internal sealed class Stack(string service, string release) : IDisposable
{
    private volatile Dictionary<string, IRunningMember>? _members;
    private volatile bool _leaving;

    /// <summary>Held while the stack starts or stops.</summary>
    public SemaphoreSlim Gate { get; } = new(1);

    /// <summary>Whether it runs and can go on without a new start.</summary>
    public bool Healthy => !_leaving && _members is { } members && members.Values.All(m => !m.Failed);

    /// <summary>The running member of this name; null when there is none.</summary>
    public IRunningMember? Member(string name) => _members?.GetValueOrDefault(name);

    /// <summary>Starts all members side by side. When one fails, all are stopped and every reason is told.</summary>
    public async Task<IReadOnlyList<Problem>> StartAsync(
        Dictionary<string, IRunningMember> members,
        CancellationToken cancel
    )
    {
        IReadOnlyList<Problem> problems = [];
        bool started = false;
        try
        {
            Problem?[] results = await Task.WhenAll(members.Select(m => StartAsync(m.Key, m.Value, cancel)));
            problems = [.. results.OfType<Problem>()];
            started = problems.Count == 0;
        }
        finally
        {
            if (started)
            {
                _members = members;
            }
            else
            {
                await DisposeAsync(members);
            }
        }

        return problems;
    }

    /// <summary>
    /// Stops all members side by side. It is not ready from here on: whoever waits for it waits for its next start.
    /// </summary>
    public async Task StopAsync()
    {
        if (_members is not { } members)
        {
            return;
        }

        _leaving = true;
        await DisposeAsync(members);
        _members = null;
        _leaving = false;
    }

    /// <summary>How the stack is now; null when it does not run.</summary>
    public StackStatus? Status()
    {
        if (_members is not { } members)
        {
            return null;
        }

        string[] troubles =
        [
            .. members.Where(m => m.Value.Trouble is not null).Select(m => $"{m.Key}: {m.Value.Trouble}"),
        ];
        return new StackStatus(
            service,
            release,
            !_leaving && members.Values.All(m => m.Ready),
            members.ToDictionary(m => m.Key, m => m.Value.Endpoints),
            members.Values.Sum(m => m.ResidentBytes),
            troubles.Length == 0 ? null : string.Join("; ", troubles)
        )
        {
            // Two members may be made of the same file.
            Artefacts = members
                .Values.SelectMany(m => m.Artefacts)
                .DistinctBy(f => f.Key)
                .ToDictionary(f => f.Key, f => f.Value, StringComparer.Ordinal),
        };
    }

    public void Dispose() => Gate.Dispose();

    private static async Task<Problem?> StartAsync(string name, IRunningMember member, CancellationToken cancel)
    {
        Problem? problem = await member.StartAsync(cancel);
        return problem is null ? null : problem with { Field = $"spec.members.{name}{Suffix(problem.Field)}" };
    }

    private static string Suffix(string? field) => field is null ? "" : "." + field;

    private static Task DisposeAsync(Dictionary<string, IRunningMember> members) =>
        Task.WhenAll(members.Values.Select(m => m.DisposeAsync().AsTask()));
}
