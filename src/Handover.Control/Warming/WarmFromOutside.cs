using Handover.Core.Foundation;
using Handover.Protocol;

namespace Handover.Control.Warming;

/// <summary>Starts and warms a release without moving traffic; see <see cref="ReleaseWarming"/>.</summary>
public delegate Task<Result<WarmView>> WarmFromOutside(
    string service,
    string to,
    RecordedFile? file,
    Action<WarmWindowView>? progress,
    CancellationToken cancel
);
