namespace Handover.Control.Notify;

/// <summary>One event for one consumer, as it lies in the outbox.</summary>
/// <param name="Service">The service; order is kept within it, consumer by consumer.</param>
/// <param name="Consumer">Who is told.</param>
/// <param name="Seq">Number within the service, from 1.</param>
/// <param name="Id">The CloudEvent's id; the same for every try.</param>
/// <param name="Type">The CloudEvent's type.</param>
/// <param name="Body">The CloudEvent as structured JSON, byte for byte as it is signed.</param>
/// <param name="CreatedAt">When it happened.</param>
public sealed record Notification(
    string Service,
    string Consumer,
    long Seq,
    string Id,
    string Type,
    string Body,
    DateTimeOffset CreatedAt
)
{
    /// <summary>Tries so far.</summary>
    public int Attempts { get; init; }

    /// <summary>Not before this time.</summary>
    public DateTimeOffset NextAt { get; init; }

    /// <summary>When the consumer took it; null while it has not.</summary>
    public DateTimeOffset? DeliveredAt { get; init; }

    /// <summary>When it was given up; null while it was not.</summary>
    public DateTimeOffset? GivenUpAt { get; init; }

    /// <summary>What went wrong last; null when nothing did.</summary>
    public string? Trouble { get; init; }
}

/// <summary>An event before it has its place in the order: who is told what.</summary>
/// <param name="Service">The service.</param>
/// <param name="Consumer">Who is told.</param>
/// <param name="Id">The CloudEvent's id.</param>
/// <param name="Type">The CloudEvent's type.</param>
/// <param name="At">When it happened.</param>
/// <param name="Body">The document, given its number within the service.</param>
public sealed record NotificationDraft(
    string Service,
    string Consumer,
    string Id,
    string Type,
    DateTimeOffset At,
    Func<long, string> Body
);
