namespace Handover.Gateway.Upstream;

/// <summary>
/// A member did answer, but nothing that may be believed. Whoever runs it must hear why: to them their server is up.
/// </summary>
/// <param name="message">What is wrong with the answer, without a value from it.</param>
internal sealed class MalformedAnswerException(string message) : UpstreamException(message);
