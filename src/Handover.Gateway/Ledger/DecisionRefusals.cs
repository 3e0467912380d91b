using Handover.Core.Ledger;
using Handover.Gateway.Forwarding;

namespace Handover.Gateway.Ledger;

/// <summary>
/// What a caller with a key is told when there is no answer for it: what is known of the decision, and what to do. The
/// statuses are those of draft-ietf-httpapi-idempotency-key-header-07, 2.7, where it has one.
/// </summary>
internal static class DecisionRefusals
{
    public static Refusal Missing(string where) =>
        new(
            400,
            "idempotency-key-missing",
            "An idempotency key is needed here.",
            $"This service decides nothing twice: send a key of your own choice in {where}, a new one for each "
                + "operation and the same one when you try again."
        );

    public static Refusal Malformed(string what) =>
        new(400, "idempotency-key-bad", "The idempotency key cannot be used.", what);

    public static Refusal Of(DecisionRefusal why, Decision? row) =>
        why switch
        {
            DecisionRefusal.OtherRequest => new Refusal(
                422,
                "idempotency-key-reused",
                "The idempotency key belongs to another request.",
                "The first request with this key asked something else. Use a new key for a new operation."
            ),
            DecisionRefusal.Running => new Refusal(
                409,
                "decision-in-flight",
                "The first request with this key is still running.",
                "Try again with the same key: the answer will come from the record."
            )
            {
                Again = true,
            },
            DecisionRefusal.InDoubt => InDoubt(row),
            DecisionRefusal.LedgerDown => new Refusal(
                503,
                "ledger-unavailable",
                "The record of decisions cannot be written.",
                "Nothing was sent to the model. Try again with the same key."
            ),
            _ => new Refusal(
                503,
                "decision-not-recorded",
                "The decision was made and could not be put on record.",
                "Try again with the same key: as soon as the record can be written the answer comes from there. The "
                    + "model will not be asked again."
            ),
        };

    public static Refusal TooLarge(Decision row) =>
        new(
            409,
            "decision-not-kept",
            "The decision was made, and its answer was larger than the record keeps.",
            $"Request {row.RequestId} got it from release '{row.Release}' at {row.At:O}. It will not be made again."
        );

    private static Refusal InDoubt(Decision? row) =>
        new(
            409,
            "decision-unknown",
            "Nobody knows whether this was decided.",
            (row is null ? "" : $"Request {row.RequestId} went to release '{row.Release}' at {row.At:O}. ")
                + "It will not be risked twice. Find out downstream whether it took effect; if it did not, send it with "
                + "a new key, or have an operator settle this one: handover ledger settle SERVICE KEY."
        );
}
