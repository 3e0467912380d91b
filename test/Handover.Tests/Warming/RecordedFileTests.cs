using System.Text;
using Handover.Control.Warming;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Ports;
using Xunit;

namespace Handover.Tests.Warming;

/// <summary>Files of recorded requests: TensorFlow Serving's, and our own NDJSON.</summary>
public sealed class RecordedFileTests
{
    // Two records, made by another program: CRC-32C bit by bit from its polynomial, protobuf by hand. The first has
    // three inputs (floats, text, packed whole numbers with a negative one) and an answer as tensor_content; the next
    // has one input and no answer.
    private const string Foreign =
        "xAAAAAAAAABA8eV9CgAyvwEKgwEKGAoFcHJpY2UaD3NlcnZpbmdfZGVmYXVsdBIhCgdudW1iZXJzEhYIARIIEgIIARICCAIqCAAA"
        + "gD4AAHZCEiUKCmNhdGVnb3JpZXMSFwgHEggSAggBEgIIAkIFSWRlYWxCAsOpEh0KA2lkcxIWCAkSBBICCAJSDPn//////////wGs"
        + "AhI3ChsKBXByaWNlEhIIARIIEgIIARICCAEiBABAo0MSGAoFcHJpY2UaD3NlcnZpbmdfZGVmYXVsdE9HdBgnAAAAAAAAALvhsUYy"
        + "JQojEiEKB251bWJlcnMSFggBEggSAggBEgIIAioIAACAPgAAdkIsKdtV";

    private static readonly Service OpenInference = new()
    {
        Name = "price",
        Route = new ServiceRoute("/v2/models/price"),
        Stable = "v1",
        Entity = new EntityKey(ValueSource.Header, "x-id"),
    };

    private static byte[] Bytes => Convert.FromBase64String(Foreign);

    [Fact]
    public void A_prediction_log_of_tensorflow_serving_becomes_open_inference_requests()
    {
        IReadOnlyList<Exchange> read = Records(OpenInference);
        Assert.Equal(2, read.Count);
        Assert.Equal("/v2/models/price/infer", read[0].Path);
        Assert.Equal(
            """{"inputs":[{"name":"numbers","datatype":"FP32","shape":[1,2],"data":[0.25,61.5]},{"name":"categories","datatype":"BYTES","shape":[1,2],"data":["Ideal","\u00E9"]},{"name":"ids","datatype":"INT64","shape":[2],"data":[-7,300]}]}""",
            Text(read[0].Request)
        );
        Assert.Equal(
            """{"outputs":[{"name":"price","datatype":"FP32","shape":[1,1],"data":[326.5]}]}""",
            Text(read[0].Response)
        );
        Assert.Null(read[1].Response);
    }

    [Fact]
    public void The_same_log_becomes_columns_for_tensorflow_serving()
    {
        IReadOnlyList<Exchange> read = Records(OpenInference with { Protocol = WireProtocol.TensorFlowServing });
        Assert.Equal("/v2/models/price:predict", read[0].Path);
        Assert.Equal(
            """{"inputs":{"numbers":[[0.25,61.5]],"categories":[["Ideal","\u00E9"]],"ids":[-7,300]}}""",
            Text(read[0].Request)
        );
        Assert.Equal("""{"outputs":[[326.5]]}""", Text(read[0].Response));
    }

    [Fact]
    public void What_is_written_is_what_the_other_program_wrote()
    {
        using var output = new MemoryStream();
        foreach (ReadOnlyMemory<byte> record in TfRecord.Read(Bytes).Value)
        {
            TfRecord.Write(output, record.Span);
        }

        Assert.Equal(Bytes, output.ToArray());
    }

    [Fact]
    public void An_exported_request_is_byte_for_byte_what_the_other_program_wrote()
    {
        Exchange read = Records(OpenInference)[0];
        byte[] written = PredictionLogWriter.Write("price", read.Request!.Value.Span, read.Response!.Value.Span).Value;

        // Up to the answer's values, which the other program wrote as they lie in memory, and but for its empty head.
        byte[] foreign = TfRecord.Read(Bytes).Value[0].ToArray();
        int request = foreign.AsSpan().IndexOf(Encoding.UTF8.GetBytes("\n\u0018\n\u0005price"));
        int ours = written.AsSpan().IndexOf(Encoding.UTF8.GetBytes("\n\u0018\n\u0005price"));
        Assert.True(request > 0 && ours > 0);
        Assert.Equal(foreign[request..(request + 128)], written[ours..(ours + 128)]);
        using var output = new MemoryStream();
        TfRecord.Write(output, written);
        Exchange again = File(output.ToArray()).Read(OpenInference, "v1").Value[0];
        Assert.Equal((Text(read.Request), Text(read.Response)), (Text(again.Request), Text(again.Response)));
    }

