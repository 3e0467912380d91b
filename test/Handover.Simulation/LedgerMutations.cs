using Handover.Core.Ledger;

namespace Handover.Simulation;

/// <summary>The release gets the request while the claim is still on its way.</summary>
internal sealed class ClaimLate : Mutation
{
    public override (DecisionState State, IReadOnlyList<DecisionEffect> Effects) Step(
        DecisionState state,
        DecisionInput input
    )
    {
        (DecisionState next, IReadOnlyList<DecisionEffect> effects) = base.Step(state, input);
        if (input is not DecisionInput.Admitted)
        {
            return (next, effects);
        }

        var granted = new DecisionInput.LedgerAnswered(new LedgerReply(LedgerOutcome.Applied, next.Row));
        (next, IReadOnlyList<DecisionEffect> more) = base.Step(next, granted);
        return (next, [.. effects, .. more]);
    }
}

/// <summary>The caller gets the answer before it is on record.</summary>
internal sealed class ReplyBeforeRecord : Mutation
{
    public override (DecisionState State, IReadOnlyList<DecisionEffect> Effects) Step(
        DecisionState state,
        DecisionInput input
    )
    {
        (DecisionState next, IReadOnlyList<DecisionEffect> effects) = base.Step(state, input);
        return input is DecisionInput.ReleaseAnswered && next.Step == DecisionStep.Ending
            ? (next with { Step = DecisionStep.Over }, [.. effects, new DecisionEffect.Reply()])
            : (next, effects);
    }
}

/// <summary>What nobody knows the end of is run again, though the service did not say that this does no harm.</summary>
internal sealed class RerunUnknown : Mutation
{
    public override (Decision? Row, LedgerReply Reply) Apply(Decision? row, LedgerWrite write) =>
        base.Apply(row, write is LedgerWrite.Claim claim ? claim with { ReplaySafe = true } : write);
}

/// <summary>What a dead gateway had in flight is forgotten instead of doubted.</summary>
internal sealed class OrphanFree : Mutation
{
    public override (Decision? Row, LedgerReply Reply) Apply(Decision? row, LedgerWrite write)
    {
        (Decision? next, LedgerReply reply) = base.Apply(row, write);
        return write is LedgerWrite.Orphan && reply.Outcome == LedgerOutcome.Applied ? (null, reply) : (next, reply);
    }
}

/// <summary>A key is free again as soon as it is decided.</summary>
internal sealed class ForgetDone : Mutation
{
    public override (Decision? Row, LedgerReply Reply) Apply(Decision? row, LedgerWrite write)
    {
        (Decision? next, LedgerReply reply) = base.Apply(row, write);
        return write is LedgerWrite.Finish && reply.Outcome == LedgerOutcome.Applied ? (null, reply) : (next, reply);
    }
}

/// <summary>A hold does not wait for requests that were admitted and wait for the ledger.</summary>
internal sealed class HoldOvertakesClaim : Mutation
{
    public override bool DrainsClaims => false;
}
