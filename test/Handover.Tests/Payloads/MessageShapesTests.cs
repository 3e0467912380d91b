using System.Text;
using System.Text.Json;
using CsCheck;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Payloads;
using Handover.Gateway.Observing;
using Xunit;

namespace Handover.Tests.Payloads;

/// <summary>
/// Responses, messages and generated text, whole and streamed: a stream is the same answer as the whole document,
/// however its text is cut.
/// </summary>
public sealed class MessageShapesTests
{
    private static readonly string[] Some = ["a", "blue ", "sky", "\u00e9\ud83d\ude00", "\"", "\n", ""];

    private static readonly Gen<string> Words = Gen.Int[0, 6].Select(i => Some[i]);

    private static readonly Gen<string[]> Pieces = Words.Array[0, 12];

    [Fact]
    public void A_streamed_response_is_the_answer_that_its_last_event_carries()
    {
        Pieces.Sample(pieces =>
        {
            string document = Response(string.Concat(pieces), "completed");
            string stream =
                Named(
                    "response.created",
                    "{\"type\":\"response.created\",\"response\":" + Response("", "in_progress") + "}"
                )
                + string.Concat(
                    pieces.Select(p =>
                        Named(
                            "response.output_text.delta",
                            "{\"type\":\"response.output_text.delta\",\"delta\":" + Json(p) + "}"
                        )
                    )
                )
                + Named("response.completed", "{\"type\":\"response.completed\",\"response\":" + document + "}");
            Same(document, stream);
            TypedAnswer answer = Read(stream).Value;
            Assert.Equal([string.Concat(pieces)], answer.Find("content")!.Texts);
            Assert.Equal(["price(/a=1)"], answer.Find("tool_calls")!.Texts);
            Assert.Equal(["completed"], answer.Find("finish_reason")!.Texts);
            Assert.Equal(("r1", "m-2"), (answer.Id, answer.Model));
            Assert.Equal([7], answer.Find("prompt_tokens")!.Numbers);
        });
        Assert.Equal("stream-truncated", Code(Named("response.created", """{"type":"response.created"}""")));
    }

