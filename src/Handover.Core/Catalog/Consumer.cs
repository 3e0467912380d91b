namespace Handover.Core.Catalog;

/// <summary>A system that reads a service's output, with what it accepts.</summary>
/// <param name="Name">Unique within the service.</param>
/// <param name="Service">The service it reads.</param>
/// <param name="Role">What kind of system it is.</param>
/// <param name="Accepts">The outputs that it can read.</param>
public sealed record Consumer(string Name, string Service, ConsumerRole Role, Signature Accepts)
{
    /// <summary>Whether a release must be acknowledged by the consumer's owner before it serves.</summary>
    public bool AcknowledgeRequired { get; init; }

    /// <summary>Where the consumer is told about moves; null when it is not.</summary>
    public Uri? NotifyUrl { get; init; }
}

/// <summary>What kind of system a consumer is.</summary>
public enum ConsumerRole
{
    /// <summary>Acts on the answer.</summary>
    Decision,

    /// <summary>Stores the answer.</summary>
    Storage,

    /// <summary>Watches the answer.</summary>
    Monitoring,

    /// <summary>Passes the answer on.</summary>
    Gateway,
}
