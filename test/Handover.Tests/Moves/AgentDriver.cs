using Handover.Core.Moves;
using Handover.Core.Traffic;

namespace Handover.Tests.Moves;

/// <summary>Feeds one agent and remembers what it asked for last.</summary>
internal sealed class AgentDriver
{
    public const string Service = "price";
    public static readonly Routing V1 = Routing.Only(Service, "v1");
    public static readonly Routing V2 = Routing.Only(Service, "v2", switched: true);
    public static readonly TimeSpan H = TimeSpan.FromMilliseconds(400);

    public GatewayAgentState State { get; private set; } = new(Service, "gw", "boot-1");

    public DateTimeOffset Now { get; private set; } = DateTimeOffset.UnixEpoch;

    public IReadOnlyList<GatewayEffect> Effects { get; private set; } = [];

    public AgentDriver Serving(long epoch = 1, long attempt = 0)
    {
        Give(new GatewayInput.Booted(null));
        return Give(new GatewayInput.Joined(Stable(epoch, attempt, V1)));
    }

    public AgentDriver Held(long attempt = 1)
    {
        Receive(Hold(attempt));
        Give(new GatewayInput.SliceDrained(attempt));
        return Give(new GatewayInput.HeldPersisted(attempt));
    }

    public AgentDriver Give(GatewayInput input)
    {
        (State, Effects) = GatewayAgent.Step(State, input, Now);
        return this;
    }

    public AgentDriver Receive(MoveMessage message) => Give(new GatewayInput.MessageReceived(message));

    public AgentDriver After(TimeSpan time)
    {
        Now += time;
        return Give(new GatewayInput.Tick());
    }

    public bool Asked<T>()
        where T : GatewayEffect => Effects.Any(e => e is T);

    public static MoveMessage.Hold Hold(long attempt, long from = 1, DrainMode drain = DrainMode.Atomic) =>
        new(Service, attempt, from, V1, V2, drain, H);

    public static MoveMessage.Commit Commit(long attempt, long epoch) => new(Service, attempt, epoch, V2);

    public static EpochReply Stable(long epoch, long attempt, Routing routing) =>
        new(true, new EpochRow(Service, epoch, routing, false, attempt, null, null), []);

    public static EpochReply Open(long epoch, long attempt) =>
        new(true, new EpochRow(Service, epoch, V1, true, attempt, V2, DateTimeOffset.UnixEpoch), []);
}
