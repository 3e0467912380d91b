using System.Collections.Concurrent;
using Handover.Control.Stores;
using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Core.Traffic;
using Handover.Ports;

namespace Handover.Control.Engine;

/// <summary>
/// Makes moves: the only way by which routing changes, forward and back. One at a time per service here; between
/// processes the epoch store's conditions decide. A call may be repeated at will: it looks at the row first, and a
/// service that is there already is a success.
/// </summary>
public sealed class MoveCoordinator(
    IEpochStorePort store,
    GatewayRegistry gateways,
    TimeProvider time,
    TimeSpan? storeTimeout = null
)
{
    private const string UnknownService = "unknown-service";
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(50);

    private readonly TimeSpan _storeTimeout = storeTimeout ?? TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<string, Lane> _lanes = new(StringComparer.Ordinal);

    /// <summary>
    /// Moves <paramref name="service"/> to the document that <paramref name="target"/> makes of the row in force.
    /// </summary>
    /// <param name="service">The service; its row must exist.</param>
    /// <param name="target">Called again for each try, as the row may have changed. Must be pure.</param>
    /// <param name="settings">How.</param>
    /// <param name="cancel">Gives the move up; whether it committed meanwhile is what the row says.</param>
    /// <returns>
    /// What is in force, or why not: <c>gateway-silent</c> (names the gateways), <c>preempted</c>, <c>conflict</c>,
    /// <c>unknown-service</c>, or the store's own trouble.
    /// </returns>
    public async Task<Result<MoveCommitted>> MoveAsync(
        string service,
        Func<EpochRow, Routing> target,
        MoveSettings settings,
        CancellationToken cancel
    )
    {
        Invariant.Holds(settings.Tries >= 1, "a move is tried at least once");
        Lane lane = _lanes.GetOrAdd(service, _ => new Lane());
        CancellationToken preempted = lane.Preempted.Token;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, preempted);
        await lane.Turn.WaitAsync(cancel);
        try
        {
            return await TryAllAsync(service, target, settings, lane, either.Token);
        }
        catch (OperationCanceledException) when (preempted.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            return new Problem("preempted", $"the move of '{service}' gave way to a rollback.");
        }
        finally
        {
            lane.Turn.Release();
        }
    }

    private async Task<Result<MoveCommitted>> TryAllAsync(
        string service,
        Func<EpochRow, Routing> target,
        MoveSettings settings,
        Lane lane,
        CancellationToken cancel
    )
    {
        Problem trouble = new("store-silent", $"the epoch store did not answer for '{service}'.");
        TimeSpan pause = settings.BackOff;
        for (int left = settings.Tries; left > 0; left--)
        {
            cancel.ThrowIfCancellationRequested();
            (MoveCommitted? done, Problem? problem, bool again) = await TryAsync(
                service,
                target,
                settings,
                lane,
                cancel
            );
            if (done is not null)
            {
                return done;
            }

            trouble = problem!;
            if (!again)
            {
                break;
            }

            if (left > 1)
            {
                await Task.Delay(pause, time, cancel);
                pause = pause * 2 < LongestBackOff ? pause * 2 : LongestBackOff;
            }
        }

        return trouble;
    }

    /// <summary>
    /// Gives an open attempt up, whoever opened it, and keeps moves that are under way here from trying again: a
    /// rollback comes first. Returns the row afterwards; when a COMMIT won the race it shows the new epoch.
    /// </summary>
    public async Task<Result<EpochRow>> AbortOpenAttemptAsync(
        string service,
        string actor,
        string reason,
        CancellationToken cancel
    )
    {
        await _lanes.GetOrAdd(service, _ => new Lane()).PreemptAsync();
        try
        {
            EpochRow? row = await store.ReadAsync(service, cancel).WaitAsync(_storeTimeout, time, cancel);
            if (row is null)
            {
                return Unknown(service);
            }

            if (!row.Holding)
            {
                return row;
            }

            Failpoint.Pass(Failpoint.AbortBefore);
            EpochReply reply = await store
                .AbortAsync(service, row.Attempt, actor, reason, cancel)
                .WaitAsync(_storeTimeout, time, cancel);
            Failpoint.Pass(Failpoint.AbortAfter);
            if (reply.Applied)
            {
                Tell(reply, new MoveMessage.Abort(service, row.Attempt));
            }

            return reply.Row;
        }
        catch (StoreException e)
        {
            return e.Problem;
        }
        catch (TimeoutException)
        {
            return Slow(service);
        }
    }

    private async Task<(MoveCommitted? Done, Problem? Problem, bool Again)> TryAsync(
        string service,
        Func<EpochRow, Routing> target,
        MoveSettings settings,
        Lane lane,
        CancellationToken cancel
    )
    {
        Result<EpochRow> read = await StableRowAsync(service, settings, lane, cancel);
        if (!read.Ok)
        {
            Problem problem = read.Problems[0];
            return (null, problem, !string.Equals(problem.Code, UnknownService, StringComparison.Ordinal));
        }

        EpochRow row = read.Value;
        Routing wanted = target(row);
        if (RoutingCodec.Same(row.Routing, wanted))
        {
            return (new MoveCommitted(row, TimeSpan.Zero, Changed: false), null, false);
        }

        // Where nobody is served, callers wait already and each moment counts.
        if (!row.Routing.Closed && lane.RestOf(settings.CoolDown, time) is { Ticks: > 0 } rest)
        {
            await Task.Delay(rest, time, cancel);
            return await TryAsync(service, target, settings, lane, cancel);
        }

        using var attempt = new MoveAttempt(service, store, gateways, time, _storeTimeout, settings);
        lane.Own = row.Attempt + 1;
        MoveOutcome outcome;
        try
        {
            outcome = await attempt.RunAsync(row, wanted, cancel);
        }
        catch (OperationCanceledException)
        {
            await GiveUpAsync(service, attempt.Attempt, settings.Actor);
            throw;
        }
        finally
        {
            lane.HeldUntil = time.GetTimestamp();
        }

        return outcome switch
        {
            MoveOutcome.Committed done => (
                new MoveCommitted(
                    new EpochRow(service, done.Epoch, wanted, false, done.Attempt, null, null),
                    done.Held,
                    Changed: true
                ),
                null,
                false
            ),
            MoveOutcome.Aborted aborted => (null, Blocked(service, aborted, attempt.StoreTrouble), true),
            MoveOutcome.Superseded superseded => (null, Conflict(service, superseded.Row), true),
            MoveOutcome.Unknown unknown => (null, attempt.StoreTrouble ?? Undecided(service, unknown.Reason), true),
            _ => Invariant.Unreachable<(MoveCommitted?, Problem?, bool)>($"unknown outcome {outcome}"),
        };
    }

    // The row with no attempt open. One of this coordinator's own is given up at once (its try is over, or died with
    // the process); somebody else's is left its time, which is at most a hold.
    private async Task<Result<EpochRow>> StableRowAsync(
        string service,
        MoveSettings settings,
        Lane lane,
        CancellationToken cancel
    )
    {
        long patience = time.GetTimestamp();
        try
        {
            while (true)
            {
                EpochRow? row = await store.ReadAsync(service, cancel).WaitAsync(_storeTimeout, time, cancel);
                if (row is null)
                {
                    return Unknown(service);
                }

                if (!row.Holding)
                {
                    return row;
                }

                Failpoint.Pass(Failpoint.ResolveBefore);
                EpochReply reply = await (
                    row.Attempt == lane.Own
                        ? store.AbortAsync(service, row.Attempt, settings.Actor, "left open", cancel)
                        : store.ResolveAsync(service, row.Attempt, settings.Actor, cancel)
                ).WaitAsync(_storeTimeout, time, cancel);
                Failpoint.Pass(Failpoint.ResolveAfter);
                if (reply.Applied)
                {
                    Tell(reply, new MoveMessage.Abort(service, row.Attempt));
                }

                if (!reply.Row.Holding)
                {
                    return reply.Row;
                }

                if (time.GetElapsedTime(patience) > TimeSpan.FromSeconds(5))
                {
                    return Conflict(service, reply.Row);
                }

                await Task.Delay(PollEvery, time, cancel);
            }
        }
        catch (StoreException e)
        {
            return e.Problem;
        }
        catch (TimeoutException)
        {
            return Slow(service);
        }
    }

    private async Task GiveUpAsync(string service, long attempt, string actor)
    {
        try
        {
            EpochReply reply = await store
                .AbortAsync(service, attempt, actor, "the caller gave up", CancellationToken.None)
                .WaitAsync(_storeTimeout, time);
            if (reply.Applied)
            {
                Tell(reply, new MoveMessage.Abort(service, attempt));
            }
        }
        catch (Exception e) when (e is StoreException or TimeoutException)
        {
            // Nobody is left to tell; the gateways resolve the attempt by themselves when its time has run out.
        }
    }

    private void Tell(EpochReply reply, MoveMessage message)
    {
        foreach (EpochMember member in reply.Members)
        {
            gateways.Find(member.Gateway)?.Deliver(message);
        }
    }

    private Problem Slow(string service) =>
        new("store-slow", $"the epoch store did not answer for '{service}' in {_storeTimeout.TotalMilliseconds:0} ms.")
        {
            Fix = "Traffic goes on as it is. Check the disk of the state directory.",
        };

    private static Problem Undecided(string service, string reason) =>
        new("store-silent", $"the move of '{service}' is undecided: {reason}.");

    private static Problem Unknown(string service) =>
        new(UnknownService, $"the service '{service}' has no routing yet.") { Fix = "Apply the service first." };

    private static Problem Conflict(string service, EpochRow row) =>
        new(
            "conflict",
            $"somebody else moves '{service}': it is at epoch {row.Epoch}, attempt {row.Attempt}"
                + (row.Holding ? ", which is open." : ".")
        )
        {
            Fix = "Look at the service's state and try again.",
        };

    private static Problem Blocked(string service, MoveOutcome.Aborted aborted, Problem? store)
    {
        if (aborted.Silent.Count == 0)
        {
            return store ?? new Problem("move-aborted", $"the move of '{service}' was given up: {aborted.Reason}.");
        }

        return new Problem("gateway-silent", $"the move of '{service}' was given up: {aborted.Reason}.")
        {
            Fix =
                "Nothing has moved. Either the gateway is down, or requests of the slice last longer than the hold: "
                + "use a longer hold, or drain: dispatch.",
        };
    }

#pragma warning disable CA1001 // Neither a semaphore nor a source without a timer holds anything to give back.
    private sealed class Lane
#pragma warning restore CA1001
    {
        public readonly SemaphoreSlim Turn = new(1, 1);

        // Cancelled by a pre-emption: moves that began before it give way. Those after it get the next one.
        public CancellationTokenSource Preempted = new();

        // The newest attempt that this coordinator may have opened.
        public long Own;

        // When the newest attempt of this coordinator was over; null before the first.
        public long? HeldUntil;

        public TimeSpan RestOf(TimeSpan coolDown, TimeProvider time) =>
            HeldUntil is { } at ? coolDown - time.GetElapsedTime(at) : TimeSpan.Zero;

        public Task PreemptAsync() => Interlocked.Exchange(ref Preempted, new CancellationTokenSource()).CancelAsync();
    }
}
