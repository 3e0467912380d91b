using System.Text;
using CsCheck;
using Handover.Core.Foundation;
using Handover.Core.Payloads;
using Xunit;

namespace Handover.Tests.Payloads;

/// <summary>A streamed answer is the same answer as a whole one.</summary>
public sealed class OpenAiReaderTests
{
    private const string Whole = """
        {"id":"c1","object":"chat.completion","model":"m-2",
         "choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"Hello world",
           "tool_calls":[{"id":"t","function":{"name":"price","arguments":"{\"a\":1, \"b\":[2]}"}}]}}],
         "usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}
        """;

    private static readonly string Stream =
        ": keep-alive\r\n\r\n"
        + Event("""{"index":0,"delta":{"role":"assistant","content":"Hello"},"finish_reason":null}""", "\r\n")
        + Event(
            """
            {"index":0,"delta":{"content":" world","tool_calls":[
            """.Trim() + """{"index":0,"function":{"name":"price","arguments":"{\"b\":[2],"}}]}}"""
        )
        + Event("""{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\"a\":1}"}}]}}""")
        + Event("""{"index":0,"delta":{},"finish_reason":"stop"}""")
        + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\n"
        + "data: [DONE]\n\n";

    [Fact]
    public void A_stream_adds_up_to_the_whole_answer()
    {
        TypedAnswer whole = Read(Whole).Value;
        TypedAnswer stream = Read(Stream).Value;
        Assert.Equal(["Hello world"], whole.Find("content")!.Texts);
        Assert.Equal(["price(/a=1, /b/0=2)"], whole.Find("tool_calls")!.Texts);
        Assert.Equal(("c1", "m-2"), (stream.Id, stream.Model));
        Assert.Equal(whole.Tensors.Select(t => t.Name), stream.Tensors.Select(t => t.Name));
        foreach (TypedTensor tensor in whole.Tensors)
        {
            Assert.Equal(tensor.Texts, stream.Find(tensor.Name)!.Texts);
            Assert.Equal(tensor.Numbers, stream.Find(tensor.Name)!.Numbers);
        }
    }

    [Fact]
    public void A_stream_that_is_gathered_into_one_document_reads_as_the_stream_does()
    {
        Assert.Equal("stream-truncated", OpenAiReader.Gather(Encoding.UTF8.GetBytes(Stream[..^4])).Problems[0].Code);
        Gen.Select(Gen.Int[0, 3], Gen.String[Gen.Char, 0, 6], Gen.Int[0, 3])
            .Array[0, 20]
            .Sample(deltas =>
            {
                string stream =
                    string.Concat(deltas.Select(d => Event(Delta(d.Item1, d.Item2, d.Item3)))) + "data: [DONE]\n\n";
                TypedAnswer read = OpenAiReader.ReadStream(Encoding.UTF8.GetBytes(stream)).Value;
                ReadOnlyMemory<byte> gathered = OpenAiReader.Gather(Encoding.UTF8.GetBytes(stream)).Value;
                TypedAnswer again = OpenAiReader.ReadResponse(gathered.Span).Value;
                Assert.Equal(read.Tensors.Select(t => t.Name), again.Tensors.Select(t => t.Name));
                Assert.Equal(read.Tensors.SelectMany(t => t.Texts), again.Tensors.SelectMany(t => t.Texts));
            });
        byte[] whole = OpenAiReader.Gather(Encoding.UTF8.GetBytes(Stream)).Value.ToArray();
        Assert.Equal(("c1", "m-2"), (Read(Encoding.UTF8.GetString(whole)).Value.Id, Read(Whole).Value.Model));

        static string Delta(int index, string text, int tool) =>
            System.Text.Json.JsonSerializer.Serialize(
                new
                {
                    index,
                    delta = new
                    {
                        content = text,
                        tool_calls = tool == 0
                            ? null
                            : new[] { new { index = tool, function = new { name = text, arguments = text } } },
                    },
                    finish_reason = tool == 3 ? "stop" : null,
                }
            );
    }

    [Fact]
    public void A_stream_that_is_cut_anywhere_is_truncated_and_never_a_shorter_answer()
    {
        byte[] bytes = Encoding.UTF8.GetBytes(Stream);
        for (int length = 1; length < bytes.Length; length++)
        {
            Result<TypedAnswer> result = OpenAiReader.ReadStream(bytes.AsSpan(0, length));
            Assert.False(result.Ok, $"cut at {length} was read as an answer");
            Assert.Equal("stream-truncated", result.Problems[0].Code);
        }
    }

    [Fact]
    public void An_error_after_the_first_chunk_is_an_error() =>
        Assert.Equal(
            "answer-is-error",
            Read("data: {\"choices\":[]}\n\ndata: {\"error\":{\"message\":\"overloaded\"}}\n\ndata: [DONE]\n\n")
                .Problems[0]
                .Code
        );

    [Fact]
    public void Embeddings_in_base64_and_as_numbers_are_the_same()
    {
        byte[] raw = [.. BitConverter.GetBytes(0.5f), .. BitConverter.GetBytes(-2f)];
        TypedTensor numbers = Read(
            """{"object":"list","data":[{"index":0,"embedding":[0.5,-2]}],"model":"e"}"""
        ).Value.Tensors[0];
        TypedTensor base64 = Read(
            $$"""{"object":"list","data":[{"index":0,"embedding":"{{Convert.ToBase64String(raw)}}"}],"model":"e"}"""
        ).Value.Tensors[0];
        Assert.Equal(numbers.Numbers, base64.Numbers);
        Assert.Equal([1, 2], base64.Shape);
    }

    [Theory]
    [InlineData("""{"choices":1}""")]
    [InlineData("""{"choices":[1]}""")]
    [InlineData("""{"choices":[{"index":99999}]}""")]
    [InlineData("""{"data":[{"embedding":"%%"}]}""")]
    [InlineData("""{"data":[{"embedding":[1]},{"embedding":[1,2]}]}""")]
    [InlineData("""[]""")]
    public void A_malformed_answer_is_a_problem(string body) =>
        Assert.Equal("payload-malformed", Read(body).Problems[0].Code);

    private static string Event(string choice, string newLine = "\n") =>
        $$"""data: {"id":"c1","model":"m-2","choices":[{{choice}}]}""" + newLine + newLine;

    private static Result<TypedAnswer> Read(string body) => OpenAiReader.ReadResponse(Encoding.UTF8.GetBytes(body));
}
