using Handover.Core.Catalog;

namespace Handover.Control.Resources;

/// <summary>The <c>spec</c> of a Release.</summary>
internal static class ReleaseForm
{
    private const int MaxMembers = 32;

    /// <summary>Which fields belong to which runtime.</summary>
    private static readonly Dictionary<string, string[]> FieldsOf = new(StringComparer.Ordinal)
    {
        ["onnx"] = ["file", "sha256"],
        ["http"] = ["endpoints", "ready"],
        ["process"] = ["command", "ready", "startTimeout"],
    };

    public static Release Read(string name, string service, FieldCursor spec)
    {
        FieldCursor? uses = spec.Map("uses");
        Signature? output = SignatureForm.Read(spec.Map("output"));
        return new()
        {
            Name = name,
            Service = service,
            Members = Members(spec),
            Built = Built(spec),
            Features = Features(uses),
            Index = IndexOf(uses?.Map("index")),
            Input = SignatureForm.Read(spec.Map("input")),
            Output = output,
            Adapter = AdapterForm.Read(spec.Map("adapter"), output),
            MemoryBytes = Memory(spec.Map("resources")),
            CostPerDay = CostOf(spec.Map("cost")),
            Change = spec.Has("change") ? spec.Choice("change", NameMaps.Change, ChangeKind.Tuned) : null,
            Holdout = HoldoutOf(spec.Map("holdout")),
        };
    }

    private static IndexUse? IndexOf(FieldCursor? map) =>
        map is null
            ? null
            : new IndexUse(
                map.Text("name"),
                (int)map.Whole("version", 1, 1, int.MaxValue),
                map.Text("space"),
                (int)map.Whole("dimensions", 1, 1, 1 << 20),
                map.Choice("metric", NameMaps.Metric, IndexMetric.Cosine)
            )
            {
                Embeds = map.TextOrNull("embeds"),
                Searches = map.TextOrNull("searches"),
                Url = map.Url("url"),
            };

    private static Dictionary<string, Member> Members(FieldCursor spec)
    {
        var members = new Dictionary<string, Member>(StringComparer.Ordinal);
        foreach (YamlField field in spec.Names("members"))
        {
            if (!DnsLabel.Is(field.Name))
            {
                spec.Bad("bad-name", field.Value, $"members.{field.Name}", "this is not a name.", DnsLabel.Advice);
            }

            if (spec.Named("members", field) is { } map && MemberOf(map) is { } member)
            {
                members[field.Name] = member;
            }
        }

        if (spec.Find("members") is YamlNode.Map { Fields.Count: 0 or > MaxMembers } node)
        {
            spec.Bad("out-of-range", node, "members", $"needs 1 to {MaxMembers} members.");
        }

        return members;
    }

    private static Member? MemberOf(FieldCursor map)
    {
        string runtime = map.Choice("runtime", "");
        if (runtime.Length == 0)
        {
            return null;
        }

        string[] allowed = FieldsOf[runtime];
        foreach (YamlField field in map.Node.Fields)
        {
            bool elsewhere = FieldsOf.Values.Any(f => f.Contains(field.Name)) && !allowed.Contains(field.Name);
            if (elsewhere)
            {
                string fix = $"A member of runtime {runtime} has: {string.Join(", ", allowed)}.";
                map.Bad("unknown-field", field.Value, field.Name, $"does not go with runtime {runtime}.", fix);
            }
        }

        return runtime switch
        {
            "onnx" => Onnx(map),
            "http" => Http(map),
            _ => Process(map),
        };
    }

    private static Member.Onnx Onnx(FieldCursor map)
    {
        string file = Required(map, "file", map.Text("file"));
        if (file.Length > 0 && !IsInside(file))
        {
            string fix = "Give a path relative to it, such as models/price.onnx.";
            string message = $"'{file}' leaves the configuration directory.";
            map.Bad("outside-directory", map.Find("file")!, "file", message, fix);
        }

        string? digest = map.TextOrNull("sha256");
        if (digest is not null && (digest.Length != 64 || !digest.All(char.IsAsciiHexDigit)))
        {
            map.Bad("bad-digest", map.Find("sha256")!, "sha256", "needs 64 hex digits.", "sha256sum FILE prints them.");
        }

        return new Member.Onnx(file, digest?.ToLowerInvariant());
    }

