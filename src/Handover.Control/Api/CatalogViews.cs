using System.Buffers;
using System.Text.Json;
using Handover.Control.Consumers;
using Handover.Core.Catalog;
using Handover.Core.Contracts.Adapters;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Protocol;

namespace Handover.Control.Api;

/// <summary>Declared resources on the wire, with what they are doing now.</summary>
internal static class CatalogViews
{
    public static ServiceView Of(Service service, ApiServices api, Routing? routing, long epoch)
    {
        CatalogSnapshot catalog = api.Catalog.Snapshot;
        return new ServiceView
        {
            Name = service.Name,
            Protocol = Wire(service.Protocol),
            Path = service.Route.Path,
            Rewrite = service.Route.Rewrite,
            Entry = service.Entry,
            Impact = RolloutViews.Wire(service.Impact),
            ObjectiveErrors = service.Objectives.Errors?.Value,
            ObjectiveLatencyMsP99 = service.Objectives.P99?.TotalMilliseconds,
            Stable = routing?.Stable ?? service.Stable,
            Candidate = routing?.Candidate,
            Share = routing is null ? 0 : RolloutViews.Percent(routing.Share),
            SegmentShares = (routing?.Segments ?? []).ToDictionary(
                s => s.Segment.Name,
                s => RolloutViews.Percent(s.Share)
            ),
            Epoch = epoch,
            Rollout = api.Rollouts.States(service.Name).FirstOrDefault(s => s.Open)?.Id,
            Releases =
            [
                .. catalog
                    .Releases.Keys.Where(k => string.Equals(k.Service, service.Name, StringComparison.Ordinal))
                    .Select(k => k.Release)
                    .Order(StringComparer.Ordinal),
            ],
            Gateway = GatewayOf(service.Name, api),
            Off = FlagRoutes.ViewOf(FlagRoutes.OffOf(api, service.Name)),
        };
    }

    public static ReleaseView Of(Release release, ApiServices api, Routing? routing)
    {
        StackStatus? stack = api.Runtimes?.Status(release.Service, release.Name);
        return new ReleaseView
        {
            Name = release.Name,
            Service = release.Service,
            Role =
                release.Name
                == (routing?.Stable ?? api.Catalog.Snapshot.Services.GetValueOrDefault(release.Service)?.Stable)
                    ? "stable"
                : release.Name == routing?.Candidate ? "candidate"
                : "idle",
            Running = stack is not null,
            Ready = stack?.Ready ?? false,
            Trouble = stack?.Trouble,
            Members = release.Members.ToDictionary(m => m.Key, m => Of(m.Value)),
            Input = release.Input is null ? null : Of(release.Input),
            Output = release.Output is null ? null : Of(release.Output),
            Adapter = release.Adapter is null ? null : Of(release, release.Adapter),
            Digest = ReleaseDigest.Of(release),
            Features = [.. release.Features.Select(f => new FeatureUseView(f.View, f.Version, f.Fields))],
            Index = release.Index is { } index ? Of(index) : null,
            MemoryBytes = release.MemoryBytes,
            ResidentBytes = stack?.ResidentBytes ?? 0,
            CostPerDay = release.CostPerDay is { } cost ? new MoneyView(cost.Amount, cost.Currency) : null,
            Change = release.Change is { } change ? RolloutViews.Wire(change) : null,
            Holdout = release.Holdout is { } h
                ? new HoldoutView(h.Metric, h.Value, h.Baseline, h.LowerIsBetter ? "lower" : "higher")
                : null,
        };
    }

    public static ConsumerView Of(Consumer consumer) =>
        new(
            consumer.Name,
            consumer.Service,
            RolloutViews.Wire(consumer.Role),
            Of(consumer.Accepts),
            consumer.AcknowledgeRequired ? "required" : "automatic"
        );

    public static FeatureViewView Of(FeatureView view) =>
        new(
            view.Name,
            [
                .. view.Versions.Select(v => new FeatureVersionView(
                    v.Version,
                    v.Fields.ToDictionary(f => f.Name, f => f.Datatype)
                )
                {
                    FreshnessSeconds = v.Freshness?.TotalSeconds,
                }),
            ]
        );

    public static SegmentView Of(Segment segment)
    {
        var buffer = new ArrayBufferWriter<byte>(128);
        using (var json = new Utf8JsonWriter(buffer))
        {
            RuleCodec.Write(json, segment.When);
        }

        using JsonDocument document = JsonDocument.Parse(buffer.WrittenMemory);
        return new SegmentView(segment.Name, document.RootElement.Clone());
    }

    private static List<TensorView> Of(Signature signature) =>
        [
            .. signature.Tensors.Select(t => new TensorView(t.Name, t.Datatype, t.Shape)
            {
                Unit = t.Unit,
                Range = t.Range is { } range ? [range.Min, range.Max] : null,
                Semantics = t.Semantics,
                Labels = t.Labels is null ? null : [.. t.Labels.Order(StringComparer.Ordinal)],
                Reference = t.Reference,
            }),
        ];

    private static AdapterView Of(Release release, OutputAdapter adapter) =>
        new()
        {
            JmesPath = (adapter as OutputAdapter.Query)?.JmesPath,
            Tensors = adapter is OutputAdapter.Tensors tensors ? [.. tensors.Steps.Select(Of)] : null,
            Emits = AdaptedOutput.Of(release) is { Document: null } emits ? Of(emits) : null,
        };

    private static TensorStepView Of(TensorStep step) =>
        new(step.Tensor)
        {
            Rename = step.Rename,
            Cast = step.Cast,
            Scale = step.Scale,
            Reorder = step.Reorder,
            Unit = step.Unit,
            Drop = step.Drop,
        };

    private static IndexUseView Of(IndexUse index) =>
        new(index.Name, index.Version, index.Space, index.Dimensions, $"{index.Metric}".ToLowerInvariant());

    private static MemberView Of(Member member) =>
        member switch
        {
            Member.Onnx onnx => new MemberView("onnx", onnx.File),
            Member.Process process => new MemberView("process", process.Command.Count > 0 ? process.Command[0] : ""),
            Member.Http http => new MemberView("http", string.Join(", ", http.Endpoints)),
            _ => new MemberView("unknown", ""),
        };

    private static GatewayView? GatewayOf(string service, ApiServices api) =>
        api
            .Gateways.Select(g => (g.Id, Status: g.Status(service)))
            .Where(g => g.Status is not null)
            .Select(g => new GatewayView(g.Id, g.Status!.Epoch, g.Status.Holding, g.Status.Held, g.Status.InFlight))
            .FirstOrDefault();

    private static string Wire(WireProtocol protocol) =>
        protocol switch
        {
            WireProtocol.OpenInference => "open-inference",
            WireProtocol.OpenInferenceGrpc => "open-inference-grpc",
            WireProtocol.TensorFlowServing => "tensorflow-serving",
            WireProtocol.OpenAi => "openai",
            _ => "json",
        };
}
