using System.Globalization;
using Handover.Core.Foundation;

namespace Handover.Core.Payloads;

/// <summary>
/// Reads bodies of the Open Inference Protocol v2 over gRPC (<c>open_inference_grpc.proto</c>: ModelInferRequest and
/// ModelInferResponse) into the same tensors as <see cref="OpenInferenceReader"/> does, so that everything behind a
/// reader works for both.
/// </summary>
public static class OpenInferenceGrpcReader
{
    private const int IdField = 3;
    private const int ParametersField = 4;
    private const int TensorsField = 5;

    /// <summary>
    /// The answer of ModelInfer, in its gRPC frame. Problems: those of <see cref="GrpcFrame.Read"/>.
    /// </summary>
    public static Result<TypedAnswer> ReadResponse(ReadOnlySpan<byte> body)
    {
        Result<Parts> read = Read(body, rawField: 6, "outputs");
        if (!read.Ok)
        {
            return Result<TypedAnswer>.Failed(read.Problems);
        }

        Parts parts = read.Value;
        string? model = parts.Model.Length == 0 ? null : parts.Model;
        return new TypedAnswer(parts.Tensors)
        {
            Id = parts.Id,
            Model = parts.Version.Length == 0 ? model : $"{model}/{parts.Version}",
        };
    }

    /// <summary>The request of ModelInfer, in its gRPC frame. Problems as in <see cref="ReadResponse"/>.</summary>
    public static Result<TypedRequest> ReadRequest(ReadOnlySpan<byte> body)
    {
        Result<Parts> read = Read(body, rawField: 7, "inputs");
        return read.Ok
            ? new TypedRequest(read.Value.Tensors) { Id = read.Value.Id }
            : Result<TypedRequest>.Failed(read.Problems);
    }

