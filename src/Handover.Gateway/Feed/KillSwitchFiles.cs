using System.Text.Json;
using Handover.Ports;

namespace Handover.Gateway.Feed;

/// <summary>
/// The kill switches on the node's own disk: <c>SERVICE.off</c>, whose existence is what counts. It is the switch of
/// last resort, so it must work with a bare <c>touch</c>, without the API and without the store, and what is in the
/// file can only add who and why: a file that is damaged, empty or cannot be read is as good as any other.
/// </summary>
/// <param name="directory">Where they are; made when it is missing.</param>
/// <param name="time">Clock for files that do not say when.</param>
internal sealed class KillSwitchFiles(string directory, TimeProvider time)
{
    private const string Ending = ".off";
    private const int MostBytes = 4096;

    /// <summary>Names of the services that are switched off. Throws when the directory cannot be read.</summary>
    public HashSet<string> Names()
    {
        try
        {
            return
            [
                .. Directory.EnumerateFiles(directory, $"*{Ending}").Select(f => Path.GetFileNameWithoutExtension(f)),
            ];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>The switch of a service; null when there is no file, for sure.</summary>
    public KillSwitch? Read(string service)
    {
        var file = new FileInfo(PathOf(service));
        DateTimeOffset at = file.Exists ? new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero) : time.GetUtcNow();
        var bare = new KillSwitch(KillSwitch.AFile, "", at);
        try
        {
            using FileStream stream = file.OpenRead();
            if (stream.Length is 0 or > MostBytes)
            {
                return bare;
            }

            using JsonDocument json = JsonDocument.Parse(stream);
            return new KillSwitch(
                json.RootElement.GetProperty("by").GetString() ?? bare.By,
                json.RootElement.GetProperty("reason").GetString() ?? "",
                json.RootElement.GetProperty("at").GetDateTimeOffset()
            );
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
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
            try
            {
                File.Delete(path);
            }
            catch (DirectoryNotFoundException)
            {
                // No switch was ever there.
                return;
            }

            DurableDirectory.Sync(directory);
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
        DurableDirectory.Sync(directory);
    }

    // A service's name is a DNS label, so it is a safe file name.
    private string PathOf(string service) => Path.Combine(directory, service + Ending);
}
