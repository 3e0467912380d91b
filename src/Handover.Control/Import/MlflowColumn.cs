using System.Text.Json;

namespace Handover.Control.Import;

/// <summary>
/// One entry of an MLflow schema: a column (<c>{type, name, required}</c>), a tensor (<c>{type: tensor,
/// tensor-spec}</c>) or a parameter. Types by the names of MLflow's <c>DataType</c>, those of tensors by numpy's.
/// </summary>
internal sealed record MlflowColumn
{
    /// <summary>Its name; null when it has none.</summary>
    public string? Name { get; private init; }

    /// <summary>Open Inference datatype; null for a nested type, which no tensor can hold.</summary>
    public string? Datatype { get; private init; }

    /// <summary>Sizes of a tensor; null for a column.</summary>
    public IReadOnlyList<long>? Shape { get; private init; }

    /// <summary>Whether it must be there.</summary>
    public bool Required { get; private init; }

    /// <summary>What was lost by naming the datatype; null when nothing.</summary>
    public string? Note { get; private init; }

    /// <summary>The entry as it was written.</summary>
    public JsonElement Written { get; private init; }

    /// <summary>Reads one; throws <see cref="FormatException"/> when it is none.</summary>
    public static MlflowColumn Read(JsonElement json)
    {
        string type = JsonFields.Text(json, "type") ?? throw new FormatException("an entry has no 'type'");
        string? name = JsonFields.Text(json, "name");
        bool required =
            !(json.TryGetProperty("required", out JsonElement r) && r.ValueKind == JsonValueKind.False)
            && !(json.TryGetProperty("optional", out JsonElement o) && o.ValueKind == JsonValueKind.True);
        var column = new MlflowColumn
        {
            Name = name,
            Required = required,
            Written = json.Clone(),
        };
        if (type == "tensor")
        {
            return Tensor(json, column);
        }

        (string? datatype, string? note) = Scalar(type);
        return column with { Datatype = datatype, Note = note };
    }

    /// <summary>
    /// The datatype of a scalar column; null for a nested one. Throws for a type that MLflow has not.
    /// </summary>
    public static (string? Datatype, string? Note) Scalar(string type) =>
        type switch
        {
            "boolean" => ("BOOL", null),
            "integer" => ("INT32", null),
            "long" => ("INT64", null),
            "float" => ("FP32", null),
            "double" => ("FP64", null),
            "string" => ("BYTES", null),
            "binary" => ("BYTES", "binary is carried as text in base64"),
            "datetime" => ("BYTES", "datetime is carried as text"),
            "array" or "object" or "map" or "any" => (null, null),
            _ => throw new FormatException($"'{type}' is no type of MLflow"),
        };

    private static MlflowColumn Tensor(JsonElement json, MlflowColumn column)
    {
        if (
            !json.TryGetProperty("tensor-spec", out JsonElement spec)
            || spec.ValueKind != JsonValueKind.Object
            || JsonFields.Text(spec, "dtype") is not { } dtype
            || !spec.TryGetProperty("shape", out JsonElement shape)
            || shape.ValueKind != JsonValueKind.Array
            || shape.GetArrayLength() > 16
        )
        {
            throw new FormatException("a tensor needs 'tensor-spec' with 'dtype' and 'shape'");
        }

        var sizes = new List<long>();
        foreach (JsonElement size in shape.EnumerateArray())
        {
            sizes.Add(
                size.ValueKind == JsonValueKind.Number && size.TryGetInt64(out long value) && value >= -1
                    ? value
                    : throw new FormatException("a size in 'shape' is no whole number from -1")
            );
        }

        (string datatype, string? note) = dtype switch
        {
            "bool" => ("BOOL", null),
            "uint8" or "uint16" or "uint32" or "uint64" => (dtype.ToUpperInvariant(), null),
            "int8" or "int16" or "int32" or "int64" => (dtype.ToUpperInvariant(), null),
            "float16" => ("FP16", null),
            "float32" => ("FP32", null),
            "float64" => ("FP64", (string?)null),
            "object" or "str" or "bytes" => ("BYTES", null),
            _ when dtype.StartsWith("datetime64", StringComparison.Ordinal) => ("BYTES", $"{dtype} is carried as text"),
            _ when dtype.Length > 1 && dtype.TrimStart('<', '>', '|', '=') is ['U' or 'S', ..] => ("BYTES", null),
            _ => throw new FormatException($"'{dtype}' is no datatype that can be carried"),
        };
        return column with { Datatype = datatype, Shape = sizes, Note = note };
    }
}
