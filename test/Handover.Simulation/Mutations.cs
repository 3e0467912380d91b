namespace Handover.Simulation;

/// <summary>
/// All known bugs, by name. The first four are those of the protocol's trial; the others are what one would plausibly
/// get wrong in an agent, a machine, a store, a disk or a data plane.
/// </summary>
public static class Mutations
{
    private static readonly Dictionary<string, Func<Mutation>> All = new(StringComparer.Ordinal)
    {
        ["none"] = () => Mutation.None,
        ["nohold"] = () => new NoHold(),
        ["unilateral"] = () => new Unilateral(),
        ["evict"] = () => new Evict(),
        ["nofence"] = () => new NoFence(),
        ["forgetheld"] = () => new ForgetHeld(),
        ["ackbeforedrain"] = () => new AckBeforeDrain(),
        ["resumeonabortofotherattempt"] = () => new ResumeOnAbortOfOtherAttempt(),
        ["staleepoch"] = () => new StaleEpoch(),
        ["skipslice"] = () => new SkipSlice(),
        ["holdall"] = () => new HoldAll(),
        ["doublecommit"] = () => new DoubleCommit(),
        ["joinserving"] = () => new JoinServing(),
        ["tellbeforestore"] = () => new TellBeforeStore(),
        ["abortonsilence"] = () => new AbortOnSilence(),
        ["countoldheld"] = () => new CountOldHeld(),
        ["neverresolve"] = () => new NeverResolve(),
        ["reuseepoch"] = () => new ReuseEpoch(),
        ["losebuffer"] = () => new LoseBuffer(),
        ["lifo"] = () => new Lifo(),
        ["resalt"] = () => new Resalt(),
        ["hopbyownepoch"] = () => new HopByOwnEpoch(),
        ["stopearly"] = () => new StopEarly(),
        ["actfirst"] = () => new ActFirst(),
        ["ignorerefusal"] = () => new IgnoreRefusal(),
        ["startbeforestop"] = () => new StartBeforeStop(),
        ["halfback"] = () => new HalfBack(),
        ["forgetbar"] = () => new ForgetBar(),
        ["bareverybody"] = () => new BarEverybody(),
        ["barnobody"] = () => new BarNobody(),
        ["claimlate"] = () => new ClaimLate(),
        ["replybeforerecord"] = () => new ReplyBeforeRecord(),
        ["rerununknown"] = () => new RerunUnknown(),
        ["orphanfree"] = () => new OrphanFree(),
        ["holdovertakesclaim"] = () => new HoldOvertakesClaim(),
        ["forgetdone"] = () => new ForgetDone(),
    };

    public static IEnumerable<string> Names => All.Keys;

    public static Func<Mutation>? Find(string name) => All.GetValueOrDefault(name);
}
