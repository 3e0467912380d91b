using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Core.Traffic;
using Handover.Ports;

namespace Handover.Gateway.Holding;

/// <summary>
/// The gateway's last-known-good file of one service: what lets it serve after a restart while the store is away, and
/// what stops it from doing so when it had promised to hold. Written whole to a new file, fsynced, then renamed over
/// the old one, and the directory fsynced: a reader finds the old state or the new one. A damaged file counts as
/// absent.
/// </summary>
/// <param name="directory">Where the files are.</param>
/// <param name="service">The service; a DNS label, so it is a safe file name.</param>
internal sealed class GoodFile(string directory, string service)
{
    private readonly string _path = Path.Combine(directory, $"{service}.good");

    /// <summary>Reads it; null when there is none or it is damaged.</summary>
    public LastKnownGood? Read()
    {
        if (!File.Exists(_path))
        {
            return null;
        }

        string[] lines = File.ReadAllLines(_path);
        if (lines.Length != 2 || Digest(lines[1]) != lines[0])
        {
            return null;
        }

        using JsonDocument json = JsonDocument.Parse(lines[1]);
        JsonElement root = json.RootElement;
        Result<RoutingDocument> routing = RoutingCodec.Decode(root.GetProperty("routing").GetString()!);
        JsonElement held = root.GetProperty("held");
        return routing.Ok
            ? new LastKnownGood(
                root.GetProperty("epoch").GetInt64(),
                root.GetProperty("attempt").GetInt64(),
                routing.Value,
                held.ValueKind == JsonValueKind.Null ? null : held.GetInt64()
            )
            : null;
    }

    /// <summary>
    /// Writes it; durable when this returns. Throws <see cref="IOException"/> when the disk does not take it.
    /// </summary>
    public void Write(LastKnownGood good)
    {
        string body = JsonSerializer.Serialize(
            new
            {
                epoch = good.Epoch,
                attempt = good.Attempt,
                held = good.Held,
                routing = RoutingCodec.Encode(good.Routing),
            }
        );
        string fresh = $"{_path}.new";
        using (var stream = new FileStream(fresh, FileMode.Create, FileAccess.Write))
        {
            stream.Write(Encoding.UTF8.GetBytes($"{Digest(body)}\n{body}\n"));
            stream.Flush(flushToDisk: true);
        }

        Failpoint.Pass(Failpoint.GatewayFileFresh);
        File.Move(fresh, _path, overwrite: true);
        DurableDirectory.Sync(directory);
    }

    /// <summary>Removes it: the gateway left cleanly and nobody waits for its promises any more.</summary>
    public void Delete()
    {
        File.Delete(_path);
        DurableDirectory.Sync(directory);
    }

    private static string Digest(string body) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body)));
}
