using System.Text.Json;
using Handover.Core.Ledger;

namespace Handover.Control.Ledger;

/// <summary>
/// One record of the ledger's log: a row as it is from now on, or that its key is free. Whole rows and no changes, so
/// that the newest record of a key is the truth whatever came before it.
/// </summary>
/// <param name="Service">The service.</param>
/// <param name="Key">The key.</param>
/// <param name="Row">The row; null when the key is free.</param>
internal sealed record LogRecord(string Service, string Key, Decision? Row);

/// <summary>How records are written, byte by byte.</summary>
internal static class DecisionCodec
{
    private const byte Version = 1;

    public static void Write(BinaryWriter to, LogRecord record)
    {
        to.Write(Version);
        to.Write(record.Service);
        to.Write(record.Key);
        to.Write(record.Row is not null);
        if (record.Row is not { } row)
        {
            return;
        }

        to.Write(row.Fingerprint);
        to.Write(row.RequestId);
        to.Write(row.Release);
        to.Write(row.Epoch);
        to.Write(row.Owner);
        to.Write(row.At.UtcTicks);
        to.Write(row.Entity is not null);
        to.Write(row.Entity ?? "");
        to.Write((byte)row.Stage);
        to.Write(row.Answer is not null);
        if (row.Answer is { } answer)
        {
            to.Write(answer.Status);
            to.Write(Headers(answer.Headers));
            to.Write(answer.Body?.Length ?? -1);
            to.Write((answer.Body ?? default).Span);
        }
    }

    /// <summary>Reads one; throws <see cref="InvalidDataException"/> for what this program did not write.</summary>
    public static LogRecord Read(BinaryReader from)
    {
        byte version = from.ReadByte();
        if (version != Version)
        {
            throw new InvalidDataException($"a record of version {version}; this program knows {Version}.");
        }

        string service = from.ReadString();
        string key = from.ReadString();
        if (!from.ReadBoolean())
        {
            return new LogRecord(service, key, null);
        }

        var row = new Decision
        {
            Service = service,
            Key = key,
            Fingerprint = from.ReadString(),
            RequestId = from.ReadString(),
            Release = from.ReadString(),
            Epoch = from.ReadInt64(),
            Owner = from.ReadString(),
            At = new DateTimeOffset(from.ReadInt64(), TimeSpan.Zero),
        };
        bool hasEntity = from.ReadBoolean();
        string entity = from.ReadString();
        var stage = (DecisionStage)from.ReadByte();
        RecordedAnswer? answer = from.ReadBoolean() ? Answer(from) : null;
        row = row with { Entity = hasEntity ? entity : null, Stage = stage, Answer = answer };
        return new LogRecord(service, key, row);
    }

    /// <summary>Header fields as one text: a JSON array of names and values in turn.</summary>
    public static string Headers(IReadOnlyList<KeyValuePair<string, string>> headers) =>
        JsonSerializer.Serialize(headers.SelectMany(h => new[] { h.Key, h.Value }));

    /// <summary>The reverse of <see cref="Headers(IReadOnlyList{KeyValuePair{string, string}})"/>.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Headers(string text) =>
        [.. JsonSerializer.Deserialize<string[]>(text)!.Chunk(2).Select(h => KeyValuePair.Create(h[0], h[1]))];

    private static RecordedAnswer Answer(BinaryReader from)
    {
        int status = from.ReadInt32();
        IReadOnlyList<KeyValuePair<string, string>> headers = Headers(from.ReadString());
        int length = from.ReadInt32();

        // Not a conditional expression: that would turn a null array into an empty body.
        ReadOnlyMemory<byte>? body = null;
        if (length >= 0)
        {
            body = from.ReadBytes(length);
        }

        return new RecordedAnswer(status, headers, body);
    }
}
