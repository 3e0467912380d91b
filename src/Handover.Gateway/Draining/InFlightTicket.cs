namespace Handover.Gateway.Draining;

/// <summary>One request in flight, with what is needed to tell whether a slice contains it.</summary>
/// <param name="release">The release it goes to.</param>
/// <param name="entity">Its entity.</param>
/// <param name="attributes">Its attributes.</param>
/// <param name="kind">What it is.</param>
internal sealed class InFlightTicket(
    string release,
    string? entity,
    IReadOnlyDictionary<string, string> attributes,
    InFlightKind kind
)
{
    /// <summary>The release it goes to.</summary>
    public string Release => release;

    /// <summary>Its entity.</summary>
    public string? Entity => entity;

    /// <summary>Its attributes.</summary>
    public IReadOnlyDictionary<string, string> Attributes => attributes;

    /// <summary>What it is.</summary>
    public InFlightKind Kind => kind;

    /// <summary>Whether it is on the wire to the member. Guarded by the table's lock.</summary>
    internal bool IsDispatched { get; set; }

    /// <summary>Its place in the table; null once it has ended. Guarded by the table's lock.</summary>
    internal LinkedListNode<InFlightTicket>? Node { get; set; }
}

/// <summary>What kind of request is in flight.</summary>
internal enum InFlightKind
{
    /// <summary>A caller's request, with a pin of its own.</summary>
    Caller,

    /// <summary>A shadow copy, with a pin of its own. No move waits for it.</summary>
    Copy,

    /// <summary>A hop to another member under a pin. It ends before the request that made it does.</summary>
    Hop,
}
