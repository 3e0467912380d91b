namespace Diamonds.Judge;

/// <summary>
/// A customer who is seldom there is seen before and after several moves: what lies between two sightings is a path of
/// windows, one after the other in time.
/// </summary>
public static class MovePath
{
    // A customer who slept through more moves than these is looked at by a person.
    private const int LongestPath = 6;

    /// <summary>
    /// The shortest path of unused windows that leads an entity from where it was last seen to where it is seen next;
    /// among equals, the one whose windows close first, since the others may still be needed. Null when there is none.
    /// </summary>
    public static IReadOnlyList<MoveWindow>? Find(
        IReadOnlyList<MoveWindow> windows,
        IReadOnlySet<MoveWindow> used,
        string service,
        ModelLine last,
        ModelLine next
    )
    {
        MoveWindow[] open =
        [
            .. windows
                .Where(w => !used.Contains(w) && (w.Service.Length == 0 || w.Service == service))
                .OrderBy(w => w.Until),
        ];
        for (int length = 1; length <= LongestPath; length++)
        {
            if (Find(open, [], last.Release, last.At, next, length) is { } path)
            {
                return path;
            }
        }

        return null;
    }

    private static List<MoveWindow>? Find(
        MoveWindow[] windows,
        List<MoveWindow> path,
        string release,
        DateTimeOffset from,
        ModelLine next,
        int left
    )
    {
        if (left == 0)
        {
            return release == next.Release ? path : null;
        }

        foreach (MoveWindow window in windows)
        {
            // The earliest time at which it could pass here; it must still be on its way when it is seen next.
            DateTimeOffset at = window.At > from ? window.At : from;
            bool passes = window.From == release && at <= window.Until && at <= next.At;
            if (passes && !path.Exists(p => ReferenceEquals(p, window)))
            {
                List<MoveWindow> longer = [.. path, window];
                if (Find(windows, longer, window.To, at, next, left - 1) is { } found)
                {
                    return found;
                }
            }
        }

        return null;
    }
}
