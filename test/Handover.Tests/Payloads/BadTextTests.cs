using System.Text;
using Handover.Control.Api;
using Handover.Control.Journal;
using Handover.Control.Labels;
using Handover.Control.Warming;
using Handover.Core.Catalog;
using Handover.Core.Payloads;
using Handover.Gateway.Routing;
using Xunit;

namespace Handover.Tests.Payloads;

/// <summary>
/// Texts that pass a JSON parser and are no texts: half of a surrogate pair, and bytes that are no UTF-8. Whoever reads
/// a body of a caller or of a model server says that it is bad, and never falls over it.
/// </summary>
public sealed class BadTextTests
{
    public static TheoryData<string> Bodies =>
        [
            """{"a":"\ud800"}""",
            """{"\udc00":"a","a":"b"}""",
            """{"inputs":[{"name":"\ud800","datatype":"BYTES","shape":[1],"data":["\ud800"]}]}""",
            """{"outputs":[{"name":"x","datatype":"BYTES","shape":[1],"data":["\ud800"]}]}""",
            """{"instances":["\ud800"],"predictions":["\ud800"]}""",
            """{"parameters":{"sequence_id":"\ud800"}}""",
            """{"choices":[{"message":{"content":"\ud800"}}]}""",
            """{"requestId":"\ud800","truth":"\ud800","metric":"\ud800","at":"\ud800"}""",
        ];

    [Theory]
    [MemberData(nameof(Bodies))]
    public void Every_reader_of_bodies_of_others_takes_them_for_bad(string text)
    {
        foreach (byte[] body in (byte[][])[Encoding.ASCII.GetBytes(text), NotUtf8(text)])
        {
            foreach (WireProtocol protocol in Enum.GetValues<WireProtocol>())
            {
                _ = AnswerReader.Read(protocol, body);
                _ = RequestNumbers.Of(protocol, body);
            }

            _ = JsonPointer.Read(body, "/a");
            _ = SequenceReading.Of(body);
            _ = RequestSlices.Of([body]);
            _ = WarmSample.Shape(body);
            _ = Redaction.Apply(body, ["/a/b", "/inputs/0/name"]);
        }

        Assert.False(LabelLine.Read(text).Ok);
        Assert.False(MetricLine.Read(text).Ok);
    }

    [Fact]
    public void What_they_say_of_it()
    {
        byte[] body = """{"a":"\ud800","parameters":{"sequence_id":"\ud800"}}"""u8.ToArray();
        Assert.Equal("payload-malformed", AnswerReader.Read(WireProtocol.Json, body).Problems[0].Code);
        Assert.Null(RequestNumbers.Of(WireProtocol.Json, body));
        Assert.Null(JsonPointer.Read(body, "/a"));
        Assert.Null(SequenceReading.Of(body));
    }

    private static byte[] NotUtf8(string text)
    {
        byte[] body = Encoding.ASCII.GetBytes(
            text.Replace("\\ud800", "??", StringComparison.Ordinal).Replace("\\udc00", "??", StringComparison.Ordinal)
        );
        for (int i = 0; i + 1 < body.Length; i++)
        {
            if (body[i] == '?' && body[i + 1] == '?')
            {
                (body[i], body[i + 1]) = (0xC3, 0x28);
            }
        }

        return body;
    }
}
