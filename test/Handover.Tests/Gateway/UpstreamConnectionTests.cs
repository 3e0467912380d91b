using System.Net;
using System.Net.Sockets;
using System.Text;
using CsCheck;
using Handover.Gateway.Upstream;
using Xunit;

namespace Handover.Tests.Gateway;

/// <summary>The reading of answers, over real sockets, however the bytes are cut and whatever they are.</summary>
public sealed class UpstreamConnectionTests
{
    [Fact]
    public async Task Chunks_add_up_to_the_body_however_they_and_the_packets_are_cut()
    {
        await Gen.Select(Gen.Byte.Array[0, 300], Gen.Int[1, 40].Array[1, 20], Gen.Int[1, 60].Array[1, 20], Gen.Bool)
            .SampleAsync(
                async (body, chunks, packets, trailer) =>
                {
                    byte[] answer = Chunked(body, chunks, trailer);
                    (byte[] got, bool rests) = await ReadAsync(answer, packets);
                    return rests && got.AsSpan().SequenceEqual(body);
                },
                iter: 100,
                threads: 1
            );
    }

    [Fact]
    public async Task A_spoilt_answer_is_read_to_its_end_or_refused_and_never_anything_else()
    {
        byte[] good = Chunked([.. Enumerable.Range(0, 100).Select(i => (byte)i)], [7, 30], trailer: true);
        await Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[0, 2])
            .SampleAsync(
                async (at, by, how) =>
                {
                    byte[] spoilt = how switch
                    {
                        0 => [.. good[..at], by, .. good[(at + 1)..]],
                        1 => [.. good[..at], by, .. good[at..]],
                        _ => [.. good[..at], .. good[(at + 1)..]],
                    };
                    try
                    {
                        await ReadAsync(spoilt, [1_000]);
                        return true;
                    }
                    catch (UpstreamException)
                    {
                        return true;
                    }
                },
                iter: 200,
                threads: 1
            );
    }

    [Fact]
    public void A_head_of_whatever_bytes_is_read_or_refused()
    {
        byte[] good = Encoding.ASCII.GetBytes(
            "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nX-A: b\r\nConnection: close\r\n\r\n"
        );
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte.Array[0, 6])
            .Sample(
                (at, by) =>
                {
                    byte[] spoilt = [.. good[..at], .. by, .. good[Math.Min(good.Length, at + by.Length)..]];
                    int end = AnswerHead.End(spoilt, 0);
                    Assert.InRange(end, 0, spoilt.Length);
                    if (end == 0)
                    {
                        return;
                    }

                    var head = new AnswerHead();
                    try
                    {
                        head.Parse(spoilt.AsSpan(0, end), toHead: false);
                        Assert.InRange(head.Status, 100, 999);
                        Assert.True(head.Length is null or >= 0);
                        Assert.All(head.Fields, f => Assert.NotEmpty(spoilt[f.Name]));
                    }
                    catch (UpstreamException)
                    {
                        // As it should.
                    }
                },
                iter: 5_000
            );
    }

    private static byte[] Chunked(byte[] body, int[] sizes, bool trailer)
    {
        var bytes = new List<byte>(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
        int at = 0;
        for (int i = 0; at < body.Length; i++)
        {
            int size = Math.Min(sizes[i % sizes.Length], body.Length - at);
            bytes.AddRange(Encoding.ASCII.GetBytes($"{size:x}\r\n"));
            bytes.AddRange(body.AsSpan(at, size));
            bytes.AddRange("\r\n"u8);
            at += size;
        }

        bytes.AddRange(trailer ? "0\r\nX-Sum: 1\r\n\r\n"u8 : "0\r\n\r\n"u8);
        return [.. bytes];
    }

    // The body, and whether the connection may carry another request. The member closes behind its last byte.
    private static async Task<(byte[] Body, bool Rests)> ReadAsync(byte[] answer, int[] packets)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var near = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await near.ConnectAsync(listener.LocalEndPoint!);
        using Socket far = await listener.AcceptAsync();
        far.NoDelay = true;
        using var connection = new UpstreamConnection(near, 0);
        Task saying = SayAsync(far, answer, packets);
        var body = new List<byte>();
        await connection.AskAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray(), toHead: false);
        while (await connection.ReadAsync() is { IsEmpty: false } piece)
        {
            body.AddRange(piece.Span);
        }

        bool rests = connection.TryRest(1);
        await saying;
        return ([.. body], rests);
    }

    private static async Task SayAsync(Socket far, byte[] answer, int[] packets)
    {
        int at = 0;
        for (int i = 0; at < answer.Length; i++)
        {
            int size = Math.Min(packets[i % packets.Length], answer.Length - at);
            await far.SendAsync(answer.AsMemory(at, size));
            at += size;
        }

        far.Shutdown(SocketShutdown.Send);
    }
}
