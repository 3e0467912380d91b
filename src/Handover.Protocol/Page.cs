namespace Handover.Protocol;

/// <summary>One page of a list. Ask again with <c>?pageToken=</c> until <see cref="NextPageToken"/> is null.</summary>
/// <typeparam name="T">What is listed.</typeparam>
/// <param name="Items">At most <c>pageSize</c> of them (default 100, at most 1,000).</param>
/// <param name="NextPageToken">Opaque cursor of the next page; null on the last one.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextPageToken);
