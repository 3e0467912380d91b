namespace Handover.Protocol;

/// <summary>A system that reads a service's output.</summary>
/// <param name="Name">Unique within the service.</param>
/// <param name="Service">The service it reads.</param>
/// <param name="Role"><c>decision</c>, <c>storage</c>, <c>monitoring</c> or <c>gateway</c>.</param>
/// <param name="Accepts">The outputs that it can read.</param>
/// <param name="Acknowledge"><c>automatic</c> or <c>required</c>.</param>
public sealed record ConsumerView(
    string Name,
    string Service,
    string Role,
    IReadOnlyList<TensorView> Accepts,
    string Acknowledge
)
{
    /// <summary>Releases that it has acknowledged, newest first.</summary>
    public IReadOnlyList<AcknowledgementView> Acknowledgements { get; init; } = [];

    /// <summary>Where it is told about moves, and how that goes; null when it is not told.</summary>
    public DeliveryView? Notifications { get; init; }
}

/// <summary>An acknowledgement of one release.</summary>
/// <param name="Release">The release's name when it was given.</param>
/// <param name="Digest">The release's content; another release of the same name has another.</param>
/// <param name="At">When.</param>
/// <param name="By">Who: a token's name, or the consumer.</param>
/// <param name="Way"><c>api</c>, or <c>webhook</c> for a signed answer.</param>
public sealed record AcknowledgementView(string Release, string Digest, DateTimeOffset At, string By, string Way);

/// <summary>How telling a consumer goes.</summary>
/// <param name="Url">Where it is told.</param>
/// <param name="Waiting">Events that it has still to be told.</param>
/// <param name="Delivered">Events that it took, of those that are kept.</param>
/// <param name="GivenUp">Events that were given up, of those that are kept.</param>
public sealed record DeliveryView(string Url, int Waiting, int Delivered, int GivenUp)
{
    /// <summary>When it took an event last; null when it never did.</summary>
    public DateTimeOffset? LastDelivered { get; init; }

    /// <summary>What is wrong with the event that is being tried; null when nothing is.</summary>
    public string? Trouble { get; init; }

    /// <summary>When it is tried again; null when nothing waits.</summary>
    public DateTimeOffset? NextTry { get; init; }
}

/// <summary>One event for one consumer.</summary>
/// <param name="Seq">Number within the service; a gap is an event that this consumer was never to be told.</param>
/// <param name="Id">The CloudEvent's id.</param>
/// <param name="Type">The CloudEvent's type.</param>
/// <param name="At">When it happened.</param>
/// <param name="State"><c>waiting</c>, <c>delivered</c> or <c>givenUp</c>.</param>
/// <param name="Attempts">Tries so far.</param>
public sealed record NotificationView(long Seq, string Id, string Type, DateTimeOffset At, string State, int Attempts)
{
    /// <summary>When it was taken; null when it was not.</summary>
    public DateTimeOffset? DeliveredAt { get; init; }

    /// <summary>When it is tried next; null when it is not.</summary>
    public DateTimeOffset? NextTry { get; init; }

    /// <summary>What went wrong last; null when nothing did.</summary>
    public string? Trouble { get; init; }
}

/// <summary>The body of an acknowledgement.</summary>
/// <param name="Release">The release.</param>
public sealed record AcknowledgeRequest(string Release)
{
    /// <summary>The content that was seen; null acknowledges whatever the release is now.</summary>
    public string? Digest { get; init; }

    /// <summary>Why, for the audit log.</summary>
    public string? Reason { get; init; }
}
