namespace Handover.Simulation;

/// <summary>
/// Which faults one seed has, and how often (swarm testing: a run with few kinds of faults reaches states that a run
/// with all of them drowns). A rate is "once in N"; 0 is never.
/// </summary>
public sealed class FaultMix
{
    public const long Ms = 1000;

    public FaultMix(SimRandom random)
    {
        Any = !random.OneIn(10);
        Lose = Pick(random, 20);
        Double = Pick(random, 25);
        SlowMessage = Pick(random, 40);
        LoseRequest = Pick(random, 30);
        LoseReply = Pick(random, 25);
        SlowRequest = Pick(random, 40);
        SlowDisk = Pick(random, 20);
        LongRequest = Pick(random, 60);
        Pause = Any && random.OneIn(2);
        Partition = Any && random.OneIn(2);
        Outage = Any && random.OneIn(2);
        Kill = Any && random.OneIn(2);
        Leave = Any && random.OneIn(3);
        ClockJump = Any && random.OneIn(3);
        Refuse = Pick(random, 5);
        Break = Pick(random, 15);
        Crash = Any && random.OneIn(2);
    }

    /// <summary>Whether there are any at all: one seed in ten has none, and is held to exact bounds.</summary>
    public bool Any { get; }
    public int Lose { get; }
    public int Double { get; }
    public int SlowMessage { get; }
    public int LoseRequest { get; }
    public int LoseReply { get; }
    public int SlowRequest { get; }
    public int SlowDisk { get; }
    public int LongRequest { get; }
    public bool Pause { get; }
    public bool Partition { get; }
    public bool Outage { get; }
    public bool Kill { get; }
    public bool Leave { get; }
    public bool ClockJump { get; }

    /// <summary>A stack does not start: the NACK of a PREPARE.</summary>
    public int Refuse { get; }

    /// <summary>A release works on a request and its answer is lost.</summary>
    public int Break { get; }

    /// <summary>A member dies and comes back.</summary>
    public bool Crash { get; }

    private int Pick(SimRandom random, int usual) => Any && random.OneIn(2) ? usual : 0;
}