    [Fact]
    public void A_streamed_message_adds_up_to_the_whole_one()
    {
        Gen.Select(Pieces, Gen.Int[0, 10])
            .Sample(
                (pieces, cut) =>
                {
                    const string Input = """{"a": 1, "b": [2]}""";
                    string document = $$"""
                        {"id":"msg","type":"message","role":"assistant","model":"m-2","content":[
                          {"type":"text","text":{{Json(string.Concat(pieces))}} },
                          {"type":"tool_use","id":"t","name":"price","input":{"b":[2],"a":1} }],
                         "stop_reason":"tool_use","usage":{"input_tokens":7,"output_tokens":5} }
                        """;
                    string stream =
                        Named(
                            "message_start",
                            """
                            {"type":"message_start","message":{"id":"msg","type":"message","model":"m-2",
                            """.Trim()
                                + """ "content":[],"stop_reason":null,"usage":{"input_tokens":7,"output_tokens":1}}}"""
                        )
                        + Named("content_block_start", Block(0, """{"type":"text","text":""}"""))
                        + Named("ping", """{"type":"ping"}""")
                        + string.Concat(pieces.Select(p => Named("content_block_delta", Delta(0, Text(p)))))
                        + Named("content_block_stop", """{"type":"content_block_stop","index":0}""")
                        + Named(
                            "content_block_start",
                            Block(1, """{"type":"tool_use","id":"t","name":"price","input":{}}""")
                        )
                        + Named("content_block_delta", Delta(1, Part(Input[..cut])))
                        + Named("content_block_delta", Delta(1, Part(Input[cut..])))
                        + Named(
                            "message_delta",
                            "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"},"
                                + "\"usage\":{\"output_tokens\":5}}"
                        )
                        + Named("message_stop", """{"type":"message_stop"}""");
                    Same(document, stream);
                    Assert.Equal(["price(/a=1, /b/0=2)"], Read(stream).Value.Find("tool_calls")!.Texts);
                    Assert.Equal("stream-truncated", Code(stream[..^40]));
                }
            );
    }

    [Theory]
    [InlineData("""{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", "Overloaded")]
    [InlineData("""{"type":"error","code":"server_error","message":"sorry"}""", "sorry")]
    [InlineData("""{"type":"response.failed","response":{"error":{"code":"x","message":"no room"}}}""", "no room")]
    public void An_error_in_the_middle_is_no_answer(string error, string told)
    {
        string stream = Named("response.created", """{"type":"response.created"}""") + Named("error", error);
        Problem problem = Read(stream).Problems[0];
        Assert.Equal(("answer-is-error", $"the member answered an error: {told}"), (problem.Code, problem.Message));
    }

    [Fact]
    public void A_refusal_is_part_of_what_is_answered()
    {
        const string Refused = """{"choices":[{"index":0,"message":{"content":null,"refusal":"I can't."}}]}""";
        Assert.Equal(["I can't."], Read(Refused).Value.Find("content")!.Texts);
        string response = Response("x", "completed").Replace("output_text", "refusal", StringComparison.Ordinal);
        response = response.Replace("\"text\"", "\"refusal\"", StringComparison.Ordinal);
        Assert.Equal(["x"], Read(response).Value.Find("content")!.Texts);
    }

    [Fact]
    public void Generated_text_comes_whole_or_in_pieces()
    {
        Pieces.Sample(pieces =>
        {
            string whole = Output(string.Concat(pieces));
            string stream = string.Concat(pieces.Append("").Select(p => $"data: {Output(p)}\n\n"));
            TypedAnswer a = Generated(whole).Value;
            TypedAnswer b = Generated(stream).Value;
            Assert.Equal([string.Concat(pieces)], a.Find("text_output")!.Texts);
            Assert.Equal(a.Find("text_output")!.Texts, b.Find("text_output")!.Texts);
            Assert.Equal(a.Model, b.Model);
        });
        Assert.Equal("stream-truncated", Generated(": hello\n\n").Problems[0].Code);
        Assert.Equal("answer-is-error", Generated("data: {\"error\":\"no memory\"}\n\n").Problems[0].Code);
        Assert.Equal("payload-malformed", Generated("data: {\"other\":1}\n\n").Problems[0].Code);
    }

    [Fact]
    public void Tokens_add_up_to_the_text_that_the_last_one_carries()
    {
        Pieces.Sample(pieces =>
        {
            string text = string.Concat(pieces);
            string whole = "{\"generated_text\":" + Json(text) + "}";
            string begun = string.Concat(pieces.Select(p => $"data:{Token(p, "null")}\n\n"));
            string stream = begun + $"data:{Token("</s>", Json(text))}\n\n";
            Assert.Equal([text], Generated(whole).Value.Find("text_output")!.Texts);
            Assert.Equal([text], Generated(stream).Value.Find("text_output")!.Texts);
            Assert.Equal("stream-truncated", Generated(": x\n\n" + begun).Problems[0].Code);
        });
        string broken = $"data:{Token("a", "null")}\n\ndata:{{\"error\":\"full\",\"error_type\":\"overloaded\"}}\n\n";
        Assert.Equal("answer-is-error", Generated(broken).Problems[0].Code);
    }

    [Theory]
    [InlineData(": keep-alive\n\n", false)]
    [InlineData("event: ping\ndata: {\"type\":\"ping\"}\n\n", false)]
    [InlineData("event: ping\r\ndata: {}\r\n\r\n", false)]
    [InlineData("event: message_start\r\ndata: {}\r\n\r\n", false)]
    [InlineData("event: response.created\ndata: {}\n\n", false)]
    [InlineData("data:\n\n", false)]
    [InlineData("event: response.output_text.delta\ndata: {}\n\n", true)]
    [InlineData("event: content_block_delta\ndata: {}\n\n", true)]
    [InlineData(": hello\n\ndata: {\"choices\":[]}\n\n", true)]
    [InlineData("event: ping\ndata: {}\n\nevent: content_block_delta\ndata: {}", true)]
    [InlineData("event: ping\rdata: {}\r\rdata: {}", true)]
    public void The_first_byte_of_a_stream_is_that_of_its_first_event_with_text(string stream, bool expected)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(stream);
        Gen.Int[0, bytes.Length]
            .Array[0, 6]
            .Sample(cuts =>
            {
                var first = new FirstEvent();
                bool found = false;
                int at = 0;
                foreach (int cut in cuts.Order().Append(bytes.Length))
                {
                    found = first.Take(bytes.AsSpan(at..cut));
                    at = cut;
                }

                Assert.Equal(expected, found);
            });
    }

    [Fact]
    public void Only_what_was_sent_before_everything_was_known_may_fail_late()
    {
        Assert.True(AnswerReader.MayFailLate(WireProtocol.OpenAi, "{}"u8));
        Assert.True(AnswerReader.MayFailLate(WireProtocol.OpenInference, "data: {}\n\n"u8));
        Assert.False(AnswerReader.MayFailLate(WireProtocol.OpenInference, "{}"u8));
        Assert.False(AnswerReader.MayFailLate(WireProtocol.Json, "data: {}\n\n"u8));
    }

    private static void Same(string document, string stream)
    {
        TypedAnswer whole = Read(document).Value;
        TypedAnswer streamed = Read(stream).Value;
        TypedAnswer gathered = OpenAiReader
            .ReadResponse(OpenAiReader.Gather(Encoding.UTF8.GetBytes(stream)).Value.Span)
            .Value;
        foreach (TypedAnswer other in (TypedAnswer[])[streamed, gathered])
        {
            Assert.Equal(whole.Tensors.Select(t => t.Name), other.Tensors.Select(t => t.Name));
            Assert.Equal(whole.Tensors.SelectMany(t => t.Texts), other.Tensors.SelectMany(t => t.Texts));
            Assert.Equal(whole.Tensors.SelectMany(t => t.Numbers), other.Tensors.SelectMany(t => t.Numbers));
            Assert.Equal((whole.Id, whole.Model), (other.Id, other.Model));
        }
    }

    private static string Response(string text, string status) =>
        $$"""
            {"id":"r1","object":"response","model":"m-2","status":"{{status}}","error":null,"output":[
            {"type":"reasoning","summary":[]},
            {"type":"message","role":"assistant","content":[{"type":"output_text","text":{{Json(text)}} }]},
            {"type":"function_call","name":"price","arguments":"{\"a\": 1}"}],
            "usage":{"input_tokens":7,"output_tokens":5} }
            """.ReplaceLineEndings("");

    private static string Block(int index, string block) =>
        $$"""{"type":"content_block_start","index":{{index}},"content_block":{{block}} }""";

    private static string Delta(int index, string delta) =>
        $$"""{"type":"content_block_delta","index":{{index}},"delta":{{delta}} }""";

    private static string Text(string text) => "{\"type\":\"text_delta\",\"text\":" + Json(text) + "}";

    private static string Part(string json) => "{\"type\":\"input_json_delta\",\"partial_json\":" + Json(json) + "}";

    private static string Output(string text) => "{\"model_name\":\"m\",\"text_output\":" + Json(text) + "}";

    private static string Token(string text, string generated) =>
        $$"""{"index":1,"token":{"id":5,"text":{{Json(text)}} },"generated_text":{{generated}},"details":null}""";

    private static string Json(string text) => JsonSerializer.Serialize(text);

    private static string Named(string name, string data) => $"event: {name}\ndata: {data}\n\n";

    private static string Code(string body) => Read(body).Problems[0].Code;

    private static Result<TypedAnswer> Read(string body) => OpenAiReader.ReadResponse(Encoding.UTF8.GetBytes(body));

    private static Result<TypedAnswer> Generated(string body) =>
        AnswerReader.Read(WireProtocol.OpenInference, Encoding.UTF8.GetBytes(body));
}
