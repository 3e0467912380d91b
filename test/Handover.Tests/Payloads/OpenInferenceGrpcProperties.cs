using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using CsCheck;
using Google.Protobuf;
using Handover.Core.Foundation;
using Handover.Core.Payloads;
using Handover.Testkit.Grpc;
using Xunit;

namespace Handover.Tests.Payloads;

/// <summary>The hand-written reader of gRPC messages beside the classes that protoc makes.</summary>
public sealed class OpenInferenceGrpcProperties
{
    private static readonly Gen<string> Datatype = Gen.Int[0, Datatypes.All.Count - 1]
        .Select(i => Datatypes.All.ElementAt(i));

    [Fact]
    public void Whatever_protobuf_writes_is_read_as_the_same_tensors() =>
        Messages.Sample(m =>
        {
            Result<TypedAnswer> read = OpenInferenceGrpcReader.ReadResponse(GrpcFrame.Write(m.Answer.ToByteArray()));
            Assert.True(read.Ok, read.Ok ? "" : read.Problems[0].ToString());
            Assert.Equal(m.Answer.Id, read.Value.Id ?? "");
            Assert.Equal(m.Values.Count, read.Value.Tensors.Count);
            for (int i = 0; i < m.Values.Count; i++)
            {
                TypedTensor tensor = read.Value.Tensors[i];
                Assert.Equal(m.Answer.Outputs[i].Name, tensor.Name);
                Assert.Equal(m.Answer.Outputs[i].Datatype, tensor.Datatype);
                Assert.Equal(m.Answer.Outputs[i].Shape, tensor.Shape);
                Assert.Equal(m.Values[i], Written(tensor));
            }
        });

    [Fact]
    public void A_request_is_read_as_an_answer_is() =>
        Messages.Sample(m =>
        {
            var request = new ModelInferRequest { Id = m.Answer.Id };
            request.Inputs.AddRange(m.Answer.Outputs);
            request.RawInputContents.AddRange(m.Answer.RawOutputContents);
            Result<TypedRequest> read = OpenInferenceGrpcReader.ReadRequest(GrpcFrame.Write(request.ToByteArray()));
            Assert.Equal(m.Values, read.Value.Tensors.Select(Written));
        });

    [Fact]
    public void Damaged_bytes_are_a_problem_and_never_an_exception() =>
        Gen.Select(Messages, Gen.Int[0, int.MaxValue], Gen.Byte, Gen.Bool)
            .Sample(
                (m, at, put, cut) =>
                {
                    byte[] body = GrpcFrame.Write(m.Answer.ToByteArray());
                    int place = at % body.Length;
                    byte[] damaged = cut ? GrpcFrame.Write(body.AsSpan(0, place)) : [.. body];
                    damaged[cut ? damaged.Length - 1 : place] = put;
                    Read(damaged);
                }
            );

    [Fact]
    public void Any_bytes_are_a_problem_or_an_answer() =>
        Gen
            .Byte.Array[0, 200]
            .Sample(bytes =>
            {
                Read(bytes);
                Read(GrpcFrame.Write(bytes));
            });

    // Every value as one text, whatever it is made of: a whole number of 64 bits is no double.
    private static List<string> Written(TypedTensor tensor) =>
        tensor.Texts.Count > 0 || tensor.IsText
            ? [.. tensor.Texts]
            : [.. tensor.Numbers.Select(n => n.ToString("R", CultureInfo.InvariantCulture))];

    private static void Read(byte[] body)
    {
        OpenInferenceGrpcReader.ReadResponse(body);
        OpenInferenceGrpcReader.ReadRequest(body);
        OpenInferenceGrpcReader.Parameter(body, "a");
        OpenInferenceGrpcReader.Value(body, "/inputs/0/data/0");
    }

    private static Gen<Message> Messages =>
        Gen.Select(
                Gen.Bool,
                Gen.Select(Datatype, Gen.ULong.Array[0, 6]).Array[0, 4],
                Gen.String[Gen.Char.AlphaNumeric, 0, 5]
            )
            .Select((raw, tensors, id) => Make(raw, tensors, id));

