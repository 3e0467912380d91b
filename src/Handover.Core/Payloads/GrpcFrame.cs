using System.Buffers.Binary;
using Handover.Core.Foundation;

namespace Handover.Core.Payloads;

/// <summary>One message as gRPC frames it: a flag, four bytes of length, the message.</summary>
public static class GrpcFrame
{
    /// <summary>Bytes before the message.</summary>
    public const int HeaderBytes = 5;

    /// <summary>
    /// The frame of a body that is one uncompressed message, as unary calls have it. Problems:
    /// <c>payload-too-large</c>, <c>payload-compressed</c>, <c>payload-malformed</c>.
    /// </summary>
    /// <param name="body">The body.</param>
    /// <param name="message">Its message; empty where there is a problem.</param>
    public static Problem? Read(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> message)
    {
        message = default;
        if (PayloadDocument.TooLarge(body) is { } tooLarge)
        {
            return tooLarge;
        }

        if (body.Length < HeaderBytes)
        {
            return new Problem("payload-malformed", $"{body.Length} bytes are no gRPC message");
        }

        if (body[0] != 0)
        {
            return new Problem("payload-compressed", "the gRPC message is compressed; it cannot be read");
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(body[1..]);
        if (length != body.Length - HeaderBytes)
        {
            return new Problem(
                "payload-malformed",
                $"the frame announces {length} bytes and {body.Length - HeaderBytes} follow; one message is expected"
            );
        }

        message = body[HeaderBytes..];
        return null;
    }

    /// <summary>Puts a message into its frame.</summary>
    public static byte[] Write(ReadOnlySpan<byte> message)
    {
        byte[] body = new byte[HeaderBytes + message.Length];
        BinaryPrimitives.WriteUInt32BigEndian(body.AsSpan(1), (uint)message.Length);
        message.CopyTo(body.AsSpan(HeaderBytes));
        return body;
    }
}