    [Theory]
    [InlineData("BOOL", "true,false")]
    [InlineData("UINT8", "0,255")]
    [InlineData("INT8", "-128,127")]
    [InlineData("INT16", "-32768,32767")]
    [InlineData("UINT16", "0,65535")]
    [InlineData("INT32", "-2147483648,2147483647")]
    [InlineData("UINT32", "0,4294967295")]
    [InlineData("INT64", "-9223372036854775808,9223372036854775807")]
    [InlineData("UINT64", "0,18446744073709551615")]
    [InlineData("FP32", "0.1,-3.4E+38")]
    [InlineData("FP64", "0.1,-1.7E+308")]
    [InlineData("BYTES", "\"\",\"text\"")]
    public void Every_type_comes_back_as_it_was_written(string datatype, string values)
    {
        string body = $$"""{"inputs":[{"name":"x","datatype":"{{datatype}}","shape":[2],"data":[{{values}}]}]}""";
        using var output = new MemoryStream();
        TfRecord.Write(output, PredictionLogWriter.Write("price", Encoding.UTF8.GetBytes(body), []).Value);
        Exchange again = Assert.Single(File(output.ToArray()).Read(OpenInference, "v1").Value);
        Assert.Equal(body, Text(again.Request));
        Assert.Null(again.Response);
    }

    [Theory]
    [InlineData("""{"inputs":{"numbers":[[0.25,61.5]],"cut":["Ideal"]}}""", """{"outputs":[[326.5]]}""")]
    [InlineData("""{"instances":[{"numbers":[0.25,61.5],"cut":"Ideal"}]}""", """{"predictions":[[326.5]]}""")]
    public void Rows_and_columns_of_tensorflow_serving_are_written_with_the_types_that_are_declared(
        string request,
        string response
    )
    {
        byte[] written = PredictionLogWriter
            .WriteServing(
                "price",
                [("numbers", "FP32"), ("cut", "BYTES")],
                [("price", "FP32")],
                Encoding.UTF8.GetBytes(request),
                Encoding.UTF8.GetBytes(response)
            )
            .Value;
        using var output = new MemoryStream();
        TfRecord.Write(output, written);
        Exchange open = Assert.Single(File(output.ToArray()).Read(OpenInference, "v1").Value);
        Assert.Equal(
            """{"inputs":[{"name":"numbers","datatype":"FP32","shape":[1,2],"data":[0.25,61.5]},{"name":"cut","datatype":"BYTES","shape":[1],"data":["Ideal"]}]}""",
            Text(open.Request)
        );
        Assert.Equal(
            """{"outputs":[{"name":"price","datatype":"FP32","shape":[1,1],"data":[326.5]}]}""",
            Text(open.Response)
        );
    }

