namespace Handover.Protocol;

/// <summary>Whether the node can do its work.</summary>
/// <param name="Ok">Whether every check passed.</param>
/// <param name="Checks">The single checks.</param>
public sealed record HealthView(bool Ok, IReadOnlyList<HealthCheckView> Checks);

/// <summary>One check.</summary>
/// <param name="Name">What was checked.</param>
/// <param name="Ok">Whether it passed.</param>
/// <param name="Detail">One line for people; may be empty.</param>
public sealed record HealthCheckView(string Name, bool Ok, string Detail);
