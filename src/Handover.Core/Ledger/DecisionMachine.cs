using Handover.Core.Foundation;

namespace Handover.Core.Ledger;

/// <summary>
/// One request with a key, from its claim to its answer, without clock, disk or network: in flight on record before the
/// release sees it, done on record with the answer before the caller sees it. A crash between the two leaves a row of
/// which nobody knows the end, and no timer ever turns such a row into permission to run again.
/// </summary>
public static class DecisionMachine
{
    private static readonly IReadOnlyList<DecisionEffect> Nothing = [];

    /// <summary>Takes one input. Pure: the same state and input give the same answer.</summary>
    /// <param name="state">The state before.</param>
    /// <param name="input">What happened.</param>
    /// <returns>The state after, and what the host must do, in order.</returns>
    public static (DecisionState State, IReadOnlyList<DecisionEffect> Effects) Step(
        DecisionState state,
        DecisionInput input
    ) =>
        (state.Step, input) switch
        {
            (DecisionStep.Fresh, DecisionInput.Admitted) => Tell(
                state with
                {
                    Step = DecisionStep.Claiming,
                },
                new LedgerWrite.Claim(state.Row, state.ReplaySafe)
            ),
            (DecisionStep.Claiming, DecisionInput.LedgerAnswered answered) => OnClaimAnswered(state, answered.Reply),
            (DecisionStep.Running, DecisionInput.ReleaseAnswered answered) => OnAnswer(state, answered.Answer),
            (DecisionStep.Running, DecisionInput.ReleaseFailed failed) => End(state, Lost(state, failed.Sent)),
            (DecisionStep.Ending, DecisionInput.LedgerAnswered answered) => OnEndAnswered(state, answered.Reply),
            _ => (state, Nothing),
        };

    private static (DecisionState, IReadOnlyList<DecisionEffect>) OnClaimAnswered(
        DecisionState state,
        LedgerReply? reply
    ) =>
        reply switch
        {
            null when state is { MaySpool: true, Spooled: false } => Tell(
                state with
                {
                    Spooled = true,
                },
                state.Telling!
            ),
            // The claim may have taken effect all the same; nothing was sent, so it is taken back.
            null => Over(
                state,
                new DecisionEffect.TellLater(Withdrawal(state)),
                new DecisionEffect.Refuse(DecisionRefusal.LedgerDown, null)
            ),
            { Outcome: LedgerOutcome.Applied } => (
                state with
                {
                    Step = DecisionStep.Running,
                    Telling = null,
                },
                [new DecisionEffect.Dispatch()]
            ),
            { Outcome: LedgerOutcome.Decided, Row: { } row } => Over(state, new DecisionEffect.Replay(row)),
            { Outcome: LedgerOutcome.Running } => Refuse(state, DecisionRefusal.Running, reply.Row),
            { Outcome: LedgerOutcome.OtherRequest } => Refuse(state, DecisionRefusal.OtherRequest, reply.Row),
            _ => Refuse(state, DecisionRefusal.InDoubt, reply.Row),
        };

    private static (DecisionState, IReadOnlyList<DecisionEffect>) OnAnswer(
        DecisionState state,
        RecordedAnswer answer
    ) =>
        End(
            state,
            LedgerRules.IsDecision(answer.Status, state.ReplaySafe)
                ? new LedgerWrite.Finish(state.Row with { Stage = DecisionStage.Done, Answer = answer })
                : Withdrawal(state)
        );

    private static (DecisionState, IReadOnlyList<DecisionEffect>) OnEndAnswered(DecisionState state, LedgerReply? reply)
    {
        LedgerWrite telling = state.Telling!;
        if (telling is LedgerWrite.Finish)
        {
            return OnFinishAnswered(state, telling, reply);
        }

        // An end that is no decision promises the caller nothing that must be on record first. After an outage the
        // claim may be in the ledger, in the spool or in both, so the ledger is told as well.
        return reply is null || state.Spooled
            ? Over(state, new DecisionEffect.TellLater(telling), new DecisionEffect.Reply())
            : Over(state, new DecisionEffect.Reply());
    }

    private static (DecisionState, IReadOnlyList<DecisionEffect>) OnFinishAnswered(
        DecisionState state,
        LedgerWrite finish,
        LedgerReply? reply
    ) =>
        reply switch
        {
            { Outcome: LedgerOutcome.Applied } => Over(state, new DecisionEffect.Reply()),
            null when state is { MaySpool: true, Spooled: false } => Tell(state with { Spooled = true }, finish),
            // The caller must not get an answer that may be forgotten. It comes again, and is answered from the record
            // once the ledger is back.
            null => Over(
                state,
                new DecisionEffect.TellLater(finish),
                new DecisionEffect.Refuse(DecisionRefusal.NotRecorded, null)
            ),
            _ => Refuse(state, DecisionRefusal.NotRecorded, reply.Row),
        };

    private static LedgerWrite Lost(DecisionState state, bool sent) =>
        sent && !state.ReplaySafe
            ? new LedgerWrite.Doubt(state.Row.Service, state.Row.Key, state.Row.RequestId)
            : Withdrawal(state);

    private static LedgerWrite.Withdraw Withdrawal(DecisionState state) =>
        new(state.Row.Service, state.Row.Key, state.Row.RequestId);

    private static (DecisionState, IReadOnlyList<DecisionEffect>) End(DecisionState state, LedgerWrite write) =>
        Tell(state with { Step = DecisionStep.Ending }, write);

    private static (DecisionState, IReadOnlyList<DecisionEffect>) Tell(DecisionState state, LedgerWrite write) =>
        (
            state with
            {
                Telling = write,
            },
            [state.Spooled ? new DecisionEffect.Spool(write) : new DecisionEffect.Tell(write)]
        );

    private static (DecisionState, IReadOnlyList<DecisionEffect>) Refuse(
        DecisionState state,
        DecisionRefusal why,
        Decision? row
    ) => Over(state, new DecisionEffect.Refuse(why, row));

    private static (DecisionState, IReadOnlyList<DecisionEffect>) Over(
        DecisionState state,
        params IReadOnlyList<DecisionEffect> effects
    )
    {
        Invariant.Holds(state.Step != DecisionStep.Over, "a request is answered once");
        return (state with { Step = DecisionStep.Over, Telling = null }, effects);
    }
}
