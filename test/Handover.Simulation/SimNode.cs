namespace Handover.Simulation;

/// <summary>
/// A process that can be paused (SIGSTOP, a long collection), killed and started again, and cut off from its peers or
/// from the store. What was to happen in a former incarnation never happens in a later one.
/// </summary>
public abstract class SimNode(string id, SimWorld world)
{
    /// <summary>Its id; the same over restarts.</summary>
    public string Id { get; } = id;

    /// <summary>Whether it runs.</summary>
    public bool Alive { get; protected set; } = true;

    /// <summary>Number of its life, from 1.</summary>
    public int Life { get; protected set; } = 1;

    /// <summary>It does nothing before this time.</summary>
    public long PausedUntil { get; set; }

    /// <summary>What it sends to peers is lost before this time.</summary>
    public long MutedUntil { get; set; }

    /// <summary>What peers send to it is lost before this time.</summary>
    public long DeafUntil { get; set; }

    /// <summary>It cannot reach the store before this time.</summary>
    public long StoreCutUntil { get; set; }

    /// <summary>Its own clock's difference from virtual time: no two clocks agree.</summary>
    public long ClockSkew { get; init; }

    protected SimWorld World { get; } = world;

    /// <summary>Its own clock.</summary>
    public DateTimeOffset Clock => Time(World.Now);

    /// <summary>Virtual time as its own clock shows it.</summary>
    protected DateTimeOffset Time(long virtualTime) =>
        DateTimeOffset.UnixEpoch.AddTicks((virtualTime + ClockSkew) * 10);

    /// <summary>Virtual time at which its own clock shows this or more.</summary>
    protected long Virtual(DateTimeOffset time) => (((time - DateTimeOffset.UnixEpoch).Ticks + 9) / 10) - ClockSkew;

    /// <summary>Does something now or when the pause is over, unless the incarnation has died by then.</summary>
    public void Do(int life, Action action)
    {
        if (!Alive || Life != life)
        {
            return;
        }

        if (World.Now < PausedUntil)
        {
            World.After(PausedUntil - World.Now, () => Do(life, action));
            return;
        }

        action();
    }

    /// <summary>Does something later, in this life.</summary>
    protected void Later(long delay, Action action)
    {
        int life = Life;
        World.After(delay, () => Do(life, action));
    }

    /// <summary>kill -9.</summary>
    public virtual void Kill()
    {
        Alive = false;
        Life++;
    }

    /// <summary>Starts it again.</summary>
    public abstract void Start();
}
