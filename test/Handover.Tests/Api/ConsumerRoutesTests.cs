using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Handover.Control.Security;
using Handover.Protocol;
using Xunit;

namespace Handover.Tests.Api;

public sealed class ConsumerRoutesTests : IAsyncLifetime
{
    private const string Path = "/api/v1/services/price/consumers/quotes";

    private const string Manifests = """
        apiVersion: handover.dev/v1
        kind: Service
        metadata: { name: price }
        spec:
          route: { path: /v2/models/price }
          stable: v1
          entity: { from: header, name: x-customer-id }
        ---
        apiVersion: handover.dev/v1
        kind: Release
        metadata: { name: v1, service: price }
        spec:
          members: { model: { runtime: http, endpoints: [ http://127.0.0.1:9001 ], ready: /ready } }
          output: { tensors: [ { name: price, datatype: FP32, shape: [-1, 1] } ] }
        ---
        apiVersion: handover.dev/v1
        kind: Consumer
        metadata: { name: quotes, service: price }
        spec:
          role: decision
          accepts: { tensors: [ { name: price, datatype: FP32, shape: [-1, 1] } ] }
          acknowledge: required
          notify: { url: http://127.0.0.1:9, secretFile: quotes.secret }
        """;

    private AdminNode _node = null!;
    private HttpClient _owner = null!;

    public async ValueTask InitializeAsync()
    {
        _node = await AdminNode.StartAsync();
        _owner = _node.Client("quotes-owner", Role.Operator);
        using HttpClient admin = _node.Client(_node.AdminToken);
        using var apply = new HttpRequestMessage(HttpMethod.Post, "/api/v1/apply")
        {
            Content = JsonContent.Create(
                new ApplyRequest([new ManifestFile("all.yaml", Manifests)]),
                ProtocolJson.Default.ApplyRequest
            ),
        };
        apply.Headers.TryAddWithoutValidation("If-Match", "*");
        Assert.Equal(HttpStatusCode.OK, (await admin.SendAsync(apply)).StatusCode);
    }

    [Fact]
    public async Task An_acknowledgement_needs_the_version_that_was_seen_and_is_kept_and_audited()
    {
        using HttpResponseMessage seen = await _owner.GetAsync(Path);
        string etag = seen.Headers.ETag!.ToString();
        Assert.Equal(428, await AcknowledgeAsync("v1", null));
        Assert.Equal(412, await AcknowledgeAsync("v1", "\"other\""));
        Assert.Equal(404, await AcknowledgeAsync("v9", etag));
        Assert.Equal(200, await AcknowledgeAsync("v1", etag));
        Assert.Equal(412, await AcknowledgeAsync("v1", etag));
        ConsumerView view = (await _owner.GetFromJsonAsync(Path, ProtocolJson.Default.ConsumerView))!;
        AcknowledgementView given = Assert.Single(view.Acknowledgements);
        Assert.Equal(("v1", "quotes-owner", "api"), (given.Release, given.By, given.Way));
        Assert.StartsWith("sha256:", given.Digest, StringComparison.Ordinal);
        Assert.Contains(_node.Services.Audit.Newest(5, null), e => e.What == "consumer.acknowledge price/quotes");
    }

    [Fact]
    public async Task Another_content_than_the_one_seen_is_not_acknowledged()
    {
        Assert.Equal(412, await AcknowledgeAsync("v1", "*", digest: "sha256:00"));
        ConsumerView view = (await _owner.GetFromJsonAsync(Path, ProtocolJson.Default.ConsumerView))!;
        Assert.Empty(view.Acknowledgements);
    }

    [Fact]
    public async Task A_viewer_may_look_and_not_acknowledge()
    {
        using HttpClient viewer = _node.Client("eve", Role.Viewer);
        Assert.Equal(403, await AcknowledgeAsync("v1", "*", viewer));
        ConsumerView view = (await viewer.GetFromJsonAsync(Path, ProtocolJson.Default.ConsumerView))!;
        Assert.Equal((0, 0), (view.Notifications!.Waiting, view.Notifications.Delivered));
        using JsonDocument told = JsonDocument.Parse(await viewer.GetStringAsync($"{Path}/notifications"));
        Assert.Empty(told.RootElement.GetProperty("items").EnumerateArray());
    }

    public async ValueTask DisposeAsync()
    {
        _owner.Dispose();
        await _node.DisposeAsync();
    }

    private async Task<int> AcknowledgeAsync(
        string release,
        string? ifMatch,
        HttpClient? who = null,
        string? digest = null
    )
    {
        string body = JsonSerializer.Serialize(
            new AcknowledgeRequest(release) { Digest = digest },
            ProtocolJson.Default.AcknowledgeRequest
        );
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Path}:acknowledge")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        if (ifMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        }

        using HttpResponseMessage answer = await (who ?? _owner).SendAsync(request);
        return (int)answer.StatusCode;
    }
}
