using Handover.Core.Catalog;
using Handover.Ports;

namespace Handover.Control.Warming;

/// <summary>Asks a release's entry member a recorded request, by the path that live traffic takes.</summary>
public interface IWarmTarget
{
    /// <summary>The answer; a failure is an answer too.</summary>
    Task<WarmAnswer> AskAsync(Service service, string release, Exchange recorded, CancellationToken cancel);
}

/// <summary>An answer to a replayed request.</summary>
/// <param name="Ok">Whether it is a 2xx.</param>
/// <param name="Body">The body.</param>
/// <param name="Trouble">What went wrong; null when nothing did.</param>
public sealed record WarmAnswer(bool Ok, byte[] Body, string? Trouble);
