using Handover.Core.Ledger;
using Handover.Ports;

namespace Handover.Gateway.Ledger;

/// <summary>The ledger of a gateway that has none: always out of reach, so that no key is ever waved through.</summary>
internal sealed class NoLedger : ILedgerPort
{
    private static readonly ValueTask<LedgerReply?> Away = new((LedgerReply?)null);

    /// <inheritdoc/>
    public ValueTask<LedgerReply?> TellAsync(LedgerWrite write) => Away;

    /// <inheritdoc/>
    public ValueTask<LedgerReply?> SpoolAsync(LedgerWrite write) => Away;

    /// <inheritdoc/>
    public void TellLater(LedgerWrite write)
    {
        // Nothing was claimed, so there is nothing to take back.
    }

    /// <inheritdoc/>
    public ValueTask<Decision?> FindAsync(string service, string key) => new((Decision?)null);
}
