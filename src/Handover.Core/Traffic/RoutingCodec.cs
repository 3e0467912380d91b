using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Handover.Core.Catalog;
using Handover.Core.Foundation;

namespace Handover.Core.Traffic;

/// <summary>
/// The canonical text of a routing document: what stores keep, what gateways write to their last-known-good file, and
/// what the hash is taken over. One text per document: fixed order, no white space.
/// </summary>
public static class RoutingCodec
{
    /// <summary>The canonical text.</summary>
    public static string Encode(Routing routing)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("service", routing.Service);
            json.WriteString("stable", routing.Stable);
            if (routing.Candidate is not null)
            {
                json.WriteString("candidate", routing.Candidate);
            }

            json.WriteString("salt", routing.Salt);
            json.WriteNumber("share", routing.Share.Parts);
            json.WriteStartArray("segments");
            foreach (SegmentShare segment in routing.Segments)
            {
                json.WriteStartObject();
                json.WriteString("name", segment.Segment.Name);
                json.WriteNumber("share", segment.Share.Parts);
                if (segment.Barred)
                {
                    json.WriteBoolean("barred", true);
                }

                json.WritePropertyName("when");
                RuleCodec.Write(json, segment.Segment.When);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteBoolean("closed", routing.Closed);
            json.WriteBoolean("switched", routing.Switched);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Reads the canonical text; a text that is damaged is a problem, never half a document.</summary>
    public static Result<Routing> Decode(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            JsonElement root = document.RootElement;
            var segments = new List<SegmentShare>();
            foreach (JsonElement item in root.GetProperty("segments").EnumerateArray())
            {
                Result<Rule> rule = RuleCodec.Parse(item.GetProperty("when"));
                if (!rule.Ok)
                {
                    return Result<Routing>.Failed(rule.Problems);
                }

                var segment = new Segment(item.GetProperty("name").GetString()!, rule.Value);
                segments.Add(
                    new SegmentShare(segment, new Share(item.GetProperty("share").GetInt32()))
                    {
                        Barred = item.TryGetProperty("barred", out JsonElement barred) && barred.GetBoolean(),
                    }
                );
            }

            return new Routing(root.GetProperty("service").GetString()!, root.GetProperty("stable").GetString()!)
            {
                Candidate = root.TryGetProperty("candidate", out JsonElement candidate) ? candidate.GetString() : null,
                Salt = root.GetProperty("salt").GetString()!,
                Share = new Share(root.GetProperty("share").GetInt32()),
                Segments = segments,
                Closed = root.GetProperty("closed").GetBoolean(),
                Switched = root.GetProperty("switched").GetBoolean(),
            };
        }
        catch (Exception e)
            when (e
                    is JsonException
                        or FormatException
                        or KeyNotFoundException
                        or InvalidOperationException
                        or InvariantException
            )
        {
            return new Problem("bad-routing", $"the routing document cannot be read: {e.Message}");
        }
    }

    /// <summary>Whether two documents say the same, whatever lists they are made of.</summary>
    public static bool Same(Routing one, Routing other) =>
        ReferenceEquals(one, other) || string.Equals(Encode(one), Encode(other), StringComparison.Ordinal);

    /// <summary>Lower-case hex SHA-256 of the canonical text.</summary>
    public static string Hash(Routing routing) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Encode(routing))));
}
