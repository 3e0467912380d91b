namespace Handover.Integration.Gateway;

/// <summary>
/// Answers of members, good, odd and hostile, for <see cref="UpstreamTests"/>. Each says what a caller must see: the
/// body of a 200, or null for an answer that is refused (502) or broken off. What follows the poison must never be
/// seen by anybody.
/// </summary>
internal static class UpstreamCases
{
    /// <summary>Bytes behind the end of an answer, which would be the beginning of the next one.</summary>
    public const string Poison = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";

    private const string Ok = "HTTP/1.1 200 OK\r\n";

    /// <summary>The cases by name.</summary>
    public static readonly IReadOnlyDictionary<string, UpstreamCase> All = Plain()
        .Concat(Chunks())
        .Concat(Odd())
        .Concat(Hostile())
        .ToDictionary(c => c.Name, StringComparer.Ordinal);

    private static IEnumerable<UpstreamCase> Plain()
    {
        yield return new("length", Ok + "Content-Length: 4\r\n\r\nbody", "body") { Reused = true };
        yield return new("empty", Ok + "Content-Length: 0\r\n\r\n", "") { Reused = true };
        yield return new("lower", Ok + "content-length: 4\r\ncontent-type: text/plain\r\n\r\nbody", "body")
        {
            Reused = true,
        };
        yield return new("many", Ok + "X-A: 1\r\nX-A: 2\r\nx-a: 3\r\nContent-Length: 4\r\n\r\nbody", "body");
        yield return new("spaces", Ok + "X-A: \t a b \t\r\nX-B:\r\nContent-Length:4\r\n\r\nbody", "body");
        yield return new("hop", Ok + "Keep-Alive: 5\r\nProxy-Connection: x\r\nContent-Length: 4\r\n\r\nbody", "body");
        yield return new("ours", Ok + "Handover-Release: v9\r\nbaggage: a=b\r\nContent-Length: 4\r\n\r\nbody", "body");
        yield return new("large", Ok + "Content-Length: 300000\r\n\r\n" + new string('x', 300_000), new('x', 300_000));
        yield return new("long-head", Ok + $"X-A: {new string('a', 30_000)}\r\nContent-Length: 4\r\n\r\nbody", "body");
        yield return new("close", Ok + "Connection: close\r\nContent-Length: 4\r\n\r\nbody", "body") { Closes = true };
        yield return new("to-the-end", Ok + "\r\nbody", "body") { Closes = true };
        yield return new("old", "HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nbody", "body") { Closes = true };
        yield return new("no-reason", "HTTP/1.1 200\r\nContent-Length: 4\r\n\r\nbody", "body");
        yield return new("nothing", "HTTP/1.1 204 No Content\r\n\r\n", "") { Status = 204 };
        yield return new("nothing-long", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", "") { Status = 204 };
        yield return new("unchanged", "HTTP/1.1 304 Same\r\nContent-Length: 9\r\nETag: x\r\n\r\n", "") { Status = 304 };
        yield return new("reset", "HTTP/1.1 205 Reset\r\nContent-Length: 0\r\n\r\n", "") { Status = 205 };
        yield return new("own-status", "HTTP/1.1 799 Own\r\nContent-Length: 4\r\n\r\nbody", "body") { Status = 799 };
        yield return new("bad-request", "HTTP/1.1 400 Bad\r\nContent-Length: 4\r\n\r\nbody", "body") { Status = 400 };
        yield return new("broken-model", "HTTP/1.1 500 Bad\r\nContent-Length: 4\r\n\r\nbody", "body") { Status = 500 };
    }

    private static IEnumerable<UpstreamCase> Chunks()
    {
        const string Head = Ok + "Transfer-Encoding: chunked\r\n\r\n";
        yield return new("chunks", Head + "4\r\nbody\r\n0\r\n\r\n", "body") { Reused = true };
        yield return new("two-chunks", Head + "2\r\nbo\r\n02\r\ndy\r\n0\r\n\r\n", "body") { Reused = true };
        yield return new("no-chunks", Head + "0\r\n\r\n", "") { Reused = true };
        yield return new("extension", Head + "4;a=\"b\"\r\nbody\r\n0;x\r\n\r\n", "body");
        yield return new("upper", Head + "A\r\n0123456789\r\n0\r\n\r\n", "0123456789");
        yield return new("trailers", Head + "4\r\nbody\r\n0\r\nX-Sum: 1\r\nHandover-Epoch: 9\r\n\r\n", "body");
        yield return new(
            "many-chunks",
            Head + string.Concat(Enumerable.Repeat("3\r\nabc\r\n", 500)) + "0\r\n\r\n",
            Many
        );
        yield return new(
            "both",
            Ok + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
            "body"
        )
        {
            Reused = false,
        };
    }

    private static string Many => string.Concat(Enumerable.Repeat("abc", 500));

    private static IEnumerable<UpstreamCase> Odd()
    {
        yield return new("continue", "HTTP/1.1 100 Continue\r\n\r\n" + Ok + "Content-Length: 4\r\n\r\nbody", "body");
        yield return new(
            "hints",
            "HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" + Ok + "Content-Length: 4\r\n\r\nbody",
            "body"
        );
        yield return new("feeds", Ok.Replace("\r", "") + "Content-Length: 4\n\nbody", "body") { Reused = false };
        yield return new("surplus", Ok + "Content-Length: 4\r\n\r\nbody" + Poison, "body") { Reused = false };
        yield return new("nothing-surplus", "HTTP/1.1 204 None\r\n\r\n" + Poison, "") { Status = 204, Reused = false };
        yield return new("chunk-surplus", Ok + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n" + Poison, "a")
        {
            Reused = false,
        };
    }

    private static IEnumerable<UpstreamCase> Hostile()
    {
        const string Chunked = Ok + "Transfer-Encoding: chunked\r\n\r\n";
        yield return new("silence", "", null) { Closes = true };
        yield return new("half-head", Ok + "Content-Le", null) { Closes = true };
        yield return new("half-body", Ok + "Content-Length: 400\r\n\r\nbody", null) { Closes = true };
        yield return new("half-chunk", Chunked + "8\r\nbody", null) { Closes = true };
        yield return new("no-last-chunk", Chunked + "4\r\nbody\r\n", null) { Closes = true };
        yield return new("no-http", "SSH-2.0-OpenSSH_9.2\r\n\r\n", null) { Closes = true };
        yield return new("two-lengths", Ok + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nbodyx", null);
        yield return new("same-length", Ok + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nbody", null);
        yield return new("list-length", Ok + "Content-Length: 4, 4\r\n\r\nbody", null);
        yield return new("plus-length", Ok + "Content-Length: +4\r\n\r\nbody", null);
        yield return new("minus-length", Ok + "Content-Length: -4\r\n\r\nbody", null);
        yield return new("huge-length", Ok + "Content-Length: 99999999999999999999\r\n\r\nbody", null);
        yield return new("gzip-chunked", Ok + "Transfer-Encoding: gzip, chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n", null);
        yield return new(
            "chunked-twice",
            Chunked[..^2] + "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
            null
        );
        yield return new(
            "old-chunked",
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
            null
        );
        yield return new("no-size", Chunked + "\r\nbody\r\n0\r\n\r\n", null);
        yield return new("bad-size", Chunked + "4x\r\nbody\r\n0\r\n\r\n", null);
        yield return new("minus-size", Chunked + "-4\r\nbody\r\n0\r\n\r\n", null);
        yield return new("huge-size", Chunked + "fffffffffffffffff\r\nbody\r\n0\r\n\r\n", null);
        yield return new("long-chunk", Chunked + "4\r\nbodymore\r\n0\r\n\r\n", null);
        yield return new("endless-size", Chunked + new string('0', 40_000), null) { Closes = true };
        yield return new("folded", Ok + "X-A: 1\r\n 2\r\nContent-Length: 4\r\n\r\nbody", null);
        yield return new("space-name", Ok + "Content-Length : 4\r\n\r\nbody", null) { Closes = true };
        yield return new("no-colon", Ok + "nonsense\r\nContent-Length: 4\r\n\r\nbody", null);
        yield return new("zero-byte", Ok + "X-A: a\0b\r\nContent-Length: 4\r\n\r\nbody", null);
        yield return new("lone-return", Ok + "X-A: a\rb\r\nContent-Length: 4\r\n\r\nbody", null);
        yield return new("huge-head", Ok + $"X-A: {new string('a', 200_000)}\r\nContent-Length: 4\r\n\r\nbody", null);
        yield return new("many-fields", Ok + string.Concat(Enumerable.Repeat("a: b\r\n", 5_000)) + "\r\n", null);
        yield return new("protocols", "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", null);
        yield return new("hints-for-ever", string.Concat(Enumerable.Repeat("HTTP/1.1 103 x\r\n\r\n", 5_000)), null);
        yield return new("status-zero", "HTTP/1.1 000 x\r\nContent-Length: 4\r\n\r\nbody", null);
        yield return new("version-two", "HTTP/2.0 200 OK\r\nContent-Length: 4\r\n\r\nbody", null);
        yield return new("huge-trailers", Chunked + $"0\r\nX: {new string('a', 200_000)}\r\n\r\n", null);
    }
}

/// <summary>One answer of a member.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Answer">All its bytes.</param>
/// <param name="Body">What the caller gets; null when it gets no whole answer of the member.</param>
internal sealed record UpstreamCase(string Name, string Answer, string? Body)
{
    /// <summary>Whether the member closes the connection behind it.</summary>
    public bool Closes { get; init; }

    /// <summary>Whether there is something behind its end.</summary>
    public bool Poisoned => Answer.EndsWith(UpstreamCases.Poison, StringComparison.Ordinal);

    /// <summary>The status of a whole answer.</summary>
    public int Status { get; init; } = 200;

    /// <summary>Whether the connection must or must not carry another request; null where that is open.</summary>
    public bool? Reused { get; init; }
}
