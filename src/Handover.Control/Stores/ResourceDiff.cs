using System.Text.Json;

namespace Handover.Control.Stores;

/// <summary>Compares two canonical forms field by field.</summary>
internal static class ResourceDiff
{
    public static IReadOnlyList<FieldChange> Between(string before, string after)
    {
        using var a = JsonDocument.Parse(before);
        using var b = JsonDocument.Parse(after);
        var changes = new List<FieldChange>();
        Compare("", a.RootElement, b.RootElement, changes);
        return changes;
    }

    private static void Compare(string path, JsonElement a, JsonElement b, List<FieldChange> changes)
    {
        if (a.ValueKind == JsonValueKind.Object && b.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty field in a.EnumerateObject())
            {
                string below = path.Length == 0 ? field.Name : $"{path}.{field.Name}";
                if (b.TryGetProperty(field.Name, out JsonElement other))
                {
                    Compare(below, field.Value, other, changes);
                }
                else
                {
                    changes.Add(new FieldChange(below, field.Value.GetRawText(), null));
                }
            }

            foreach (JsonProperty field in b.EnumerateObject().Where(f => !a.TryGetProperty(f.Name, out _)))
            {
                string below = path.Length == 0 ? field.Name : $"{path}.{field.Name}";
                changes.Add(new FieldChange(below, null, field.Value.GetRawText()));
            }
        }
        else if (SameLength(a, b))
        {
            for (int i = 0; i < a.GetArrayLength(); i++)
            {
                Compare($"{path}[{i}]", a[i], b[i], changes);
            }
        }
        else if (a.GetRawText() != b.GetRawText())
        {
            changes.Add(new FieldChange(path, a.GetRawText(), b.GetRawText()));
        }
    }

    private static bool SameLength(JsonElement a, JsonElement b) =>
        a.ValueKind == JsonValueKind.Array
        && b.ValueKind == JsonValueKind.Array
        && a.GetArrayLength() == b.GetArrayLength();
}
