using System.Globalization;
using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Foundation;

namespace Handover.Control.Resources;

/// <summary>A set of tensors, a schema or a Pact file as releases and consumers declare it.</summary>
internal static class SignatureForm
{
    private const int MaxDimensions = 16;
    private const int MaxLabels = 1000;
    private const int MaxDocument = 512 << 10;
    private static readonly string[] Kinds = ["tensors", "schema", "pact"];

    public static Signature? Read(FieldCursor? map)
    {
        if (map is null)
        {
            return null;
        }

        string[] kinds = [.. Kinds.Where(map.Has)];
        if (kinds.Length != 1)
        {
            string got = kinds.Length == 0 ? "nothing" : string.Join(" and ", kinds);
            map.Bad("missing-field", map.Node, "tensors", $"one of tensors and schema is needed, got {got}.");
            return null;
        }

        return kinds[0] == "tensors" ? Tensors(map) : Document(map, kinds[0]);
    }

    private static Signature? Document(FieldCursor map, string field)
    {
        string file = map.Text(field);
        YamlNode at = map.Find(field)!;
        if (!ReleaseForm.IsInside(file))
        {
            string message = $"'{file}' leaves the configuration directory.";
            map.Bad("outside-directory", at, field, message, "Give a path relative to it.");
            return null;
        }

        Result<string> text = map.TextOrNull(field + "Text") is { } given ? given : map.Log.TextOf(file);
        if (!text.Ok)
        {
            map.Bad(text.Problems[0].Code, at, field, text.Problems[0].Message, text.Problems[0].Fix);
            return null;
        }

        if (text.Value.Length > MaxDocument)
        {
            map.Bad("too-large", at, field, $"'{file}' has more than {MaxDocument >> 10} KiB.");
            return null;
        }

        ContractDocumentKind kind = field == "pact" ? ContractDocumentKind.Pact : ContractDocumentKind.Schema;
        var signature = new Signature([]) { Document = new ContractDocument(kind, file, text.Value) };
        Result<AnswerContract> compiled = AnswerContract.Compile(file, signature, WireProtocol.Json);
        foreach (Problem problem in compiled.Problems.Take(10))
        {
            map.Bad(problem.Code, at, field, $"{file}: {problem.Message}", problem.Fix);
        }

        return signature;
    }

    private static Signature Tensors(FieldCursor map)
    {
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

    private static TensorSpec Tensor(FieldCursor map)
    {
        string datatype = map.Choice("datatype", "");
        return new TensorSpec(map.Text("name"), datatype, Shape(map))
        {
            Unit = map.TextOrNull("unit"),
            Range = Range(map),
            Labels = Labels(map, datatype),
            Semantics = map.TextOrNull("semantics"),
            Reference = map.TextOrNull("reference"),
            As = map.Choice("as", NameMaps.Output, OutputKind.Auto),
            Optional = map.Flag("optional", false),
        };
    }

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

    private static IReadOnlySet<string>? Labels(FieldCursor map, string datatype)
    {
        if (!map.Has("labels"))
        {
            return null;
        }

        YamlNode at = map.Find("labels")!;
        var labels = new HashSet<string>(StringComparer.Ordinal);
        foreach ((string text, YamlNode node) in map.Texts("labels"))
        {
            if (!labels.Add(text))
            {
                map.Bad("duplicate-name", node, "labels", $"'{text}' is declared twice.");
            }
        }

        if (labels.Count is 0 or > MaxLabels)
        {
            map.Bad("out-of-range", at, "labels", $"needs 1 to {MaxLabels} texts.");
        }

        if (datatype is not ("BYTES" or ""))
        {
            map.Bad("wrong-type", at, "labels", $"only a BYTES tensor has labels, not {datatype}.", "Use range.");
        }

        return labels;
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
