using System.Text.Json;
using System.Text.Json.Serialization;

namespace Handover.Protocol;

/// <summary>
/// JSON of the public API, generated at build time: no reflection at start, and one place that says how strict reading
/// is. Reading refuses members that are not known, duplicates and documents nested deeper than 32.
/// </summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    PropertyNameCaseInsensitive = false,
    NumberHandling = JsonNumberHandling.Strict,
    DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    MaxDepth = 32
)]
[JsonSerializable(typeof(ProblemDocument))]
[JsonSerializable(typeof(Page<ServiceView>))]
[JsonSerializable(typeof(Page<ReleaseView>))]
[JsonSerializable(typeof(Page<ConsumerView>))]
[JsonSerializable(typeof(Page<NotificationView>))]
[JsonSerializable(typeof(AcknowledgeRequest))]
[JsonSerializable(typeof(Page<FeatureViewView>))]
[JsonSerializable(typeof(Page<SegmentView>))]
[JsonSerializable(typeof(Page<RolloutView>))]
[JsonSerializable(typeof(Page<JournalEntryView>))]
[JsonSerializable(typeof(Page<AuditEntryView>))]
[JsonSerializable(typeof(StartRolloutRequest))]
[JsonSerializable(typeof(RolloutCommandRequest))]
[JsonSerializable(typeof(RolloutReportView))]
[JsonSerializable(typeof(HoldForecastView))]
[JsonSerializable(typeof(HistoryView))]
[JsonSerializable(typeof(ApplyRequest))]
[JsonSerializable(typeof(ApplyResult))]
[JsonSerializable(typeof(IReadOnlyList<ContractView>))]
[JsonSerializable(typeof(ExplainView))]
[JsonSerializable(typeof(LabelReceipt))]
[JsonSerializable(typeof(AdviceRequest))]
[JsonSerializable(typeof(AdviceView))]
[JsonSerializable(typeof(AuditVerificationView))]
[JsonSerializable(typeof(TokenRequest))]
[JsonSerializable(typeof(TokenView))]
[JsonSerializable(typeof(WarmView))]
[JsonSerializable(typeof(HealthView))]
[JsonSerializable(typeof(Page<VerdictRecordView>))]
[JsonSerializable(typeof(RecomputationView))]
[JsonSerializable(typeof(WantedLabelsView))]
[JsonSerializable(typeof(FlagView))]
[JsonSerializable(typeof(DivergenceView))]
[JsonSerializable(typeof(LabelsView))]
[JsonSerializable(typeof(TrialRequest))]
[JsonSerializable(typeof(TrialView))]
[JsonSerializable(typeof(ReconciledLine))]
[JsonSerializable(typeof(WarmLine))]
[JsonSerializable(typeof(Page<DecisionView>))]
[JsonSerializable(typeof(DecisionView))]
[JsonSerializable(typeof(SettleDecisionRequest))]
public sealed partial class ProtocolJson : JsonSerializerContext
{
    /// <summary>For clients: members that a newer server adds are passed over.</summary>
    public static ProtocolJson Lenient { get; } =
        new(
            new JsonSerializerOptions(JsonSerializerDefaults.Web)
            {
                UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
                MaxDepth = 64,
            }
        );
}
