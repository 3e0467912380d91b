using System.Text.Json;
using Handover.Ports;

namespace Handover.Gateway.Feed;

/// <summary>
/// The kill switches on the node's own disk: <c>SERVICE.off</c>, whose existence is what counts. It is the switch of
/// last resort, so it must work with a bare <c>touch</c>, without the API and without the store, and what is in the
/// file can only add who and why: a damaged or empty file is as good as any other.
/// </summary>
/// <param name="directory">Where they are; made when it is missing.</param>
/// <param name="time">Clock for files that do not say when.</param>
internal sealed class KillSwitchFiles(string directory, TimeProvider time)
{
    private const string Ending = ".off";
    private const int MostBytes = 4096;

    /// <summary>Names of the services that are switched off. Throws when the directory cannot be read.</summary>
    public HashSet<string> Names() =>
        Directory.Exists(directory)
            ? [.. Directory.EnumerateFiles(directory, $"*{Ending}").Select(f => Path.GetFileNameWithoutExtension(f))]
            : [];

    /// <summary>The switch of a service; null when there is no file.</summary>
    public KillSwitch? Read(string service)
    {
        var file = new FileInfo(PathOf(service));
        if (!file.Exists)
        {
            return null;
        }

        var bare = new KillSwitch(KillSwitch.AFile, "", new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero));
        try
        {
            if (file.Length is 0 or > MostBytes)
            {
                return bare;
            }

            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(file.FullName));
            return new KillSwitch(
                json.RootElement.GetProperty("by").GetString() ?? bare.By,
                json.RootElement.GetProperty("reason").GetString() ?? "",
                json.RootElement.GetProperty("at").GetDateTimeOffset()
            );
        }
        catch (Exception e)
            when (e
                    is JsonException
                        or KeyNotFoundException
                        or InvalidOperationException
                        or FormatException
                        or IOException
                        or UnauthorizedAccessException
            )
        {
            return bare;
        }
    }

    /// <summary>Writes it durably, or takes it away with null. Throws what the disk throws.</summary>
    public void Write(string service, KillSwitch? off)
    {
        string path = PathOf(service);
        if (off is null)
        {
            File.Delete(path);
            return;
        }

        Directory.CreateDirectory(directory);
        DateTimeOffset at = off.At == default ? time.GetUtcNow() : off.At;
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                by = off.By,
                reason = off.Reason,
                at,
            }
        );
        using (var stream = new FileStream($"{path}.new", FileMode.Create, FileAccess.Write))
        {
            stream.Write(body);
            stream.Flush(flushToDisk: true);
        }

        File.Move($"{path}.new", path, overwrite: true);
    }

    // A service's name is a DNS label, so it is a safe file name.
    private string PathOf(string service) => Path.Combine(directory, service + Ending);
}