    /// <summary>
    /// Whether a path stays inside the directory by its text alone; links are checked where files are opened.
    /// </summary>
    internal static bool IsInside(string file) =>
        !Path.IsPathRooted(file)
        && !file.Contains('\\', StringComparison.Ordinal)
        && !file.Contains('\0', StringComparison.Ordinal)
        && !file.Split('/').Contains("..");

    private static Member.Http Http(FieldCursor map)
    {
        var endpoints = new List<Uri>();
        foreach ((string text, YamlNode node) in map.Texts("endpoints"))
        {
            if (map.AsUrl(node, "endpoints", text) is { } url)
            {
                endpoints.Add(url);
            }
        }

        if (!map.Has("endpoints") || map.Find("endpoints") is YamlNode.List { Items.Count: 0 })
        {
            map.Bad("missing-field", map.Node, "endpoints", "needs at least one address.");
        }

        return new Member.Http(endpoints, Ready(map));
    }

    private static Member.Process Process(FieldCursor map)
    {
        var command = map.Texts("command").Select(t => t.Text).ToList();
        if (!map.Has("command") || map.Find("command") is YamlNode.List { Items.Count: 0 })
        {
            const string Fix = "Such as [python3, serve.py, \"{port}\"].";
            map.Bad("missing-field", map.Node, "command", "needs a program.", Fix);
        }

        var process = new Member.Process(command, Ready(map));
        TimeSpan timeout = process.StartTimeout;
        timeout = map.Duration("startTimeout", timeout, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        return process with { StartTimeout = timeout };
    }

    private static string Ready(FieldCursor map)
    {
        string ready = Required(map, "ready", map.Text("ready"));
        if (ready.Length > 0 && (ready[0] != '/' || ready.Any(c => c is <= ' ' or > '~' or '#')))
        {
            map.Bad("bad-path", map.Find("ready")!, "ready", $"'{ready}' is not a path.", "Write it like /ready.");
        }

        return ready;
    }

    private static string Required(FieldCursor map, string field, string value)
    {
        if (!map.Has(field))
        {
            map.Bad("missing-field", map.Node, field, "is missing.");
        }

        return value;
    }

    private static Dictionary<string, string> Built(FieldCursor spec)
    {
        var built = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (YamlField field in spec.Names("built"))
        {
            if (spec.AsText(field.Value, $"{spec.Path}.built.{field.Name}") is { } text)
            {
                built[field.Name] = text;
            }
        }

        return built;
    }

    private static List<FeatureUse> Features(FieldCursor? uses)
    {
        IEnumerable<FieldCursor> maps = uses?.Maps("features") ?? [];
        return
        [
            .. maps.Select(map => new FeatureUse(
                map.Text("view"),
                (int)map.Whole("version", 1, 1, int.MaxValue),
                [.. map.Texts("fields").Select(t => t.Text)]
            )),
        ];
    }

    private static long? Memory(FieldCursor? map) =>
        map is not null && map.Has("memory") ? map.Size("memory", 1) : null;

    private static Cost? CostOf(FieldCursor? map)
    {
        if (map is null)
        {
            return null;
        }

        string currency = map.Text("currency");
        if (
            map.Find("currency") is YamlNode.Scalar { Kind: ScalarKind.Text } node
            && (currency.Length != 3 || !currency.All(char.IsAsciiLetterUpper))
        )
        {
            map.Bad("bad-currency", node, "currency", $"'{currency}' is not an ISO 4217 code.", "Write it like USD.");
        }

        return new Cost(map.Number("perDay", 0, 0), currency);
    }

    private static Holdout? HoldoutOf(FieldCursor? map) =>
        map is null
            ? null
            : new Holdout(
                map.Text("metric"),
                (double)map.Number("value", 0, decimal.MinValue),
                (double)map.Number("baseline", 0, decimal.MinValue),
                map.Choice("better", "lower") == "lower"
            );
}
