using System.Globalization;
using Handover.Core.Catalog;

namespace Handover.Control.Resources;

/// <summary>A set of tensors as releases and consumers declare it.</summary>
internal static class SignatureForm
{
    private const int MaxDimensions = 16;

    public static Signature? Read(FieldCursor? map)
    {
        if (map is null)
        {
            return null;
        }

        var tensors = new List<TensorSpec>();
        foreach (FieldCursor tensor in map.Maps("tensors"))
        {
            TensorSpec spec = Tensor(tensor);
            if (spec.Name.Length > 0 && tensors.Any(t => t.Name == spec.Name))
            {
                tensor.Bad("duplicate-name", tensor.Find("name")!, "name", $"'{spec.Name}' is declared twice.");
            }

            tensors.Add(spec);
        }

        if (tensors.Count == 0 && map.Find("tensors") is YamlNode.List { Items.Count: 0 } empty)
        {
            map.Bad("empty-list", empty, "tensors", "needs at least one tensor.");
        }

        return new Signature(tensors);
    }

    private static TensorSpec Tensor(FieldCursor map) =>
        new(map.Text("name"), map.Choice("datatype", ""), Shape(map))
        {
            Unit = map.TextOrNull("unit"),
            Range = Range(map),
            Semantics = map.TextOrNull("semantics"),
            Reference = map.TextOrNull("reference"),
            Optional = map.Flag("optional", false),
        };

    private static List<long> Shape(FieldCursor map)
    {
        var shape = new List<long>();
        foreach ((string text, YamlNode node) in map.Numbers("shape"))
        {
            if (FieldCursor.TryLong(text, out long size) && size >= -1)
            {
                shape.Add(size);
            }
            else
            {
                map.Bad("out-of-range", node, "shape", $"{text} is not a size.", "Use a whole number, or -1 for any.");
            }
        }

        if (shape.Count > MaxDimensions)
        {
            map.Bad("out-of-range", map.Find("shape")!, "shape", $"has more than {MaxDimensions} dimensions.");
        }

        return shape;
    }

    internal static ValueRange? Range(FieldCursor map)
    {
        if (!map.Has("range"))
        {
            return null;
        }

        var ends = map.Numbers("range").Select(n => double.Parse(n.Text, CultureInfo.InvariantCulture)).ToList();
        if (ends.Count == 2 && ends.TrueForAll(double.IsFinite) && ends[0] <= ends[1])
        {
            return new ValueRange(ends[0], ends[1]);
        }

        map.Bad("bad-range", map.Find("range")!, "range", "needs [smallest, largest].");
        return null;
    }
}
