using System.Globalization;

namespace Diamonds.Encoder;

/// <summary>How the encoder was started: arguments first, then what the supervisor put into the environment.</summary>
/// <param name="Port">Port on the loopback interface.</param>
/// <param name="Release">The release that this process belongs to; it chooses the encoding.</param>
/// <param name="Members">Base address of the release's members through the gateway.</param>
/// <param name="Features">File with the levels of the categories and the scale of the numbers.</param>
public sealed record EncoderOptions(int Port, string Release, Uri Members, string Features)
{
    /// <summary>
    /// Whether categories become zeros and ones; else ids. By default what the release of this name had.
    /// </summary>
    public bool OneHot { get; init; } = Release == "v1";

    /// <summary>Whether amounts are answered in cents instead of dollars.</summary>
    public bool Cents { get; init; }

    /// <summary>Reads the options; the problem says what is missing.</summary>
    public static EncoderOptions? Parse(string[] args, Func<string, string?> environment, out string problem)
    {
        string? Value(string name, string? variable = null)
        {
            int at = Array.IndexOf(args, name);
            return at >= 0 && at + 1 < args.Length ? args[at + 1]
                : variable is null ? null
                : environment(variable);
        }

        problem = "";
        if (
            !int.TryParse(Value("--port", "PORT"), CultureInfo.InvariantCulture, out int port) || port is < 1 or > 65535
        )
        {
            problem = "--port (or PORT) must be a port.";
        }

        string release = Value("--release", "HANDOVER_RELEASE") ?? "";
        if (release.Length == 0)
        {
            problem = "--release (or HANDOVER_RELEASE) is missing.";
        }

        // The trailing slash makes the address a folder, so that a member's name can be appended to it.
        string members = (Value("--members", "HANDOVER_MEMBERS_URL") ?? "").TrimEnd('/') + "/";
        if (!Uri.TryCreate(members, UriKind.Absolute, out Uri? url) || url.Scheme is not ("http" or "https"))
        {
            problem = "--members (or HANDOVER_MEMBERS_URL) must be the address of the members at the gateway.";
        }

        string features = Value("--features") ?? "models/features.json";
        if (!File.Exists(features))
        {
            problem = $"The feature file '{features}' does not exist.";
        }

        string encoding = Value("--encoding") ?? (release == "v1" ? "onehot" : "ids");
        if (encoding is not ("onehot" or "ids"))
        {
            problem = "--encoding must be onehot or ids.";
        }

        return problem.Length == 0
            ? new EncoderOptions(port, release, url!, features)
            {
                OneHot = encoding == "onehot",
                Cents = args.Contains("--cents"),
            }
            : null;
    }
}
