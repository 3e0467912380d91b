using System.Collections.Immutable;
using Handover.Control.Stores;

namespace Handover.Control.Consumers;

/// <summary>
/// Which consumer has acknowledged which release. Kept for ever: it is the proof that its owner knew. Read on the path
/// of every move, so all of it is in memory too.
/// </summary>
public sealed class AcknowledgementStore
{
    private static readonly string[] Steps =
    [
        """
            CREATE TABLE acknowledgement (
                service TEXT NOT NULL, consumer TEXT NOT NULL, digest TEXT NOT NULL, release TEXT NOT NULL,
                at INTEGER NOT NULL, by TEXT NOT NULL, way TEXT NOT NULL,
                PRIMARY KEY (service, consumer, digest)) WITHOUT ROWID;
            """,
    ];

    private readonly SqliteDatabase _database;
    private ImmutableDictionary<(string Service, string Consumer, string Digest), Acknowledgement> _all;

    /// <summary>Opens the table, making it when it is absent.</summary>
    public AcknowledgementStore(SqliteDatabase database)
    {
        _database = database;
        _database.Migrate("acknowledgements", Steps);
        _all = _database
            .Read(connection =>
                SqliteDatabase.Query(
                    connection,
                    "SELECT service, consumer, digest, release, at, by, way FROM acknowledgement",
                    row => new Acknowledgement(
                        row.GetString(0),
                        row.GetString(1),
                        row.GetString(3),
                        row.GetString(2),
                        DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4)),
                        row.GetString(5),
                        row.GetString(6)
                    )
                )
            )
            .ToImmutableDictionary(a => (a.Service, a.Consumer, a.Digest));
    }

    /// <summary>Raised after a new acknowledgement. Handlers must not block.</summary>
    public event Action<Acknowledgement>? Added;

    /// <summary>Whether the consumer has acknowledged the release with this content.</summary>
    public bool Has(string service, string consumer, string digest) => _all.ContainsKey((service, consumer, digest));

    /// <summary>What a consumer has acknowledged, newest first.</summary>
    public IReadOnlyList<Acknowledgement> Of(string service, string consumer) =>
        [.. _all.Values.Where(a => a.Service == service && a.Consumer == consumer).OrderByDescending(a => a.At)];

    /// <summary>Keeps one; false when it is known already, in which case the first one stays.</summary>
    public bool Add(Acknowledgement given)
    {
        int added = _database.Write(connection =>
            SqliteDatabase.Execute(
                connection,
                "INSERT OR IGNORE INTO acknowledgement VALUES ($service, $consumer, $digest, $release, $at, $by, $way)",
                ("$service", given.Service),
                ("$consumer", given.Consumer),
                ("$digest", given.Digest),
                ("$release", given.Release),
                ("$at", given.At.ToUnixTimeMilliseconds()),
                ("$by", given.By),
                ("$way", given.Way)
            )
        );
        if (added == 0)
        {
            return false;
        }

        ImmutableInterlocked.Update(ref _all, all => all.SetItem((given.Service, given.Consumer, given.Digest), given));
        Added?.Invoke(given);
        return true;
    }
}

/// <summary>One acknowledgement.</summary>
/// <param name="Service">The service.</param>
/// <param name="Consumer">Who acknowledged.</param>
/// <param name="Release">The release's name then.</param>
/// <param name="Digest">The release's content.</param>
/// <param name="At">When.</param>
/// <param name="By">Who said so: a token's name, or <c>webhook</c>.</param>
/// <param name="Way"><c>api</c> or <c>webhook</c>.</param>
public sealed record Acknowledgement(
    string Service,
    string Consumer,
    string Release,
    string Digest,
    DateTimeOffset At,
    string By,
    string Way
);
