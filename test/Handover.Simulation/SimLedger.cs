using Handover.Core.Ledger;

namespace Handover.Simulation;

/// <summary>
/// The ledger of the simulated world: one row per key, changed only by the shipped <see cref="LedgerRules"/>, durable
/// before it answers.
/// </summary>
public sealed class SimLedger(Mutation mutation)
{
    private readonly Dictionary<string, Decision> _rows = new(StringComparer.Ordinal);

    /// <summary>One write, and its answer.</summary>
    public LedgerReply Apply(LedgerWrite write)
    {
        (Decision? row, LedgerReply reply) = mutation.Apply(_rows.GetValueOrDefault(write.Key), write);
        if (row is null)
        {
            _rows.Remove(write.Key);
        }
        else
        {
            _rows[write.Key] = row;
        }

        return reply;
    }

    /// <summary>Takes over what a dead incarnation left in flight; the number of rows.</summary>
    public SimOrphans Orphan(string owner)
    {
        string[] keys =
        [
            .. _rows
                .Values.Where(r =>
                    r.Stage == DecisionStage.InFlight && string.Equals(r.Owner, owner, StringComparison.Ordinal)
                )
                .Select(r => r.Key),
        ];
        foreach (string key in keys)
        {
            Apply(new LedgerWrite.Orphan(SimWorld.Service, key, owner));
        }

        return new SimOrphans(keys.Length);
    }
}

/// <summary>How many rows a dead incarnation had left in flight.</summary>
/// <param name="Count">Rows.</param>
public sealed record SimOrphans(int Count);

/// <summary>A caller that wants one decision, and asks again with the same key until it has it or gives up.</summary>
/// <param name="key">Its key.</param>
/// <param name="entity">Which customer.</param>
public sealed class SimCall(string key, int entity)
{
    public string Key { get; } = key;

    public int Entity { get; } = entity;

    public int Tries { get; set; }

    public bool Answered { get; set; }

    public bool AsksAgain { get; set; }
}
