using System.Net;
using System.Text;
using System.Text.Json;
using Diamonds.Load;
using Handover.App.Cli;
using Handover.Protocol;
using Xunit;

namespace Handover.Integration.Acceptance;

/// <summary>The OFREP server of the real program during a ramp: the gateway's answers, OFREP's shapes.</summary>
[Collection(AcceptanceCollection.Name)]
public sealed class OfrepNodeTests
{
    [Fact(Timeout = 60_000)]
    public async Task Flags_say_what_the_gateway_does_and_errors_have_their_shapes()
    {
        await using var node = new NodeProcess();
        await node.StartAsync();
        using AdminClient admin = node.Admin();
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{node.AdminPort}") };
        RolloutView view = await node.StartRolloutAsync(
            admin,
            AcceptancePlans.Plan(
                "ofrep",
                "v2",
                "flag",
                "- verify: {}",
                "- start: { timeout: 30s }",
                "- shift: { segment: internal, share: 80% }",
                "- shift: { share: 40%, for: 10m }",
                "- shift: { share: 100%, for: 10m }",
                "- retire: { keep: 10m }"
            )
        );
        while (view.Share < 40)
        {
            await Task.Delay(25, TestContext.Current.CancellationToken);
            view = await NodeProcess.RolloutAsync(admin, view.Id);
        }

        var seen = new HashSet<string>();
        byte[] body = DiamondRows.HeldOut()[0].Body;
        for (int i = 0; i < 200; i++)
        {
            string tenant = i % 3 == 0 ? "acme" : "globex";
            string context = $$$"""{"context":{"targetingKey":"c-{{{i}}}","tenant":"{{{tenant}}}","noise":[1]}}""";
            using JsonDocument flag = await OkAsync(http, "/ofrep", context);
            JsonElement root = flag.RootElement;
            (string release, string reason) = await InferAsync(http, node, $"c-{i}", tenant, body);
            Assert.Equal(release, root.GetProperty("value").GetString());
            Assert.Equal(release, root.GetProperty("variant").GetString());
            seen.Add($"{reason} {root.GetProperty("reason").GetString()}");
        }

        Assert.Equal(["segment TARGETING_MATCH", "share SPLIT", "stable SPLIT"], seen.Order());
        await ErrorsAsync(http);
        await BulkAsync(http);
    }

    private static async Task ErrorsAsync(HttpClient http)
    {
        (string Path, string Body, int Status, string Code)[] cases =
        [
            ("/ofrep", """{"context":{}}""", 400, "TARGETING_KEY_MISSING"),
            ("/ofrep", """{"context":{"targetingKey":7}}""", 400, "TARGETING_KEY_MISSING"),
            ("/ofrep", """{"context":[]}""", 400, "INVALID_CONTEXT"),
            ("/ofrep", "{", 400, "PARSE_ERROR"),
            ("/nothing", """{"context":{"targetingKey":"c"}}""", 404, "FLAG_NOT_FOUND"),
            ("", "null", 400, "INVALID_CONTEXT"),
        ];
        foreach ((string path, string body, int status, string code) in cases)
        {
            using HttpResponseMessage answer = await PostAsync(http, path, body);
            string text = await answer.Content.ReadAsStringAsync();
            Assert.True((int)answer.StatusCode == status, $"{path} {body}: {(int)answer.StatusCode} {text}");
            Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
            using JsonDocument json = JsonDocument.Parse(text);
            Assert.Equal(code, json.RootElement.GetProperty("errorCode").GetString());
        }

        using var wrong = new HttpRequestMessage(HttpMethod.Post, "/ofrep/v1/evaluate/flags/ofrep");
        wrong.Headers.Add("X-API-Key", "not a token");
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.SendAsync(wrong)).StatusCode);
    }

    private static async Task BulkAsync(HttpClient http)
    {
        const string Colleague = """{"context":{"targetingKey":"c-1","tenant":"acme"}}""";
        using HttpResponseMessage first = await PostAsync(http, "", Colleague);
        using JsonDocument flags = JsonDocument.Parse(await first.Content.ReadAsStringAsync());
        JsonElement flag = Assert.Single(flags.RootElement.GetProperty("flags").EnumerateArray());
        Assert.Equal("ofrep", flag.GetProperty("key").GetString());
        string tag = first.Headers.ETag!.ToString();
        using HttpResponseMessage again = await PostAsync(http, "", Colleague, tag);
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        using HttpResponseMessage other = await PostAsync(http, "", Colleague.Replace("c-1", "c-2"), tag);
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        Assert.NotEqual(tag, other.Headers.ETag!.ToString());
        Assert.Contains("private", other.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
    }

    private static async Task<JsonDocument> OkAsync(HttpClient http, string path, string body)
    {
        using HttpResponseMessage answer = await PostAsync(http, path, body);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text);
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient http, string path, string body, string? tag = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"/ofrep/v1/evaluate/flags{path}")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        if (tag is not null)
        {
            request.Headers.Add("If-None-Match", tag);
        }

        return http.SendAsync(request);
    }

    private static async Task<(string Release, string Reason)> InferAsync(
        HttpClient http,
        NodeProcess node,
        string entity,
        string tenant,
        byte[] body
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, node.Infer)
        {
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.Add("x-customer-id", entity);
        request.Headers.Add("x-tenant", tenant);
        using HttpResponseMessage answer = await http.SendAsync(request);
        string Header(string name) => answer.Headers.GetValues(name).Single();
        return (Header("Handover-Release"), Header("Handover-Reason"));
    }
}
