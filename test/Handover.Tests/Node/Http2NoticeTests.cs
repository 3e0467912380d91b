using Handover.App.Node;
using Handover.Core.Catalog;
using Handover.Testkit;
using Xunit;

namespace Handover.Tests.Node;

public sealed class Http2NoticeTests
{
    [Fact]
    public void A_grpc_service_that_nobody_can_reach_is_told_once_whenever_it_comes()
    {
        var services = new Dictionary<string, Service>
        {
            ["plain"] = Of("plain", WireProtocol.OpenInference),
            ["early"] = Of("early", WireProtocol.OpenInferenceGrpc),
        };
        using var log = new LogLines();
        var notice = new Http2Notice(() => new CatalogSnapshot { Services = services }, log);
        notice.Look();
        notice.Look();
        Assert.Contains("early", Assert.Single(log.Said), StringComparison.Ordinal);
        Assert.Contains("--http2-url", log.Said.Single(), StringComparison.Ordinal);

        services["late"] = Of("late", WireProtocol.OpenInferenceGrpc);
        notice.Look();
        Assert.Equal(2, log.Said.Count);
        Assert.Contains("late", log.Said.Last(), StringComparison.Ordinal);
    }

    private static Service Of(string name, WireProtocol protocol) =>
        new()
        {
            Name = name,
            Route = new ServiceRoute("/" + name),
            Stable = "v1",
            Entity = new EntityKey(ValueSource.Header, "x"),
            Protocol = protocol,
        };
}
