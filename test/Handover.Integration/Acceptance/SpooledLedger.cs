using Handover.Control.Ledger;
using Handover.Core.Ledger;

namespace Handover.Integration.Acceptance;

/// <summary>
/// Leaves beside a dead node's ledger the spool that an outage of its disk would have left. A disk that fails cannot be
/// had at will, and what is merged at the next start is the same: the shipped spool writes the file here too.
/// </summary>
internal static class SpooledLedger
{
    /// <summary>Spools one decision under the key. The node must be dead.</summary>
    public static void Leave(string state, string key)
    {
        string directory = Path.Combine(state, "ledger", "spool");
        using var spool = LedgerSpool.Open(directory, 10_000, (_, _) => { });
        var row = new Decision
        {
            Service = NodeProcess.Service,
            Key = key,
            Fingerprint = "spooled",
            RequestId = key,
            Release = "v1",
            Epoch = 1,
            Owner = "outage",
            At = TimeProvider.System.GetUtcNow(),
        };
        LedgerReply? reply = spool.Tell(new LedgerWrite.Claim(row, ReplaySafe: false));
        if (reply is not { Outcome: LedgerOutcome.Applied })
        {
            throw new InvalidOperationException($"the spool did not take {key}: {reply?.Outcome}");
        }
    }
}
