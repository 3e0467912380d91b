namespace Handover.Gateway.Draining;

/// <summary>One request in flight, with what is needed to tell whether a slice contains it.</summary>
/// <param name="release">The release it goes to.</param>
/// <param name="entity">Its entity.</param>
/// <param name="attributes">Its attributes.</param>
/// <param name="edge">Whether it is a caller's request.</param>
internal sealed class InFlightTicket(
    string release,
    string? entity,
    IReadOnlyDictionary<string, string> attributes,
    bool edge
)
{
    /// <summary>The release it goes to.</summary>
    public string Release => release;

    /// <summary>Its entity.</summary>
    public string? Entity => entity;

    /// <summary>Its attributes.</summary>
    public IReadOnlyDictionary<string, string> Attributes => attributes;

    /// <summary>Whether it is a caller's request.</summary>
    public bool Edge => edge;

    /// <summary>Whether it is on the wire to the member. Guarded by the table's lock.</summary>
    internal bool IsDispatched { get; set; }

    /// <summary>Its place in the table; null once it has ended. Guarded by the table's lock.</summary>
    internal LinkedListNode<InFlightTicket>? Node { get; set; }
}
