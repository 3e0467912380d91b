using System.Globalization;
using Handover.Core.Foundation;

namespace Handover.Control.Resources;

/// <summary>
/// Reads the fields of one map by the table of <see cref="SupportedFields"/>. What is wrong goes to the log and a
/// harmless stand-in is returned, so that reading goes on and every problem is found; a document with problems yields
/// no resource.
/// </summary>
internal sealed partial class FieldCursor
{
    private readonly ReadLog _log;
    private readonly string _kind;
    private readonly string _schemaPath;
    private readonly YamlNode.Map _map;
    private readonly Dictionary<string, SupportedField> _known;

    public FieldCursor(ReadLog log, string kind, string schemaPath, string path, YamlNode.Map map)
    {
        (_log, _kind, _schemaPath, Path, _map) = (log, kind, schemaPath, path, map);
        _known = SupportedFields.Under(kind, schemaPath).ToDictionary(f => f.Name, StringComparer.Ordinal);
        CheckNames();
    }

    /// <summary>Where the map is, for messages.</summary>
    public string Path { get; }

    /// <summary>The log that problems go to.</summary>
    public ReadLog Log => _log;

    /// <summary>The map itself.</summary>
    public YamlNode.Map Node => _map;

    /// <summary>Whether the field is there.</summary>
    public bool Has(string name) => Find(name) is not null;

    public string Text(string name, string fallback = "") => TextOrNull(name) ?? fallback;

    public string? TextOrNull(string name)
    {
        YamlNode? node = Value(name, FieldType.Text);
        return node is null ? null : AsText(node, PathOf(name));
    }

    public string Choice(string name, string fallback)
    {
        YamlNode? node = Value(name, FieldType.Choice);
        if (node is null || AsText(node, PathOf(name)) is not { } text)
        {
            return fallback;
        }

        IReadOnlyList<string> values = _known[name].Values;
        if (values.Contains(text))
        {
            return text;
        }

        Bad("unknown-value", node, name, $"'{text}' is not known.", NearestName.Advice(text, values.ToList()));
        return fallback;
    }

    public T Choice<T>(string name, NameMap<T> names, T fallback)
        where T : struct, Enum => names.Find(Choice(name, "")) ?? fallback;

    public bool Flag(string name, bool fallback)
    {
        YamlNode? node = Value(name, FieldType.Flag);
        if (node is null)
        {
            return fallback;
        }

        if (node is YamlNode.Scalar { Kind: ScalarKind.Flag } scalar)
        {
            return scalar.Text is "true" or "True" or "TRUE";
        }

        WrongType(node, name, "true or false");
        return fallback;
    }

    public long Whole(string name, long fallback, long min, long max)
    {
        YamlNode? node = Value(name, FieldType.Whole);
        if (node is null)
        {
            return fallback;
        }

        if (node is not YamlNode.Scalar { Kind: ScalarKind.Number } scalar || !TryLong(scalar.Text, out long value))
        {
            WrongType(node, name, "a whole number");
            return fallback;
        }

        return InRange(node, name, value, min, max) ? value : fallback;
    }

    public decimal Number(string name, decimal fallback, decimal min)
    {
        YamlNode? node = Value(name, FieldType.Number);
        if (node is null)
        {
            return fallback;
        }

        if (
            node is not YamlNode.Scalar { Kind: ScalarKind.Number } scalar
            || !decimal.TryParse(scalar.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal value)
        )
        {
            WrongType(node, name, "a number");
            return fallback;
        }

        if (value < min)
        {
            Bad("out-of-range", node, name, $"{scalar.Text} is below {min.ToString(CultureInfo.InvariantCulture)}.");
        }

        return value;
    }

    public TimeSpan Duration(string name, TimeSpan fallback, TimeSpan min, TimeSpan max)
    {
        const string Wanted = "a duration such as 400ms, 2s, 5m, 2h or 14d";
        if (Scaled<TimeSpan>(name, FieldType.Duration, Units.TryDuration, Wanted) is not { } value)
        {
            return fallback;
        }

        if (value >= min && value <= max)
        {
            return value;
        }

        string range = $"{Units.Duration(value)} is not in {Units.Duration(min)} to {Units.Duration(max)}.";
        Bad("out-of-range", Find(name)!, name, range);
        return fallback;
    }

    public TimeSpan Duration(string name, TimeSpan fallback) =>
        Duration(name, fallback, TimeSpan.Zero, Units.MaxDuration);

    public long Size(string name, long fallback, long min = 1)
    {
        if (Scaled<long>(name, FieldType.Size, Units.TrySize, "a size such as 512KiB or 4MiB") is not { } value)
        {
            return fallback;
        }

        return InRange(Find(name)!, name, value, min, long.MaxValue) ? value : fallback;
    }

