using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Core.Traffic;

namespace Handover.Simulation;

/// <summary>Each share is drawn anew: customers go forth and back while a share grows.</summary>
internal sealed class Resalt : Mutation
{
    public override Routing Target(Routing target, EpochRow row) =>
        target.Candidate is null ? target : target with { Salt = $"{target.Salt}.{row.Epoch}" };
}

/// <summary>A later hop routes by what is in force where it is, not by the pin.</summary>
internal sealed class HopByOwnEpoch : Mutation
{
    public override string Hop(string pinned, string own) => own;
}

/// <summary>A stack is stopped as soon as nobody wants it, whoever is pinned to it.</summary>
internal sealed class StopEarly : Mutation
{
    public override bool StopsWaitForPins => false;
}

/// <summary>The engine acts on what it decided, and tells people, before that is durable.</summary>
internal sealed class ActFirst : Mutation
{
    public override bool PersistsFirst => false;
}

/// <summary>A stack that does not start is taken for one that does.</summary>
internal sealed class IgnoreRefusal : Mutation
{
    public override bool HeedsRefusal => false;
}

/// <summary>Where there is one stack, the candidate starts before stable has stopped.</summary>
internal sealed class StartBeforeStop : Mutation
{
    public override bool StopsBeforeStart => false;
}

/// <summary>A rollback goes only half of the way.</summary>
internal sealed class HalfBack : Mutation
{
    public override Routing Target(Routing target, EpochRow row) =>
        target is { Candidate: null, Switched: false, Closed: false } && row.Routing.Candidate is not null
            ? row.Routing
            : target;
}

/// <summary>A segment that went back alone is forgotten by the next move of the others.</summary>
internal sealed class ForgetBar : Mutation
{
    public override Routing Target(Routing target, EpochRow row) =>
        row.Routing.Segments.Any(s => s.Barred) && target.Share.Parts > row.Routing.Share.Parts
            ? target with
            {
                Segments = [.. target.Segments.Select(s => s with { Barred = false })],
            }
            : target;
}

/// <summary>The move that takes one segment back takes everybody back.</summary>
internal sealed class BarEverybody : Mutation
{
    public override Routing Target(Routing target, EpochRow row) =>
        target.Segments.Any(s => s.Barred) && !row.Routing.Segments.Any(s => s.Barred)
            ? target with
            {
                Share = Share.None,
            }
            : target;
}

/// <summary>A segment that is to go back alone keeps the share that it has.</summary>
internal sealed class BarNobody : Mutation
{
    public override Routing Target(Routing target, EpochRow row) =>
        target with
        {
            Segments = [.. target.Segments.Select(s => s with { Barred = false })],
        };
}
