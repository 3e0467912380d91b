namespace Handover.Simulation;

/// <content>What goes wrong, when, and for how long.</content>
public sealed partial class SimWorld
{
    /// <summary>Whether a stack that is asked to start does not.</summary>
    public bool RefusesToStart() => Faulty(_faults.Refuse);

    /// <summary>Whether a release's answer to a request is lost on its way.</summary>
    public bool Breaks() => Faulty(_faults.Break);

    /// <summary>Whether the store can be asked at this moment.</summary>
    public bool StoreReachable(SimNode from) => Now >= _storeDownUntil && Now >= from.StoreCutUntil;

    public long ServiceTime() =>
        Faulty(_faults.LongRequest) ? Random.Between(300, 1500) * FaultMix.Ms : Random.Between(2_000, 32_000);

    public long DiskTime() =>
        Faulty(_faults.SlowDisk) ? Random.Between(20, 300) * FaultMix.Ms : Random.Between(300, 3_000);

    private bool Faulty(int oneIn) => !Settling && Random.OneIn(oneIn);

    private void NextFault() =>
        After(
            Random.Between(50, 900) * FaultMix.Ms,
            () =>
            {
                if (!Settling)
                {
                    Strike();
                    NextFault();
                }
            }
        );

    private void Strike()
    {
        SimNode victim = Random.OneIn(3)
            ? _coordinators[Random.Below(_coordinators.Count)]
            : _gateways[Random.Below(_gateways.Count)];
        long until = Math.Min(FaultsEnd, Now + (Random.Between(1, 2500) * FaultMix.Ms));
        switch (Random.Below(7))
        {
            case 0 when _faults.Pause:
                Counters.Count(SimEvent.Pauses);
                Trace?.Invoke($"{victim.Id} pauses until {until / FaultMix.Ms}");
                victim.PausedUntil = until;
                break;
            case 1 when _faults.Partition:
                Cut(victim, until);
                break;
            case 2 when _faults.Outage:
                Counters.Count(SimEvent.Outages);
                Trace?.Invoke($"the store is away until {until / FaultMix.Ms}");
                _storeDownUntil = until;
                break;
            case 3 when _faults.Kill && victim.Alive:
                KillAndRestart(victim, until);
                break;
            case 4 when _faults.Leave && victim is SimGateway { Alive: true } gateway:
                Counters.Count(SimEvent.Leaves);
                Trace?.Invoke($"{victim.Id} begins to leave");
                gateway.Leave();
                break;
            case 5 when _faults.ClockJump:
                Counters.Count(SimEvent.ClockJumps);
                _storeClock += Random.Between(-600, 600) * FaultMix.Ms;
                break;
            case 6 when _faults.Crash:
                Stacks.Crash(SimEntities.BothReleases[Random.Below(2)], Random.Between(50, 900) * FaultMix.Ms);
                break;
            default:
                break;
        }
    }

    // In one direction, in both, from the store only, or from everything.
    private void Cut(SimNode victim, long until)
    {
        int ways = 1 + Random.Below(7);
        Counters.Count((ways & 4) != 0 ? SimEvent.StoreCuts : SimEvent.OneWayCuts);
        Trace?.Invoke($"{victim.Id} is cut off ({ways}: 1 mute, 2 deaf, 4 store) until {until / FaultMix.Ms}");
        victim.MutedUntil = (ways & 1) != 0 ? until : victim.MutedUntil;
        victim.DeafUntil = (ways & 2) != 0 ? until : victim.DeafUntil;
        victim.StoreCutUntil = (ways & 4) != 0 ? until : victim.StoreCutUntil;
    }

    // Often the store is out of reach at the restart: then the gateway's own file decides.
    private void KillAndRestart(SimNode victim, long until)
    {
        victim.Kill();
        Trace?.Invoke($"{victim.Id} is killed");
        if (victim is SimCoordinator)
        {
            Counters.Count(SimEvent.CoordinatorKills);
        }

        victim.PausedUntil = 0;
        if (Random.OneIn(2))
        {
            victim.StoreCutUntil = until;
        }

        int life = victim.Life;
        After(
            Random.OneIn(2) ? Random.Between(1, 60) * FaultMix.Ms : (until - Now) / 2,
            () =>
            {
                if (victim.Life == life)
                {
                    Trace?.Invoke($"{victim.Id} starts again");
                    victim.Start();
                }
            }
        );
    }
}
