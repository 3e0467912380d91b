namespace Handover.Control.Audit;

/// <summary>Cuts an audit file into lines without ever holding more than one of them.</summary>
internal static class AuditLines
{
    /// <summary>The longest line that is read; a longer one is cut, and then no entry.</summary>
    public const int LongestLine = 256 << 10;

    public static IEnumerable<(byte[] Bytes, long Length, bool Terminated)> Read(Stream stream)
    {
        using var buffered = new BufferedStream(stream, 64 << 10);
        var line = new List<byte>(512);
        long length = 0;
        int b;
        while ((b = buffered.ReadByte()) >= 0)
        {
            if (b == '\n')
            {
                yield return ([.. line], length, true);
                line.Clear();
                length = 0;
                continue;
            }

            length++;
            if (line.Count <= LongestLine)
            {
                line.Add((byte)b);
            }
        }

        if (line.Count > 0)
        {
            yield return ([.. line], length, false);
        }
    }
}
