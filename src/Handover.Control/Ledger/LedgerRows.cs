using Handover.Core.Ledger;

namespace Handover.Control.Ledger;

/// <summary>
/// The newest state of every key that the table may not have yet, over the table. Changes are made in memory first and
/// taken back when their log could not be written. For the ledger's loop alone.
/// </summary>
/// <param name="table">Where rows are that nobody changed lately.</param>
internal sealed class LedgerRows(LedgerTable table)
{
    private readonly Dictionary<(string Service, string Key), LogRecord> _recent = [];
    private readonly List<((string Service, string Key) Key, LogRecord? Before)> _undo = [];
    private HashSet<(string Service, string Key)> _dirty = [];

    /// <summary>Rows that are not flushed.</summary>
    public int Unflushed => _dirty.Count;

    /// <summary>Bytes of their answers, and of those that are kept beside them.</summary>
    public long Bytes { get; private set; }

    /// <summary>Row of a key; null when it is free. Throws when the table cannot be read.</summary>
    public Decision? Find(string service, string key) =>
        _recent.TryGetValue((service, key), out LogRecord? record) ? record.Row : table.Find(service, key);

    /// <summary>Rows in flight that are at hand here.</summary>
    public IEnumerable<Decision> InFlight() =>
        _recent.Values.Select(r => r.Row).OfType<Decision>().Where(r => r.Stage == DecisionStage.InFlight);

    /// <summary>Changes a key, until <see cref="Keep"/> or <see cref="TakeBack"/>.</summary>
    public void Set(LogRecord record)
    {
        (string, string) key = (record.Service, record.Key);
        _undo.Add((key, _recent.GetValueOrDefault(key)));
        Put(key, record);
        _dirty.Add(key);
    }

    /// <summary>The changes are durable.</summary>
    public void Keep() => _undo.Clear();

    /// <summary>
    /// The changes may not be durable: forgets them. Their keys stay to be flushed, as they were before.
    /// </summary>
    public void TakeBack()
    {
        for (int i = _undo.Count - 1; i >= 0; i--)
        {
            ((string, string) key, LogRecord? before) = _undo[i];
            if (before is not null)
            {
                Put(key, before);
            }
            else if (_recent.Remove(key, out LogRecord? gone))
            {
                Bytes -= Size(gone);
                _dirty.Remove(key);
            }
        }

        _undo.Clear();
    }

    /// <summary>Everything that is to be flushed; from now on only later changes are.</summary>
    public IReadOnlyList<LogRecord> BeginFlush()
    {
        LogRecord[] records = [.. _dirty.Select(k => _recent[k])];
        _dirty = [];
        return records;
    }

    /// <summary>
    /// The table has them. Rows in flight stay at hand, for their end comes soon; the others are forgotten here.
    /// </summary>
    public void Flushed(IReadOnlyList<LogRecord> records)
    {
        foreach (LogRecord record in records)
        {
            (string, string) key = (record.Service, record.Key);
            bool settled = record.Row is not { Stage: DecisionStage.InFlight };
            if (settled && _recent.TryGetValue(key, out LogRecord? now) && ReferenceEquals(now, record))
            {
                _recent.Remove(key);
                Bytes -= Size(record);
            }
        }
    }

    /// <summary>The table did not take them: they are to be flushed again.</summary>
    public void NotFlushed(IReadOnlyList<LogRecord> records) =>
        _dirty.UnionWith(records.Select(r => (r.Service, r.Key)).Where(_recent.ContainsKey));

    private void Put((string, string) key, LogRecord record)
    {
        if (_recent.TryGetValue(key, out LogRecord? before))
        {
            Bytes -= Size(before);
        }

        _recent[key] = record;
        Bytes += Size(record);
    }

    private static long Size(LogRecord record) => record.Row?.Answer?.Body?.Length ?? 0;
}
