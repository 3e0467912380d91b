using Handover.Control.Resources;
using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Foundation;
using Handover.Core.Rollouts;
using Microsoft.ML.OnnxRuntime;
using Xunit;

namespace Handover.Tests.Samples;

/// <summary>
/// The sample's resources are read by the shipped reader, agree with the files, and tell the stories they promise.
/// </summary>
public sealed class SampleResourcesTests
{
    private static readonly Lazy<IReadOnlyList<Resource>> Sample = new(Read);

    private static CatalogSnapshot Catalog =>
        new()
        {
            Services = Of<Resource.OfService>().Select(r => r.Value).ToDictionary(s => s.Name),
            Releases = Of<Resource.OfRelease>().Select(r => r.Value).ToDictionary(r => (r.Service, r.Name)),
            Consumers = Of<Resource.OfConsumer>().Select(r => r.Value).ToDictionary(c => (c.Service, c.Name)),
            Segments = Of<Resource.OfSegment>().Select(r => r.Value).ToDictionary(s => s.Name),
        };

    [Fact]
    public void The_resources_are_sound_and_every_rollout_names_what_exists()
    {
        Dictionary<string, RolloutPlan> plans = Of<Resource.OfRollout>().Select(r => r.Value).ToDictionary(p => p.Name);

        Assert.Empty(CatalogValidator.Validate(Catalog, plans, _ => null));
        Assert.Equal(3, Catalog.Services.Count);
        Assert.Equal(14, Catalog.Releases.Count);
        Assert.Equal(16, plans.Count);
    }

    [Theory]
    [InlineData("v1", ContractOutcome.Holds)]
    [InlineData("v1-copy", ContractOutcome.Holds)]
    [InlineData("v2", ContractOutcome.Holds)]
    [InlineData("v2-slow", ContractOutcome.Holds)]
    [InlineData("v2-flaky", ContractOutcome.Holds)]
    [InlineData("v2-swapped", ContractOutcome.Holds)]
    [InlineData("v2-cents-lying", ContractOutcome.Holds)]
    [InlineData("v2-cents", ContractOutcome.Breaks)]
    [InlineData("v2-drop", ContractOutcome.Breaks)]
    public void Contracts_refuse_exactly_the_releases_that_declare_what_a_consumer_cannot_read(
        string release,
        ContractOutcome expected
    )
    {
        ContractMatrix matrix = ContractMatrix.Of(
            Catalog.ConsumersOf("diamond-price"),
            Catalog.Releases[("diamond-price", "v1")],
            Catalog.Releases[("diamond-price", release)]
        );

        Assert.Equal(expected == ContractOutcome.Breaks, matrix.BreaksOf(release).Count > 0);
        Assert.Empty(matrix.Undecided);
    }

    [Fact]
    public void What_an_onnx_release_declares_is_what_its_file_serves()
    {
        int compared = 0;
        foreach (Release release in Catalog.Releases.Values)
        {
            if (release.Members.GetValueOrDefault("model") is Member.Onnx onnx)
            {
                using var session = new InferenceSession(SampleFolder.File(onnx.File.Split('/')));
                Assert.Empty(DeclaredServed.Compare(release.Output!, Served(session.OutputMetadata)));
                if (release.Members.Count == 1)
                {
                    Assert.Empty(DeclaredServed.Compare(release.Input!, Served(session.InputMetadata), "inputs"));
                }

                compared++;
            }
        }

        Assert.Equal(9, compared);
    }

    private static Signature Served(IReadOnlyDictionary<string, NodeMetadata> nodes) =>
        new([
            .. nodes.Select(n => new TensorSpec(
                n.Key,
                n.Value.ElementType == typeof(string) ? "BYTES"
                    : n.Value.ElementType == typeof(long) ? "INT64"
                    : "FP32",
                [.. n.Value.Dimensions.Select(d => (long)d)]
            )),
        ]);

    private static IEnumerable<T> Of<T>()
        where T : Resource => Sample.Value.OfType<T>();

    private static IReadOnlyList<Resource> Read()
    {
        IEnumerable<string> files = Directory
            .EnumerateFiles(SampleFolder.File(), "*.yaml", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal);
        Result<ResourceSet> read = ResourceReader.ReadAll(files.Select(f => (File.ReadAllText(f), f)));
        Assert.True(read.Ok, string.Join('\n', read.Problems));
        return read.Value.Resources;
    }
}
