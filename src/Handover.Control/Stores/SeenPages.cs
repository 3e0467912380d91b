using Handover.Core.Evidence;
using Microsoft.Data.Sqlite;

namespace Handover.Control.Stores;

/// <summary>
/// Which entities a rollout has seen, as pages of keys: a save writes only what is new. Every so often the pages of one
/// kind are put together, so that their number stays small; a key is thus written a few times, and not at every save.
/// </summary>
internal static class SeenPages
{
    /// <summary>Most pages of one kind; one more, and they become one.</summary>
    public const int MostPages = 256;

    /// <summary>Adds a page, or replaces all of its kind.</summary>
    public static void Append(SqliteConnection connection, string rollout, string kind, SeenPage page)
    {
        long last = Last(connection, rollout, kind);
        if (page.Replaces)
        {
            Delete(connection, rollout, kind);
            Insert(connection, rollout, kind, 1, page.Keys);
        }
        else if (last >= MostPages)
        {
            byte[][] pages = [.. Keys(connection, rollout, kind), page.Keys];
            Delete(connection, rollout, kind);
            Insert(connection, rollout, kind, 1, [.. pages.SelectMany(p => p)]);
        }
        else
        {
            Insert(connection, rollout, kind, last + 1, page.Keys);
        }
    }

    /// <summary>All pages of a rollout by kind.</summary>
    public static ILookup<string, byte[]> Load(SqliteConnection connection, string rollout) =>
        SqliteDatabase
            .Query(
                connection,
                "SELECT kind, keys FROM rollout_seen WHERE rollout = $rollout ORDER BY kind, seq",
                row => (Kind: row.GetString(0), Keys: row.GetFieldValue<byte[]>(1)),
                ("$rollout", rollout)
            )
            .ToLookup(row => row.Kind, row => row.Keys, StringComparer.Ordinal);

    /// <summary>Forgets all pages of a rollout.</summary>
    public static bool Forget(SqliteConnection connection, string rollout)
    {
        SqliteDatabase.Execute(connection, "DELETE FROM rollout_seen WHERE rollout = $rollout", ("$rollout", rollout));
        return true;
    }

    private static long Last(SqliteConnection connection, string rollout, string kind) =>
        (long)
            SqliteDatabase.Scalar(
                connection,
                "SELECT coalesce(max(seq), 0) FROM rollout_seen WHERE rollout = $rollout AND kind = $kind",
                ("$rollout", rollout),
                ("$kind", kind)
            )!;

    private static IEnumerable<byte[]> Keys(SqliteConnection connection, string rollout, string kind) =>
        SqliteDatabase.Query(
            connection,
            "SELECT keys FROM rollout_seen WHERE rollout = $rollout AND kind = $kind ORDER BY seq",
            row => row.GetFieldValue<byte[]>(0),
            ("$rollout", rollout),
            ("$kind", kind)
        );

    private static void Delete(SqliteConnection connection, string rollout, string kind) =>
        SqliteDatabase.Execute(
            connection,
            "DELETE FROM rollout_seen WHERE rollout = $rollout AND kind = $kind",
            ("$rollout", rollout),
            ("$kind", kind)
        );

    private static void Insert(SqliteConnection connection, string rollout, string kind, long seq, byte[] keys) =>
        SqliteDatabase.Execute(
            connection,
            "INSERT INTO rollout_seen VALUES ($rollout, $kind, $seq, $keys)",
            ("$rollout", rollout),
            ("$kind", kind),
            ("$seq", seq),
            ("$keys", keys)
        );
}
