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
);
