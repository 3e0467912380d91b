using System.Text;
using Handover.Core.Foundation;
using Handover.Ports;

namespace Handover.Control.Notify;

/// <summary>
/// The secret that Handover shares with one consumer, read at each use so that replacing the file is enough to rotate
/// it. One secret a line, the newest first, at most two: <c>whsec_</c> and base64, or plain text.
/// </summary>
public static class WebhookSecret
{
    private const int LeastBytes = 16;
    private const long MostBytes = 4096;
    private const string Prefix = "whsec_";

    /// <summary>The secrets in a file inside the directory.</summary>
    public static Result<IReadOnlyList<byte[]>> Read(string directory, string file)
    {
        Result<string> path = ConfinedPath.Resolve(directory, file);
        if (!path.Ok)
        {
            return Result<IReadOnlyList<byte[]>>.Failed(path.Problems);
        }

        try
        {
            if (new FileInfo(path.Value).Length > MostBytes)
            {
                return Bad(file, "is larger than a secret can be");
            }

            string[] lines = File.ReadAllText(path.Value)
                .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            byte[]?[] secrets = [.. lines.Select(Secret)];
            return secrets.Length is 0 or > 2 || secrets.Any(s => s is null || s.Length < LeastBytes)
                ? Bad(file, $"must hold one or two lines with a secret of at least {LeastBytes} bytes each")
                : Result<IReadOnlyList<byte[]>>.Of(secrets!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Bad(file, $"cannot be read: {e.Message}");
        }
    }

    private static byte[]? Secret(string line)
    {
        if (!line.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return Encoding.UTF8.GetBytes(line);
        }

        byte[] buffer = new byte[line.Length];
        return Convert.TryFromBase64String(line[Prefix.Length..], buffer, out int written) ? buffer[..written] : null;
    }

    // The content never goes into a message.
    private static Problem Bad(string file, string why) =>
        new("bad-secret", $"the secret file {file} {why}.")
        {
            File = file,
            Fix = "Make one with: (printf whsec_; head -c 32 /dev/urandom | base64) > FILE",
        };
}