    /// <summary>
    /// One value of a request, by RFC 6901 pointer into the JSON form of the same request: <c>/id</c>,
    /// <c>/model_name</c>, <c>/model_version</c>, <c>/parameters/NAME</c> or <c>/inputs/INDEX/data/INDEX</c> (data
    /// counted flat). Null when the pointer leads nowhere, or the body cannot be read.
    /// </summary>
    public static string? Value(ReadOnlySpan<byte> body, string pointer)
    {
        string[] steps =
        [
            .. pointer
                .Split('/')
                .Select(s =>
                    s.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)
                ),
        ];
        return steps switch
        {
            ["", "model_name"] => Text(body, 1),
            ["", "model_version"] => Text(body, 2),
            ["", "id"] => Text(body, IdField),
            ["", "parameters", var name] => Parameter(body, name),
            ["", "inputs", var tensor, "data", var at] => Datum(body, tensor, at),
            _ => null,
        };
    }

    /// <summary>
    /// A parameter of a request as text: <c>true</c>, <c>false</c>, a number in its shortest form, or the text itself.
    /// Null when there is none of this name, or the body cannot be read.
    /// </summary>
    public static string? Parameter(ReadOnlySpan<byte> body, string name)
    {
        if (GrpcFrame.Read(body, out ReadOnlySpan<byte> message) is not null)
        {
            return null;
        }

        string? found = null;
        var fields = new ProtoFields(message);
        while (fields.Next())
        {
            // A map is a list of entries {1: key, 2: value}; of two entries with one key the later one counts.
            if (fields is { Number: ParametersField, HasLength: true } && Entry(fields.Bytes, name) is { } value)
            {
                found = value;
            }
        }

        return fields.Damaged ? null : found;
    }

    private static string? Text(ReadOnlySpan<byte> body, int number)
    {
        if (GrpcFrame.Read(body, out ReadOnlySpan<byte> message) is not null)
        {
            return null;
        }

        string? found = null;
        var fields = new ProtoFields(message);
        while (fields.Next())
        {
            found = fields.HasLength && fields.Number == number ? fields.Text : found;
        }

        return fields.Damaged || found is not { Length: > 0 } ? null : found;
    }

    private static string? Datum(ReadOnlySpan<byte> body, string tensor, string at)
    {
        if (
            !int.TryParse(tensor, NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            || !int.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out int position)
            || ReadRequest(body) is not { Ok: true } request
            || index >= request.Value.Tensors.Count
            || position >= request.Value.Tensors[index].Count
        )
        {
            return null;
        }

        TypedTensor read = request.Value.Tensors[index];
        return read.Texts.Count > 0
            ? read.Texts[position]
            : read.Datatype switch
            {
                "BOOL" => null,
                "FP64" => read.Numbers[position].ToString("R", CultureInfo.InvariantCulture),
                _ when Datatypes.IsFloat(read.Datatype) => ((float)read.Numbers[position]).ToString(
                    "R",
                    CultureInfo.InvariantCulture
                ),
                _ => read.Numbers[position].ToString("R", CultureInfo.InvariantCulture),
            };
    }

    private static string? Entry(ReadOnlySpan<byte> entry, string name)
    {
        string key = "";
        ReadOnlySpan<byte> value = default;
        var fields = new ProtoFields(entry);
        while (fields.Next())
        {
            if (fields is { Number: 1, HasLength: true })
            {
                key = fields.Text;
            }
            else if (fields is { Number: 2, HasLength: true })
            {
                value = fields.Bytes;
            }
        }

        return !fields.Damaged && string.Equals(key, name, StringComparison.Ordinal) ? Choice(value) : null;
    }

    // InferParameter is one of {1 bool, 2 int64, 3 string, 4 double, 5 uint64}; the last one that is written counts.
    private static string? Choice(ReadOnlySpan<byte> value)
    {
        string? text = null;
        var fields = new ProtoFields(value);
        while (fields.Next())
        {
            text = (fields.Number, fields.WireType) switch
            {
                (1, 0) => fields.Value == 0 ? "false" : "true",
                (2, 0) => ((long)fields.Value).ToString(CultureInfo.InvariantCulture),
                (3, 2) => fields.Text,
                (4, 1) => BitConverter.UInt64BitsToDouble(fields.Value).ToString("R", CultureInfo.InvariantCulture),
                (5, 0) => fields.Value.ToString(CultureInfo.InvariantCulture),
                _ => text,
            };
        }

        return fields.Damaged ? null : text;
    }

    // The tensors come before their raw contents or after them, so that the message is read twice.
    private static Result<Parts> Read(ReadOnlySpan<byte> body, int rawField, string list)
    {
        if (GrpcFrame.Read(body, out ReadOnlySpan<byte> message) is { } unframed)
        {
            return unframed;
        }

        var parts = new Parts();
        var fields = new ProtoFields(message);
        while (fields.Next())
        {
            if (fields.HasLength)
            {
                parts.Note(fields.Number, fields, rawField);
            }
        }

        if (fields.Damaged)
        {
            return PayloadDocument.Bad("", "the message is no protobuf, or is cut off");
        }

        if (parts.Raws > 0 && parts.Raws != parts.Count)
        {
            return PayloadDocument.Bad($"/{list}", $"{parts.Count} tensors have {parts.Raws} raw contents");
        }

        var raws = new ProtoFields(message);
        var again = new ProtoFields(message);
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (again.Next())
        {
            if (again is not { Number: TensorsField, HasLength: true })
            {
                continue;
            }

            string where = $"/{list}/{parts.Tensors.Count}";
            ReadOnlySpan<byte> raw = parts.Raws > 0 ? NextOf(ref raws, rawField) : default;
            Result<TypedTensor> tensor = OpenInferenceGrpcTensor.Read(again.Bytes, parts.Raws > 0, raw, where);
            if (!tensor.Ok)
            {
                return Result<Parts>.Failed(tensor.Problems);
            }

            if (!names.Add(tensor.Value.Name))
            {
                return PayloadDocument.Bad($"{where}/name", $"'{tensor.Value.Name}' occurs twice");
            }

            parts.Tensors.Add(tensor.Value);
        }

        return parts;
    }

    private static ReadOnlySpan<byte> NextOf(ref ProtoFields fields, int number)
    {
        while (fields.Next())
        {
            if (fields.HasLength && fields.Number == number)
            {
                return fields.Bytes;
            }
        }

        return default;
    }

    private sealed class Parts
    {
        public string Model { get; private set; } = "";

        public string Version { get; private set; } = "";

        public string? Id { get; private set; }

        public int Count { get; private set; }

        public int Raws { get; private set; }

        public List<TypedTensor> Tensors { get; } = [];

        public void Note(int number, ProtoFields field, int rawField)
        {
            switch (number)
            {
                case 1:
                    Model = field.Text;
                    break;
                case 2:
                    Version = field.Text;
                    break;
                case IdField:
                    Id = field.Text is { Length: > 0 } id ? id : null;
                    break;
                case TensorsField:
                    Count++;
                    break;
                default:
                    Raws += number == rawField ? 1 : 0;
                    break;
            }
        }
    }
}
