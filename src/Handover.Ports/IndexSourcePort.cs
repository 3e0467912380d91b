using Handover.Core.Contracts;
using Handover.Core.Foundation;

namespace Handover.Ports;

/// <summary>Asks a vector index what it is.</summary>
public interface IIndexSourcePort
{
    /// <summary>What the index at an address says of itself now.</summary>
    Task<Result<VectorReading>> ReadAsync(Uri url, CancellationToken cancel);
}
