using Handover.Control.Resources;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Xunit;

namespace Handover.Tests.Resources;

/// <summary>A label must not be compared with the word that redaction leaves behind.</summary>
public sealed class RedactedLabelTests
{
    [Theory]
    [InlineData(WireProtocol.Json, "price", "/price", true)]
    [InlineData(WireProtocol.Json, "/a/price", "/a", true)]
    [InlineData(WireProtocol.Json, "/a/price", "/a/price", true)]
    [InlineData(WireProtocol.Json, "/a/price", "/a/pri", false)]
    [InlineData(WireProtocol.Json, "/a/price", "/a/price/x", false)]
    [InlineData(WireProtocol.Json, "price", "/name", false)]
    [InlineData(WireProtocol.OpenInference, "price", "/outputs/0/data/0", true)]
    [InlineData(WireProtocol.OpenInference, "price", "/outputs", true)]
    [InlineData(WireProtocol.OpenInference, "price", "/inputs/0/data", false)]
    [InlineData(WireProtocol.TensorFlowServing, "price", "/predictions/0", true)]
    public void A_redaction_that_may_cover_the_labelled_output_is_refused(
        WireProtocol protocol,
        string output,
        string pointer,
        bool refused
    )
    {
        var service = new Service
        {
            Name = "price",
            Route = new ServiceRoute("/price"),
            Stable = "v1",
            Entity = new EntityKey(ValueSource.Header, "x"),
            Protocol = protocol,
            Labels = new LabelPolicy(output, LossKind.Absolute, new Ratio(0.2)),
        };
        Assert.DoesNotContain("redacted-label", Codes(service));
        service = service with { Journal = service.Journal with { Redact = ["/other", pointer] } };
        Assert.Equal(refused, Codes(service).Contains("redacted-label"));
        Assert.DoesNotContain("redacted-label", Codes(service with { Labels = null }));
    }

    private static List<string> Codes(Service service)
    {
        var catalog = new CatalogSnapshot { Services = new Dictionary<string, Service> { [service.Name] = service } };
        return [.. CatalogValidator.Validate(catalog).Select(p => p.Code)];
    }
}
