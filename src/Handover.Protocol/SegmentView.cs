using System.Text.Json;

namespace Handover.Protocol;

/// <summary>A named rule over request attributes.</summary>
/// <param name="Name">Unique name.</param>
/// <param name="When">JSONLogic, as declared.</param>
public sealed record SegmentView(string Name, JsonElement When);
