namespace Handover.Ports;

/// <summary>Where a running member can be reached. Always HTTP, so that all runtimes are one to the gateway.</summary>
/// <param name="Address">Base address, e.g. <c>http://127.0.0.1:9002</c>.</param>
/// <param name="UnixSocket">
/// Path of the Unix socket that is dialled instead of the address's host; null for TCP. Members in this process listen
/// on one, in a directory that only this user can enter, so that nothing on the machine reaches them past the gateway.
/// </param>
public sealed record MemberEndpoint(Uri Address, string? UnixSocket = null);
