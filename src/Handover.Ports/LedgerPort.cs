using Handover.Core.Ledger;

namespace Handover.Ports;

/// <summary>
/// The record of decisions by key. A write is on disk before its reply, and is decided by <see cref="LedgerRules"/>
/// alone. Writes of one key take effect in the order in which they were asked for. No call throws: what cannot be done,
/// or not in time, is a null reply, and then nobody knows whether the write took effect.
/// </summary>
public interface ILedgerPort
{
    /// <summary>Has the ledger do this.</summary>
    ValueTask<LedgerReply?> TellAsync(LedgerWrite write);

    /// <summary>Has the spool beside the ledger do this, while the ledger is out of reach.</summary>
    ValueTask<LedgerReply?> SpoolAsync(LedgerWrite write);

    /// <summary>Has the ledger do this when it can; kept in memory until then, within a bound.</summary>
    void TellLater(LedgerWrite write);

    /// <summary>
    /// The row of a key; null when the key is free or the ledger is out of reach: only for who asks again later.
    /// </summary>
    ValueTask<Decision?> FindAsync(string service, string key);
}
