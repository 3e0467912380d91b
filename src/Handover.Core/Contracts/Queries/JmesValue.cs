using System.Globalization;
using System.Text.Json;

namespace Handover.Core.Contracts.Queries;

/// <summary>
/// A JSON value that a query reads or makes. Numbers keep the text they were written with, so that what a query only
/// passes on comes out byte for byte.
/// </summary>
internal sealed class JmesValue
{
    private static readonly Dictionary<string, JmesValue> NoMembers = [];

    private JmesValue(JmesKind kind) => Kind = kind;

    public static JmesValue Null { get; } = new(JmesKind.Null);

    public static JmesValue True { get; } = new(JmesKind.Boolean) { Number = 1 };

    public static JmesValue False { get; } = new(JmesKind.Boolean);

    public JmesKind Kind { get; }

    /// <summary>The text of a text; the token of a number.</summary>
    public string Text { get; private init; } = "";

    public double Number { get; private init; }

    public IReadOnlyList<JmesValue> Items { get; private init; } = [];

    /// <summary>Members in the order in which they were written.</summary>
    public IReadOnlyDictionary<string, JmesValue> Members { get; private init; } = NoMembers;

    /// <summary>What JMESPath takes for false: null, false, and everything empty.</summary>
    public bool Falsy =>
        Kind switch
        {
            JmesKind.Null => true,
            JmesKind.Boolean => Number == 0,
            JmesKind.Text => Text.Length == 0,
            JmesKind.List => Items.Count == 0,
            JmesKind.Map => Members.Count == 0,
            _ => false,
        };

    public static JmesValue Of(bool value) => value ? True : False;

    public static JmesValue Of(double value) =>
        new(JmesKind.Number)
        {
            Number = value,
            Text = value.ToString("R", CultureInfo.InvariantCulture).Replace("E+", "E", StringComparison.Ordinal),
        };

    public static JmesValue Of(string value) => new(JmesKind.Text) { Text = value };

    public static JmesValue Of(IReadOnlyList<JmesValue> items) => new(JmesKind.List) { Items = items };

    public static JmesValue Of(IReadOnlyDictionary<string, JmesValue> members) =>
        new(JmesKind.Map) { Members = members };

    /// <summary>Takes a document in. Its depth and size were bounded where it was parsed.</summary>
    public static JmesValue Of(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.True:
                return True;
            case JsonValueKind.False:
                return False;
            case JsonValueKind.Number:
                return new JmesValue(JmesKind.Number) { Number = element.GetDouble(), Text = element.GetRawText() };
            case JsonValueKind.String:
                return Of(element.GetString()!);
            case JsonValueKind.Array:
                var items = new List<JmesValue>(element.GetArrayLength());
                foreach (JsonElement item in element.EnumerateArray())
                {
                    items.Add(Of(item));
                }

                return Of(items);
            case JsonValueKind.Object:
                var members = new Dictionary<string, JmesValue>(StringComparer.Ordinal);
                foreach (JsonProperty member in element.EnumerateObject())
                {
                    members[member.Name] = Of(member.Value);
                }

                return Of(members);
            default:
                return Null;
        }
    }
}

/// <summary>What a <see cref="JmesValue"/> is.</summary>
internal enum JmesKind
{
    Null,
    Boolean,
    Number,
    Text,
    List,
    Map,
}
