using Handover.Control.Resources;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Xunit;

namespace Handover.Tests.Resources;

/// <summary>What a release says of an output must reach those who compare answers, or be refused.</summary>
public sealed class MeaningTests
{
    [Theory]
    [InlineData(WireProtocol.Json, OutputKind.Ranking, true)]
    [InlineData(WireProtocol.Json, OutputKind.Auto, false)]
    [InlineData(WireProtocol.OpenInference, OutputKind.Ranking, false)]
    [InlineData(WireProtocol.OpenAi, OutputKind.Text, false)]
    public void A_tensor_has_no_meaning_where_answers_have_no_tensors(
        WireProtocol protocol,
        OutputKind kind,
        bool refused
    )
    {
        var service = new Service
        {
            Name = "shop",
            Route = new ServiceRoute("/shop"),
            Stable = "v1",
            Entity = new EntityKey(ValueSource.Header, "x"),
            Protocol = protocol,
        };
        var release = new Release
        {
            Name = "v1",
            Service = "shop",
            Members = new Dictionary<string, Member>(),
            Output = new Signature([new TensorSpec("order", "BYTES", [4]) { As = kind }]),
        };
        var catalog = new CatalogSnapshot
        {
            Services = new Dictionary<string, Service> { ["shop"] = service },
            Releases = new Dictionary<(string, string), Release> { [("shop", "v1")] = release },
        };
        Problem[] told = [.. CatalogValidator.Validate(catalog).Where(p => p.Code == "as-without-tensors")];
        Assert.Equal(refused, told.Length == 1);
        Assert.All(told, p => Assert.Contains("path: /order", p.Fix, StringComparison.Ordinal));
    }
}