    [Theory]
    [InlineData("""{"inputs":[[1.5]]}""", "the input is not declared")]
    [InlineData("""{"inputs":{"numbers":["a"]}}""", "'numbers' is declared FP32 and is not")]
    [InlineData("""{"instances":[{"other":1}]}""", "'other' is not declared")]
    [InlineData("""{"inputs":{"id":9007199254740993}}""", "'id' has values that are not exact as INT64")]
    [InlineData("""{"inputs":{"id":1.5}}""", "'id' has values that are not exact as INT64")]
    [InlineData("""{"signature_name":"x"}""", "neither instances nor inputs")]
    public void What_a_release_does_not_declare_has_no_type_in_the_log(string request, string why)
    {
        Result<byte[]> written = PredictionLogWriter.WriteServing(
            "price",
            [("numbers", "FP32"), ("cut", "BYTES"), ("id", "INT64")],
            [],
            Encoding.UTF8.GetBytes(request),
            []
        );
        Assert.Contains(why, Assert.Single(written.Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_log_cannot_carry_is_refused_by_name()
    {
        byte[] half = """{"inputs":[{"name":"x","datatype":"FP16","shape":[1],"data":[1]}]}"""u8.ToArray();
        Assert.Contains(
            "FP16",
            PredictionLogWriter.Write("price", half, []).Problems[0].Message,
            StringComparison.Ordinal
        );
        Assert.False(PredictionLogWriter.Write("price", "{}"u8, []).Ok);
    }

    [Theory]
    [InlineData("""{"inputs":[]}""")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[1e39]}]}""")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1,1,1,1,1,1,1,1],"data":[1]}]}""")]
    [InlineData("null")]
    public void What_the_reader_would_refuse_is_not_written(string body)
    {
        Result<byte[]> written = PredictionLogWriter.Write("price", Encoding.UTF8.GetBytes(body), []);
        if (written.Ok)
        {
            using var output = new MemoryStream();
            TfRecord.Write(output, written.Value);
            Assert.True(File(output.ToArray()).Read(OpenInference, "v1").Ok, body);
        }
        else
        {
            Assert.NotEmpty(written.Problems[0].Message);
        }
    }

    [Fact]
    public void A_line_without_a_request_is_refused_with_its_number()
    {
        byte[] lines = "{\"path\":\"/v2/models/price/infer\",\"request\":null}"u8.ToArray();
        Result<IReadOnlyList<Exchange>> read = new RecordedFile(lines, "application/x-ndjson").Read(
            OpenInference,
            "v1"
        );
        Assert.Contains("line 1", read.Problems[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_damaged_byte_and_every_cut_is_found()
    {
        for (int i = 0; i < Bytes.Length; i++)
        {
            byte[] damaged = Bytes;
            damaged[i] ^= 0x10;
            Assert.False(TfRecord.Read(damaged).Ok, $"byte {i}");
        }

        int first = 16 + BitConverter.ToInt32(Bytes, 0);
        for (int length = 1; length < Bytes.Length; length++)
        {
            Assert.Equal(length == first, TfRecord.Read(Bytes.AsMemory(0, length)).Ok);
        }
    }

    [Fact]
    public void No_damaged_message_is_more_than_a_refusal()
    {
        // The sums guard against accidents, not against a hostile writer: the messages themselves are damaged here.
        byte[] message = TfRecord.Read(Bytes).Value[0].ToArray();
        for (int i = 0; i < message.Length; i++)
        {
            foreach (byte value in (byte[])[0x00, 0x7f, 0x80, 0xff])
            {
                byte[] damaged = [.. message];
                damaged[i] = value;
                using var output = new MemoryStream();
                TfRecord.Write(output, damaged);
                Result<IReadOnlyList<Exchange>> read = File(output.ToArray()).Read(OpenInference, "v1");
                Assert.True(!read.Ok || read.Value.Count == 1);
            }
        }
    }

    [Fact]
    public void Lines_of_the_journal_are_requests_and_a_bad_one_is_told_with_its_number()
    {
        const string good = """{"path":"/v2/models/price/infer","request":{"inputs":[]},"response":{"outputs":[]}}""";
        var file = new RecordedFile(Encoding.UTF8.GetBytes($"{good}\n\n{good}\r\n"), "application/x-ndjson");
        IReadOnlyList<Exchange> read = file.Read(OpenInference, "v1").Value;
        Assert.Equal(2, read.Count);
        Assert.Equal("""{"inputs":[]}""", Text(read[1].Request));
        foreach (string bad in (string[])["{}", "[1]", "no", """{"path":"/../x","request":{}}""", """{"path":"/x"}"""])
        {
            var worse = new RecordedFile(Encoding.UTF8.GetBytes($"{good}\n{bad}\n"), "application/x-ndjson");
            Assert.StartsWith("line 2 ", worse.Read(OpenInference, "v1").Problems[0].Message, StringComparison.Ordinal);
        }
    }

    private static IReadOnlyList<Exchange> Records(Service service) => File(Bytes).Read(service, "v1").Value;

    private static RecordedFile File(byte[] bytes) => new(bytes, "application/x-tfrecord");

    private static string Text(ReadOnlyMemory<byte>? body) => Encoding.UTF8.GetString(body!.Value.Span);
}
