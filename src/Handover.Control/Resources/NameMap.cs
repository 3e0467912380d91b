using Handover.Core.Catalog;
using Handover.Core.Divergence;
using Handover.Core.Gates;
using Handover.Core.Moves;
using Handover.Core.Rollouts;

namespace Handover.Control.Resources;

/// <summary>The names of an enum's values in files; one table for reading, writing and documentation.</summary>
internal sealed class NameMap<T>(params (string Name, T Value)[] pairs)
    where T : struct, Enum
{
    public IReadOnlyList<string> All { get; } = [.. pairs.Select(p => p.Name)];

    public T? Find(string name)
    {
        foreach ((string known, T value) in pairs)
        {
            if (known == name)
            {
                return value;
            }
        }

        return null;
    }

    public string Of(T value) => pairs.First(p => EqualityComparer<T>.Default.Equals(p.Value, value)).Name;
}

/// <summary>Every closed set of names that the files use.</summary>
internal static class NameMaps
{
    public static readonly NameMap<WireProtocol> Protocol = new(
        ("open-inference", WireProtocol.OpenInference),
        ("open-inference-grpc", WireProtocol.OpenInferenceGrpc),
        ("tensorflow-serving", WireProtocol.TensorFlowServing),
        ("openai", WireProtocol.OpenAi),
        ("json", WireProtocol.Json)
    );

    public static readonly NameMap<ValueSource> Source = new(
        ("header", ValueSource.Header),
        ("cookie", ValueSource.Cookie),
        ("query", ValueSource.Query),
        ("json", ValueSource.Json),
        ("claim", ValueSource.Claim)
    );

    public static readonly NameMap<AbsentEntity> Absent = new(
        ("stable", AbsentEntity.Stable),
        ("refuse", AbsentEntity.Refuse),
        ("draw", AbsentEntity.Draw)
    );

    public static readonly NameMap<Impact> Impact = new(
        ("low", Core.Catalog.Impact.Low),
        ("high", Core.Catalog.Impact.High)
    );

    public static readonly NameMap<IdempotencyMode> Idempotency = new(
        ("off", IdempotencyMode.Off),
        ("optional", IdempotencyMode.Optional),
        ("required", IdempotencyMode.Required)
    );

    public static readonly NameMap<LedgerOutage> Outage = new(
        ("refuse", LedgerOutage.Refuse),
        ("spool", LedgerOutage.Spool)
    );

    public static readonly NameMap<LossKind> Loss = new(
        ("absolute", LossKind.Absolute),
        ("squared", LossKind.Squared),
        ("zeroOne", LossKind.ZeroOne),
        ("logistic", LossKind.Logistic)
    );

    public static readonly NameMap<ChangeKind> Change = new(
        ("tuned", ChangeKind.Tuned),
        ("retrained", ChangeKind.Retrained),
        ("architecture", ChangeKind.Architecture),
        ("interface", ChangeKind.Interface)
    );

    public static readonly NameMap<IndexMetric> Metric = new(
        ("cosine", IndexMetric.Cosine),
        ("l2", IndexMetric.L2),
        ("dot", IndexMetric.Dot)
    );

    public static readonly NameMap<OutputKind> Output = new(
        ("auto", OutputKind.Auto),
        ("number", OutputKind.Number),
        ("label", OutputKind.Label),
        ("probabilities", OutputKind.Probabilities),
        ("ranking", OutputKind.Ranking),
        ("text", OutputKind.Text),
        ("boxes", OutputKind.Boxes),
        ("embedding", OutputKind.Embedding),
        ("ignored", OutputKind.Ignored)
    );

    public static readonly NameMap<HarmfulFlip> Harm = new(
        ("either", HarmfulFlip.Either),
        ("up", HarmfulFlip.Up),
        ("down", HarmfulFlip.Down)
    );

    public static readonly NameMap<WhenDisagreed> WhenDisagreed = new(
        ("hold", Core.Rollouts.WhenDisagreed.Hold),
        ("rollback", Core.Rollouts.WhenDisagreed.Rollback)
    );

    public static readonly NameMap<SegmentOrder> SegmentOrder = new(
        ("listed", Core.Rollouts.SegmentOrder.Listed),
        ("independent", Core.Rollouts.SegmentOrder.Independent)
    );

    public static readonly NameMap<WhenHarmed> WhenHarmed = new(
        ("rollout", Core.Rollouts.WhenHarmed.Rollout),
        ("segment", Core.Rollouts.WhenHarmed.Segment),
        ("hold", Core.Rollouts.WhenHarmed.Hold)
    );

    public static readonly NameMap<ConsumerRole> Role = new(
        ("decision", ConsumerRole.Decision),
        ("storage", ConsumerRole.Storage),
        ("monitoring", ConsumerRole.Monitoring),
        ("gateway", ConsumerRole.Gateway)
    );

    public static readonly NameMap<Strategy> Strategy = new(
        ("parallel", Core.Rollouts.Strategy.Parallel),
        ("cutover", Core.Rollouts.Strategy.Cutover),
        ("flag", Core.Rollouts.Strategy.Flag)
    );

    public static readonly NameMap<PromotionRule> Promote = new(
        ("noHarm", PromotionRule.NoHarm),
        ("proof", PromotionRule.Proof)
    );

    public static readonly NameMap<Inconclusive> Inconclusive = new(
        ("hold", Core.Rollouts.Inconclusive.Hold),
        ("rollback", Core.Rollouts.Inconclusive.Rollback),
        ("promote", Core.Rollouts.Inconclusive.Promote)
    );

    public static readonly NameMap<StackUse> Stack = new(("double", StackUse.Double), ("single", StackUse.Single));

    public static readonly NameMap<DrainMode> Drain = new(
        ("atomic", DrainMode.Atomic),
        ("dispatch", DrainMode.Dispatch)
    );

    public static readonly NameMap<ResourceKind> Kind = new(
        ("Service", ResourceKind.Service),
        ("Release", ResourceKind.Release),
        ("Consumer", ResourceKind.Consumer),
        ("FeatureView", ResourceKind.FeatureView),
        ("Segment", ResourceKind.Segment),
        ("Rollout", ResourceKind.Rollout)
    );

    public static readonly IReadOnlyList<string> Datatypes =
    [
        "BOOL",
        "UINT8",
        "UINT16",
        "UINT32",
        "UINT64",
        "INT8",
        "INT16",
        "INT32",
        "INT64",
        "FP16",
        "BF16",
        "FP32",
        "FP64",
        "BYTES",
    ];

    public static readonly IReadOnlyList<string> Metrics =
    [
        "errors",
        "timeouts",
        "latency",
        "loss",
        "predictions",
        MetricGate.Flips,
        "contract",
    ];
}
