using Xunit;

namespace Handover.Integration.Acceptance;

/// <summary>Acceptance runs measure times under load, so they run one by one and beside nothing else.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AcceptanceCollection
{
    public const string Name = "acceptance";
}
