namespace Handover.Protocol;

/// <summary>Starts a rollout: from a Rollout document, or from names and a ready-made strategy.</summary>
public sealed record StartRolloutRequest
{
    /// <summary>The service; may be left out when <see cref="Manifest"/> names it.</summary>
    public string? Service { get; init; }

    /// <summary>The release to bring in; may be left out when <see cref="Manifest"/> names it.</summary>
    public string? To { get; init; }

    /// <summary><c>parallel</c>, <c>cutover</c> or <c>flag</c>; null takes the manifest's or <c>parallel</c>.</summary>
    public string? Strategy { get; init; }

    /// <summary>Text of a YAML document of kind Rollout; null for a ready-made list of phases.</summary>
    public string? Manifest { get; init; }

    /// <summary>Name of the file that the manifest came from, for error messages.</summary>
    public string? ManifestFile { get; init; }

    /// <summary>Why, for the audit log.</summary>
    public string? Reason { get; init; }
}
