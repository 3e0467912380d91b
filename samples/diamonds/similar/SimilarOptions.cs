using System.Globalization;

namespace Diamonds.Similar;

/// <summary>How a member of the three-hop release was started.</summary>
/// <param name="Role"><c>embed</c> or <c>search</c>.</param>
/// <param name="Port">Port on the loopback interface.</param>
/// <param name="Release">The release that this process belongs to.</param>
/// <param name="Members">Base address of the release's members through the gateway.</param>
/// <param name="Space">File of the embedding space.</param>
/// <param name="Features">embed: file with the levels of the categories and the scale of the numbers.</param>
/// <param name="Data">search: the stones that are indexed.</param>
/// <param name="Index">search: version of the index.</param>
/// <param name="Rows">search: how many stones are indexed.</param>
/// <param name="RowsPerSecond">search: how fast the backfill goes; 0 for as fast as it can.</param>
public sealed record SimilarOptions(
    string Role,
    int Port,
    string Release,
    Uri Members,
    string Space,
    string Features,
    string Data,
    int Index,
    int Rows,
    int RowsPerSecond
)
{
    /// <summary>Reads the options; the problem says what is wrong.</summary>
    public static SimilarOptions? Parse(string[] args, Func<string, string?> environment, out string problem)
    {
        string Value(string name, string fallback = "")
        {
            int at = Array.IndexOf(args, name);
            return at >= 0 && at + 1 < args.Length ? args[at + 1] : fallback;
        }

        int Number(string name, string fallback) =>
            int.TryParse(Value(name, fallback), CultureInfo.InvariantCulture, out int value) ? value : -1;

        // The trailing slash makes the address a folder, so that a member's name can be appended to it.
        string members = Value("--members", environment("HANDOVER_MEMBERS_URL") ?? "").TrimEnd('/') + "/";
        var options = new SimilarOptions(
            Value("--role"),
            Number("--port", environment("PORT") ?? ""),
            Value("--release", environment("HANDOVER_RELEASE") ?? ""),
            Uri.TryCreate(members, UriKind.Absolute, out Uri? url) ? url : new Uri("none:"),
            Value("--space"),
            Value("--features", "models/features.json"),
            Value("--data", "data/diamonds.csv.gz"),
            Number("--index", "1"),
            Number("--rows", "20000"),
            Number("--rows-per-second", "0")
        );
        problem =
            options.Role is not ("embed" or "search") ? "--role must be embed or search."
            : options.Port is < 1 or > 65535 ? "--port (or PORT) must be a port."
            : options.Release.Length == 0 ? "--release (or HANDOVER_RELEASE) is missing."
            : options.Members.Scheme is not ("http" or "https") ? "--members (or HANDOVER_MEMBERS_URL) is missing."
            : !File.Exists(options.Space) ? $"The space file '{options.Space}' does not exist."
            : !File.Exists(options.Features) ? $"The feature file '{options.Features}' does not exist."
            : !File.Exists(options.Data) ? $"The data file '{options.Data}' does not exist."
            : options.Index < 1 || options.Rows < 1 || options.RowsPerSecond < 0 ? "A number is not in its range."
            : "";
        return problem.Length == 0 ? options : null;
    }
}
