// Why: the paths are a published protocol; one that is nearly right must not reach a model.
using Handover.Runtimes.Onnx;
using Xunit;

namespace Handover.Tests.Runtimes;

public sealed class ModelPathTests
{
    [Fact]
    public void Paths_of_the_protocol_are_read()
    {
        Assert.Equal(new(ModelCall.ServerMetadata, "", null), ModelPath.Parse("/v2"));
        Assert.Equal(new(ModelCall.ServerMetadata, "", null), ModelPath.Parse("/v2/"));
        Assert.Equal(new(ModelCall.Live, "", null), ModelPath.Parse("/v2/health/live"));
        Assert.Equal(new(ModelCall.ServerReady, "", null), ModelPath.Parse("/v2/health/ready"));
        Assert.Equal(new(ModelCall.ModelMetadata, "price", null), ModelPath.Parse("/v2/models/price"));
        Assert.Equal(new(ModelCall.ModelMetadata, "price", "3"), ModelPath.Parse("/v2/models/price/versions/3"));
        Assert.Equal(new(ModelCall.ModelReady, "price", null), ModelPath.Parse("/v2/models/price/ready"));
        Assert.Equal(new(ModelCall.Infer, "price", null), ModelPath.Parse("/v2/models/price/infer"));
        Assert.Equal(new(ModelCall.Infer, "price", "3"), ModelPath.Parse("/v2/models/price/versions/3/infer"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/v1/models/price:predict")]
    [InlineData("/v2/models")]
    [InlineData("/v2/models//infer")]
    [InlineData("/v2/models/price/inference")]
    [InlineData("/v2/models/price/versions//infer")]
    [InlineData("/v2/models/price/infer/more")]
    [InlineData("/v2x/models/price/infer")]
    [InlineData("/a/v2/models/price/infer")]
    public void Anything_else_is_unknown(string path) => Assert.Equal(ModelCall.Unknown, ModelPath.Parse(path).Call);
}