    private static Message Make(bool raw, (string Datatype, ulong[] Bits)[] tensors, string id)
    {
        var answer = new ModelInferResponse { ModelName = "price", Id = id };
        var values = new List<List<string>>();
        // Only raw have the half-width floats a form.
        raw |= tensors.Any(t => t.Datatype is "FP16" or "BF16");
        foreach ((string datatype, ulong[] bits) in tensors)
        {
            var tensor = new InferTensor { Name = $"t{answer.Outputs.Count}", Datatype = datatype };
            tensor.Shape.Add(bits.Length);
            var written = new List<string>();
            using var bytes = new MemoryStream();
            if (!raw)
            {
                tensor.Contents = new InferTensorContents();
            }

            foreach (ulong b in bits)
            {
                written.Add(raw ? AddRaw(bytes, datatype, b) : AddTyped(tensor.Contents, datatype, b));
            }

            if (raw)
            {
                answer.RawOutputContents.Add(ByteString.CopyFrom(bytes.ToArray()));
            }

            answer.Outputs.Add(tensor);
            values.Add(written);
        }

        return new Message(answer, values);
    }

    private static string AddTyped(InferTensorContents to, string datatype, ulong b)
    {
        switch (datatype)
        {
            case "BOOL":
                to.BoolContents.Add(b % 2 == 1);
                return Text(b % 2);
            case "INT8" or "INT16" or "INT32":
                long whole = Cut(datatype, b);
                to.IntContents.Add((int)whole);
                return Text(whole);
            case "INT64":
                to.Int64Contents.Add((long)b);
                return ((long)b).ToString(CultureInfo.InvariantCulture);
            case "UINT8" or "UINT16" or "UINT32":
                long positive = Cut(datatype, b);
                to.UintContents.Add((uint)positive);
                return Text(positive);
            case "UINT64":
                to.Uint64Contents.Add(b);
                return b.ToString(CultureInfo.InvariantCulture);
            case "FP32":
                float single = BitConverter.UInt32BitsToSingle((uint)b);
                to.Fp32Contents.Add(single);
                return Text(single);
            case "FP64":
                to.Fp64Contents.Add(BitConverter.UInt64BitsToDouble(b));
                return Text(BitConverter.UInt64BitsToDouble(b));
            default:
                byte[] bytes = BytesOf(b);
                to.BytesContents.Add(ByteString.CopyFrom(bytes));
                return TextOf(bytes);
        }
    }

    private static string AddRaw(MemoryStream to, string datatype, ulong b)
    {
        Span<byte> eight = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(eight, b);
        switch (datatype)
        {
            case "BOOL":
                to.WriteByte((byte)(b % 2));
                return Text(b % 2);
            case "BYTES":
                byte[] bytes = BytesOf(b);
                to.Write(BitConverter.GetBytes(bytes.Length));
                to.Write(bytes);
                return TextOf(bytes);
            case "INT8" or "UINT8":
                to.Write(eight[..1]);
                return Text(Cut(datatype, b));
            case "INT16" or "UINT16":
                to.Write(eight[..2]);
                return Text(Cut(datatype, b));
            case "FP16":
                to.Write(eight[..2]);
                return Text((double)BitConverter.UInt16BitsToHalf((ushort)b));
            case "BF16":
                to.Write(eight[..2]);
                return Text(BitConverter.UInt32BitsToSingle((uint)(ushort)b << 16));
            case "INT32" or "UINT32":
                to.Write(eight[..4]);
                return Text(Cut(datatype, b));
            case "FP32":
                to.Write(eight[..4]);
                return Text(BitConverter.UInt32BitsToSingle((uint)b));
            case "INT64":
                to.Write(eight);
                return ((long)b).ToString(CultureInfo.InvariantCulture);
            case "UINT64":
                to.Write(eight);
                return b.ToString(CultureInfo.InvariantCulture);
            default:
                to.Write(eight);
                return Text(BitConverter.UInt64BitsToDouble(b));
        }
    }

    private static long Cut(string datatype, ulong b) =>
        datatype switch
        {
            "INT8" => (sbyte)b,
            "UINT8" => (byte)b,
            "INT16" => (short)b,
            "UINT16" => (ushort)b,
            "INT32" => (int)b,
            _ => (uint)b,
        };

    // Texts and bytes that are none, by turns.
    private static byte[] BytesOf(ulong b) =>
        b % 3 == 0 ? [0xff, (byte)b] : Encoding.UTF8.GetBytes((b % 1000).ToString(CultureInfo.InvariantCulture));

    private static string TextOf(byte[] bytes) =>
        bytes[0] == 0xff ? Convert.ToBase64String(bytes) : Encoding.UTF8.GetString(bytes);

    private static string Text(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    private sealed record Message(ModelInferResponse Answer, List<List<string>> Values);
}
