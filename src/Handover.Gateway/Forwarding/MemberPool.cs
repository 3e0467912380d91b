namespace Handover.Gateway.Forwarding;

/// <summary>The endpoints of one member of one release, taken in turn.</summary>
/// <param name="clients">Clients of the ready endpoints.</param>
internal sealed class MemberPool(IReadOnlyList<MemberClient> clients)
{
    private int _turn;

    /// <summary>All clients.</summary>
    public IReadOnlyList<MemberClient> Clients => clients;

    /// <summary>Whether each of them takes plain requests over connections of our own.</summary>
    public bool Direct { get; } = clients.All(c => c.Direct is not null);

    /// <summary>The next client in turn. The pool must not be empty.</summary>
    public MemberClient Next() => clients[(int)((uint)Interlocked.Increment(ref _turn) % (uint)clients.Count)];
}
