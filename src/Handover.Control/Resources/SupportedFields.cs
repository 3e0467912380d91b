namespace Handover.Control.Resources;

/// <summary>
/// Every field of the resource files, the promised ones that are not there yet included. Reading asks this table which
/// names exist, so that documentation made from it can't disagree with what is accepted.
/// </summary>
public static partial class SupportedFields
{
    /// <summary>The version of the format.</summary>
    public const string ApiVersion = "handover.dev/v1";

    private static readonly Lazy<ILookup<(string Kind, string Parent), SupportedField>> ByParent = new(() =>
        All!.ToLookup(f => (f.Kind, f.Parent))
    );

    /// <summary>All fields below <c>spec</c> and <c>metadata</c>, kind by kind.</summary>
    public static IReadOnlyList<SupportedField> All { get; } =
    [
        .. Metadata("Service", false),
        .. Service,
        .. Metadata("Release", true),
        .. Release,
        .. Tensors("Release", "spec.input"),
        .. Tensors("Release", "spec.output"),
        .. Tensors("Release", "spec.adapter.output.emits"),
        .. Metadata("Consumer", true),
        .. Consumer,
        .. Tensors("Consumer", "spec.accepts"),
        .. Metadata("FeatureView", false, "As the feature store has it: letters, digits, dashes and underscores."),
        .. FeatureView,
        .. Metadata("Segment", false),
        .. Segment,
        .. Metadata("Rollout", true),
        .. Rollout,
    ];

    /// <summary>The fields of one map of one kind.</summary>
    public static IEnumerable<SupportedField> Under(string kind, string parent) => ByParent.Value[(kind, parent)];

    private static SupportedField Field(string kind, string path, FieldType type, string meaning) =>
        new(kind, path, type, meaning);

    private static SupportedField Needed(string kind, string path, FieldType type, string meaning) =>
        new(kind, path, type, meaning) { Required = true };

    private static SupportedField NotYet(string kind, string path, FieldType type, string meaning) =>
        new(kind, path, type, meaning) { Supported = false };

    private static SupportedField Choice(string kind, string path, IReadOnlyList<string> values, string meaning) =>
        new(kind, path, FieldType.Choice, meaning) { Values = values };

    private static SupportedField[] Metadata(
        string kind,
        bool inService,
        string naming = "DNS label: a-z, 0-9 and dashes."
    )
    {
        SupportedField version = Choice(kind, "apiVersion", [ApiVersion], "Version of the format.") with
        {
            Required = true,
        };
        SupportedField self = Choice(kind, "kind", NameMaps.Kind.All, "The kind.") with { Required = true };
        SupportedField map = Needed(kind, "metadata", FieldType.Map, "Who the resource is.");
        SupportedField name = Needed(kind, "metadata.name", FieldType.Text, naming);
        SupportedField spec = Needed(kind, "spec", FieldType.Map, "What it is.");
        SupportedField service = Needed(kind, "metadata.service", FieldType.Text, "The service it belongs to.");
        return inService ? [version, self, map, name, service, spec] : [version, self, map, name, spec];
    }

    private static SupportedField[] Tensors(string kind, string path) =>
        [
            Field(kind, $"{path}.tensors", FieldType.Maps, "Named tensors; or give a schema."),
            Field(kind, $"{path}.schema", FieldType.Text, "File with a JSON Schema 2020-12."),
            Field(kind, $"{path}.schemaText", FieldType.Text, "Its content; filled in when it is applied."),
            Needed(kind, $"{path}.tensors[].name", FieldType.Text, "Name on the wire."),
            Choice(kind, $"{path}.tensors[].datatype", NameMaps.Datatypes, "Open Inference datatype.") with
            {
                Required = true,
            },
            Needed(kind, $"{path}.tensors[].shape", FieldType.Numbers, "Sizes by dimension; -1 is any."),
            Field(kind, $"{path}.tensors[].unit", FieldType.Text, "UCUM or ISO 4217 code."),
            Field(kind, $"{path}.tensors[].range", FieldType.Numbers, "Smallest and largest value, both included."),
            Field(kind, $"{path}.tensors[].labels", FieldType.Texts, "BYTES: the texts that it may have, up to 1000."),
            Field(kind, $"{path}.tensors[].semantics", FieldType.Text, "Meaning and version, e.g. price/2.0."),
            Field(
                kind,
                $"{path}.tensors[].reference",
                FieldType.Text,
                "Id of the distribution that values should have."
            ),
            Choice(kind, $"{path}.tensors[].as", NameMaps.Output.All, "What it is, for comparing two releases."),
            Field(kind, $"{path}.tensors[].optional", FieldType.Flag, "Whether a consumer can do without it."),
        ];
}
