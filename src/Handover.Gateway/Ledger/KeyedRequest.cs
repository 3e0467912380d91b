using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Ledger;
using Handover.Core.Traffic;
using Handover.Gateway.Forwarding;
using Handover.Ports;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Handover.Gateway.Ledger;

/// <summary>
/// One request with a key: carries out what <see cref="DecisionMachine"/> asks for. The caller gets nothing before it is
/// on record, and its going away does not stop the run: what a release has begun to decide is worth recording, because
/// the caller comes again.
/// </summary>
internal sealed class KeyedRequest
{
    /// <summary>Largest answer that is kept; a larger one is recorded as given, and cannot be given again.</summary>
    public const int AnswerBound = 1 << 20;

    // Fields that describe one connection or one moment, not the answer.
    private static readonly HashSet<string> OfTheMoment = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection",
        "Keep-Alive",
        "Proxy-Connection",
        "Transfer-Encoding",
        "Trailer",
        "Upgrade",
        "Date",
        "Server",
        "Alt-Svc",
    };

    private readonly ILedgerPort _ledger;
    private readonly HttpContext _context;
    private readonly Queue<DecisionEffect> _effects = [];
    private DecisionState _state;
    private Refusal? _stopped;

    private KeyedRequest(ILedgerPort ledger, HttpContext context, DecisionState state) =>
        (_ledger, _context, _state) = (ledger, context, state);

    /// <summary>What became of the claim, or of the run: how the request ends without a member's answer.</summary>
    /// <param name="Replay">The row to answer from; null when there is a refusal.</param>
    /// <param name="Refusal">Why there is no answer; null when there is a row.</param>
    public sealed record Verdict(Decision? Replay, Refusal? Refusal);

    /// <summary>Asks whether the request may run on the release that it was admitted to.</summary>
    /// <returns>The request, which may; or how it ends.</returns>
    public static async Task<(KeyedRequest? Run, Verdict? End)> ClaimAsync(
        PipelineTools tools,
        HttpContext context,
        Passage passage,
        KeyedAsk ask
    )
    {
        IdempotencyPolicy policy = passage.Snapshot.Service.Idempotency;
        var row = new Decision
        {
            Service = passage.Snapshot.Service.Name,
            Key = ask.Key,
            Fingerprint = ask.Fingerprint(passage),
            RequestId = passage.RequestId,
            Release = passage.Release,
            Epoch = passage.Epoch,
            Owner = tools.Owner,
            At = passage.At,
            Entity = passage.Entity,
        };
        var state = new DecisionState(row, policy.ReplaySafe, policy.WhenStoreDown == LedgerOutage.Spool);
        var run = new KeyedRequest(tools.Ledger, context, state);
        run.Take(new DecisionInput.Admitted());
        DecisionEffect next = await run.NextAsync();
        Failpoint.Pass(Failpoint.LedgerClaimed);
        return next is DecisionEffect.Dispatch ? (run, null) : (null, EndOf(next));
    }

    /// <summary>
    /// Runs it, and has the end put on record before the caller hears of it.
    /// </summary>
    /// <param name="forward">Sends it to the member and streams the answer to the exchange.</param>
    /// <returns>What to tell the caller that was not told yet.</returns>
    public async Task<ForwardResult> RunAsync(Func<Task<ForwardResult>> forward)
    {
        CancellationToken aborted = _context.RequestAborted;
        IHttpResponseBodyFeature real = _context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        var buffer = new AnswerBuffer(real.Stream, AnswerBound, OverflowedAsync);
        _context.RequestAborted = CancellationToken.None;
        _context.Response.Body = buffer;
        ForwardResult result;
        try
        {
            result = await forward();
        }
        finally
        {
            _context.Features.Set(real);
            _context.RequestAborted = aborted;
        }

        if (_state.Step == DecisionStep.Over)
        {
            return _stopped is null ? result : result with { Refusal = _stopped };
        }

        Failpoint.Pass(Failpoint.LedgerAnswered);
        bool answered = result is { Refusal: null, Status: > 0 };
        Take(
            answered
                ? new DecisionInput.ReleaseAnswered(Answer(buffer.Kept.ToArray()))
                : new DecisionInput.ReleaseFailed(result.Sent)
        );
        DecisionEffect end = await NextAsync();
        Failpoint.Pass(Failpoint.LedgerRecorded);
        if (end is not DecisionEffect.Reply)
        {
            return result with { Refusal = EndOf(end).Refusal };
        }

        if (answered && buffer.Kept.Length > 0 && !aborted.IsCancellationRequested)
        {
            await _context.Response.Body.WriteAsync(buffer.Kept, aborted);
        }

        return result;
    }

    /// <summary>It could not be sent: the key is free again.</summary>
    public async Task GiveUpAsync()
    {
        Take(new DecisionInput.ReleaseFailed(Sent: false));
        await NextAsync();
    }

    /// <summary>Answers a caller from the record.</summary>
    /// <returns>The status that was sent.</returns>
    public static async Task<int> ReplayAsync(HttpContext context, Passage passage, Decision row)
    {
        RecordedAnswer answer = row.Answer!;
        passage.Release = row.Release;
        passage.Epoch = row.Epoch;
        passage.Reason = AssignReason.Replayed;
        if (answer.Body is not { } body)
        {
            Refusal refusal = DecisionRefusals.TooLarge(row);
            await refusal.WriteAsync(context, passage.RequestId, passage);
            return refusal.Status;
        }

        HttpResponse response = context.Response;
        response.StatusCode = answer.Status;
        foreach ((string name, string value) in answer.Headers)
        {
            response.Headers.Append(name, value);
        }

        HandoverHeaders.Stamp(response, passage);
        response.Headers[HandoverHeaders.Replayed] = "true";
        if (body.Length > 0)
        {
            await response.Body.WriteAsync(body, context.RequestAborted);
        }

        return answer.Status;
    }

    private static Verdict EndOf(DecisionEffect effect) =>
        effect switch
        {
            DecisionEffect.Replay replay => new Verdict(replay.Row, null),
            DecisionEffect.Refuse refuse => new Verdict(null, DecisionRefusals.Of(refuse.Why, refuse.Row)),
            _ => Invariant.Unreachable<Verdict>($"a request does not end with {effect}"),
        };

    // Called in the middle of the answer. What is recorded is that it was given, before the first byte is.
    private async Task OverflowedAsync()
    {
        Take(new DecisionInput.ReleaseAnswered(Answer(null)));
        DecisionEffect end = await NextAsync();
        if (end is not DecisionEffect.Reply)
        {
            _stopped = EndOf(end).Refusal;
            throw new IOException("the decision could not be put on record");
        }
    }

    private void Take(DecisionInput input)
    {
        (_state, IReadOnlyList<DecisionEffect> effects) = DecisionMachine.Step(_state, input);
        foreach (DecisionEffect effect in effects)
        {
            _effects.Enqueue(effect);
        }
    }

    /// <summary>Carries out what the ledger is to be told; returns what is to be done with the request.</summary>
    private async Task<DecisionEffect> NextAsync()
    {
        while (true)
        {
            switch (_effects.Dequeue())
            {
                case DecisionEffect.Tell tell:
                    Take(new DecisionInput.LedgerAnswered(await _ledger.TellAsync(tell.Write)));
                    break;
                case DecisionEffect.Spool spool:
                    Take(new DecisionInput.LedgerAnswered(await _ledger.SpoolAsync(spool.Write)));
                    break;
                case DecisionEffect.TellLater later:
                    _ledger.TellLater(later.Write);
                    break;
                case { } other:
                    return other;
            }
        }
    }

    private RecordedAnswer Answer(ReadOnlyMemory<byte>? body)
    {
        var headers = new List<KeyValuePair<string, string>>();
        foreach ((string name, StringValues values) in _context.Response.Headers)
        {
            if (!HandoverHeaders.IsOurs(name) && !OfTheMoment.Contains(name))
            {
                headers.AddRange(values.Select(v => KeyValuePair.Create(name, v ?? "")));
            }
        }

        return new RecordedAnswer(_context.Response.StatusCode, headers, body);
    }
}
