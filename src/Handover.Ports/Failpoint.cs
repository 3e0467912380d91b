// Why: "state survives kill -9 at any point" can only be shown by dying at every point. A named failpoint stands between
// every two steps of what must survive; a test arms one, and the process ends there as a power cut would end it.
using System.Diagnostics;
using System.Globalization;
using Handover.Core.Foundation;

namespace Handover.Ports;

/// <summary>
/// Named points at which a test may have this process killed with SIGKILL. Inert unless armed: then a pass costs one
/// read of a static field. Armed once, at the start of the program, and only by who may choose its command line: an
/// environment variable alone makes <c>handover run</c> refuse to start.
/// </summary>
public static partial class Failpoint
{
    /// <summary>The variable that names the point: <c>NAME</c> or <c>NAME:N</c> for the N-th pass.</summary>
    public const string Variable = "HANDOVER_FAILPOINT";

    private static Armed? _armed;

    /// <summary>
    /// Arms the point that <paramref name="spec"/> names; nothing happens when it is null or empty.
    /// </summary>
    /// <param name="spec">The value of <see cref="Variable"/>.</param>
    /// <param name="allowed">Whether the command line asked for failpoints.</param>
    /// <returns>Why not: <c>failpoint-refused</c>, <c>unknown-failpoint</c>; null when all is well.</returns>
    public static Problem? Arm(string? spec, bool allowed)
    {
        if (string.IsNullOrEmpty(spec))
        {
            return null;
        }

        if (!allowed)
        {
            return new Problem("failpoint-refused", $"{Variable} is set, and would kill this node on purpose.")
            {
                Fix = $"Remove {Variable} from the environment. Tests of crashes add --failpoints.",
            };
        }

        string[] parts = spec.Split(':');
        int pass = 1;
        bool understood =
            parts.Length == 1
            || (
                parts.Length == 2
                && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out pass)
                && pass > 0
            );
        if (!understood || !All.Contains(parts[0], StringComparer.Ordinal))
        {
            return new Problem("unknown-failpoint", $"'{spec}' is not a failpoint.")
            {
                Fix = $"Write NAME or NAME:N with N from 1. Names: {string.Join(", ", All)}.",
            };
        }

        Volatile.Write(ref _armed, new Armed(parts[0], pass));
        return null;
    }

    /// <summary>Passes a point; does not return when it is the armed one and this is the pass.</summary>
    /// <param name="name">One of <see cref="All"/>.</param>
    public static void Pass(string name)
    {
        if (_armed is { } armed)
        {
            armed.Pass(name);
        }
    }

    private sealed class Armed(string name, int pass)
    {
        private int _left = pass;

        public void Pass(string passed)
        {
            if (!string.Equals(passed, name, StringComparison.Ordinal) || Interlocked.Decrement(ref _left) != 0)
            {
                return;
            }

            // What was said is in the pipe or the terminal already when the process dies; nothing else is flushed.
            Console.Error.WriteLine($"failpoint {name}");
            using var own = Process.GetCurrentProcess();
            own.Kill();
        }
    }
}
