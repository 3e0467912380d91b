using Handover.Core.Contracts;
using Handover.Core.Rollouts;

namespace Handover.Control.Engine;

/// <summary>
/// When the next growth of a rollout may happen, by the plan's own windows and freezes. Only growth waits for it: what
/// goes back never does, and a share that a person sets is that person's decision.
/// </summary>
internal static class PaceCalendar
{
    /// <summary>
    /// Why moves that the rollout wants may not be made now; where segments move independently, whose.
    /// </summary>
    public static IReadOnlyList<Disagreement> Waits(RolloutState s, DateTimeOffset now)
    {
        if (s.Tracks.Count == 0)
        {
            return WhyWait(s, now) is { } wait ? [wait] : [];
        }

        var waits = new List<Disagreement>();
        foreach (Track track in s.OpenTracks.Where(t => !t.NeedsPerson))
        {
            if (WhyWait(s.Along(track), now) is { } own)
            {
                waits.Add(own with { Segment = track.Segment });
            }
        }

        return waits;
    }

    /// <summary>Why the active phase may not make its move now; null when it may, or when it makes none.</summary>
    public static Disagreement? WhyWait(RolloutState s, DateTimeOffset now)
    {
        bool grows =
            s is { Open: true, RollbackReason: null, PhaseSettled: false, BarPending: false, Closed: null }
            && s.Phase is Phase.Shift or Phase.Switch;
        if (!grows)
        {
            return null;
        }

        string? segment = (s.Phase as Phase.Shift)?.Segment;
        if (s.Plan.Paces.FirstOrDefault(p => p.Segment == segment) is not { } pace)
        {
            return null;
        }

        DowntimeReading reading = DowntimeCalendar.Read(pace.Windows, pace.Freezes, now);
        if (reading.Open)
        {
            return null;
        }

        string who = segment ?? "everybody";
        string why = reading.Frozen is { } end
            ? FormattableString.Invariant($"{who} is frozen until {end.UtcDateTime:u}")
            : $"{who} moves only in its windows, and none is open";
        string next = reading.NextOpens is { } at
            ? FormattableString.Invariant($"; it goes on at {at.UtcDateTime:u}")
            : "";
        return new Disagreement(DisagreementKind.Window, why + next);
    }
}
