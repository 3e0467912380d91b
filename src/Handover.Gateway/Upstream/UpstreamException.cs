namespace Handover.Gateway.Upstream;

/// <summary>A member's answer did not come, or broke off.</summary>
/// <param name="message">What is wrong with it.</param>
/// <param name="inner">What was thrown below; null when nothing was.</param>
internal class UpstreamException(string message, Exception? inner = null) : IOException(message, inner);