    public Ratio? Ratio(string name) =>
        Scaled<Ratio>(name, FieldType.Ratio, Units.TryRatio, "a percentage such as 10%, or a number such as 0.1");

    public Share? Share(string name) =>
        Scaled<Share>(name, FieldType.Share, Units.TryShare, "a percentage such as 10%, in steps of 0.001%");

    public Uri? Url(string name)
    {
        YamlNode? node = Value(name, FieldType.Url);
        return node is null || AsText(node, PathOf(name)) is not { } text ? null : AsUrl(node, name, text);
    }

    public Uri? AsUrl(YamlNode node, string name, string text)
    {
        if (
            Uri.TryCreate(text, UriKind.Absolute, out Uri? url)
            && url.Scheme is "http" or "https"
            && url.UserInfo.Length == 0
            && url.Host.Length > 0
        )
        {
            return url;
        }

        Bad("bad-url", node, name, $"'{text}' is not an http or https address without user name.");
        return null;
    }

    /// <summary>The raw node of a rule.</summary>
    public YamlNode? Rule(string name) => Value(name, FieldType.Rule);

    /// <summary>
    /// Text, with a problem when the node is none: an unquoted number or flag could be meant either way.
    /// </summary>
    public string? AsText(YamlNode node, string path)
    {
        if (node is YamlNode.Scalar { Kind: ScalarKind.Text } scalar)
        {
            return scalar.Text;
        }

        string? fix = node is YamlNode.Scalar { Kind: not ScalarKind.Empty } other
            ? $"Write \"{other.Text}\" if text is meant."
            : null;
        _log.Add("wrong-type", node, path, $"needs text, got {node.Describe()}.", fix);
        return null;
    }

    /// <summary>Adds a problem of a field of this map.</summary>
    public void Bad(string code, YamlNode at, string name, string message, string? fix = null) =>
        _log.Add(code, at, PathOf(name), message, fix);

    /// <summary>The field's node, whatever its type; null when absent.</summary>
    public YamlNode? Find(string name) => _map.Fields.FirstOrDefault(f => f.Name == name)?.Value;

    /// <summary>Whether a number lies in the range; a problem when not.</summary>
    public bool InRange(YamlNode node, string name, long value, long min, long max)
    {
        if (value >= min && value <= max)
        {
            return true;
        }

        string bound = max == long.MaxValue ? $"below {min}" : $"not in {min} to {max}";
        Bad("out-of-range", node, name, $"{value} is {bound}.");
        return false;
    }

    public static bool TryLong(string text, out long value) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    private delegate bool Scale<T>(string text, out T value);

    private T? Scaled<T>(string name, FieldType type, Scale<T> scale, string wanted)
        where T : struct
    {
        YamlNode? node = Value(name, type);
        if (node is null)
        {
            return null;
        }

        if (node is YamlNode.Scalar { Kind: not ScalarKind.Empty } scalar && scale(scalar.Text, out T value))
        {
            return value;
        }

        WrongType(node, name, wanted);
        return null;
    }

    private YamlNode? Value(string name, FieldType type)
    {
        Invariant.Holds(
            _known.TryGetValue(name, out SupportedField? field) && field.Type == type && field.Supported,
            $"{_kind} {_schemaPath}.{name} is read as {type} but the table of fields says otherwise"
        );
        return Find(name);
    }

    private void CheckNames()
    {
        foreach (YamlField field in _map.Fields)
        {
            string path = PathOf(field.Name);
            if (!_known.TryGetValue(field.Name, out SupportedField? known))
            {
                string message = $"there is no field '{field.Name}' here.";
                string fix =
                    _log.Full ? ""
                    : _known.Count > 0 ? NearestName.Advice(field.Name, _known.Keys)
                    : "Leave the map empty.";
                _log.Add("unknown-field", field.Line, field.Column, path, message, fix);
            }
            else if (!known.Supported)
            {
                string message = $"'{field.Name}' is not supported yet.";
                _log.Add("not-supported-yet", field.Line, field.Column, path, message, "Remove it.");
            }
        }

        foreach (SupportedField field in _known.Values.Where(f => f.Required && !Has(f.Name)))
        {
            _log.Add("missing-field", _map, PathOf(field.Name), $"is missing. {field.Meaning}");
        }
    }

    private void WrongType(YamlNode node, string name, string wanted) =>
        Bad("wrong-type", node, name, $"needs {wanted}, got {node.Describe()}.");

    private string PathOf(string name) => Below(Path, name);

    private static string Below(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static string List(IEnumerable<string> values) => string.Join(", ", values);
}
