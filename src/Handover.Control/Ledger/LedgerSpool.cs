using Handover.Core.Ledger;
using Handover.Ports;

namespace Handover.Control.Ledger;

/// <summary>
/// Where decisions go while the ledger is out of reach, for services that would rather go on: a log of its own, one
/// fsync per write, and its rows in memory. What it holds is merged into the ledger before the ledger decides anything
/// again.
/// </summary>
internal sealed class LedgerSpool : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Service, string Key), Decision> _rows = [];
    private readonly int _most;
    private readonly LedgerLog _log;

    private LedgerSpool(string directory, int most, Action<string, long> torn)
    {
        _most = most;
        _log = LedgerLog.Open(directory, Take, torn);
    }

    /// <summary>Rows that wait to be merged.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _rows.Count;
            }
        }
    }

    public static LedgerSpool Open(string directory, int most, Action<string, long> torn) => new(directory, most, torn);

    /// <summary>Does it, durably; null when that failed or there is no room.</summary>
    public LedgerReply? Tell(LedgerWrite write)
    {
        lock (_gate)
        {
            (string, string) key = (write.Service, write.Key);
            Decision? before = _rows.GetValueOrDefault(key);
            if (before is null && _rows.Count >= _most)
            {
                return null;
            }

            (Decision? after, LedgerReply reply) = LedgerRules.ApplySpooled(before, write);
            if (ReferenceEquals(before, after))
            {
                return reply;
            }

            try
            {
                var record = new LogRecord(write.Service, write.Key, after);
                _log.Add(record);
                _log.Commit();
                Take(record);
                return reply;
            }
            catch (IOException)
            {
                return null;
            }
        }
    }

    /// <summary>The rows as they are now.</summary>
    public IReadOnlyList<Decision> Rows()
    {
        lock (_gate)
        {
            return [.. _rows.Values];
        }
    }

    /// <summary>The ledger has these; what changed since then stays.</summary>
    public void Merged(IReadOnlyList<Decision> rows)
    {
        lock (_gate)
        {
            foreach (Decision row in rows)
            {
                (string, string) key = (row.Service, row.Key);
                if (_rows.TryGetValue(key, out Decision? now) && ReferenceEquals(now, row))
                {
                    _rows.Remove(key);
                }
            }

            // Until the last one is merged the files stay: merging twice changes nothing.
            if (_rows.Count == 0)
            {
                Failpoint.Pass(Failpoint.LedgerMerged);
                _log.DeleteBefore(_log.Rotate());
            }
        }
    }

    public void Dispose() => _log.Dispose();

    private void Take(LogRecord record)
    {
        (string, string) key = (record.Service, record.Key);
        if (record.Row is { } row)
        {
            _rows[key] = row;
        }
        else
        {
            _rows.Remove(key);
        }
    }
}
