using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Foundation;

namespace Handover.Ports;

/// <summary>Asks a feature store what it serves. Only reads; nothing is materialised from here.</summary>
public interface IFeatureSourcePort
{
    /// <summary>
    /// What the source of a declared version says of it now. Errors: the source cannot be reached, or its answer cannot
    /// be read; that a version is not served is an answer.
    /// </summary>
    /// <param name="view">Name of the view.</param>
    /// <param name="version">A version with a source.</param>
    /// <param name="cancel">Ends the question.</param>
    Task<Result<FeatureReading>> ReadAsync(string view, FeatureViewVersion version, CancellationToken cancel);
}
