using F = Handover.Control.Resources.FieldType;

namespace Handover.Control.Resources;

/// <summary>The rows of the table, kind by kind, in the order of the reference.</summary>
public static partial class SupportedFields
{
    private const string S = "Service";
    private const string R = "Release";
    private const string C = "Consumer";
    private const string V = "FeatureView";
    private const string P = "Rollout";

    private static SupportedField[] Service =>
        [
            Choice(S, "spec.protocol", NameMaps.Protocol.All, "How requests and answers are written."),
            Needed(S, "spec.route", F.Map, "Which requests belong to the service; the longest prefix wins."),
            Needed(S, "spec.route.path", F.Text, "Path prefix that callers use."),
            Field(S, "spec.route.rewrite", F.Text, "What the prefix becomes on the way to the entry member."),
            Field(S, "spec.route.hosts", F.Texts, "Host names without port; none matches every host."),
            Field(S, "spec.entry", F.Text, "The member that receives the caller's request; default model."),
            Needed(S, "spec.stable", F.Text, "First stable release; afterwards owned by rollouts."),
            Needed(S, "spec.entity", F.Map, "Where the entity is found in a request."),
            Choice(S, "spec.entity.from", NameMaps.Source.All, "Part of the request.") with
            {
                Required = true,
            },
            Needed(S, "spec.entity.name", F.Text, "Header, cookie, query or claim name, or JSON pointer."),
            Choice(S, "spec.entity.absent", NameMaps.Absent.All, "What happens to a request without it."),
            Field(S, "spec.attributes", F.Maps, "What segments may read."),
            Needed(S, "spec.attributes[].name", F.Text, "Name in segment rules."),
            Choice(S, "spec.attributes[].from", NameMaps.Source.All, "Part of the request.") with
            {
                Required = true,
            },
            Needed(S, "spec.attributes[].key", F.Text, "Header, cookie, query or claim name, or JSON pointer."),
            .. Tokens,
            Field(S, "spec.errors", F.Map, "What counts as an error of the model."),
            Field(S, "spec.errors.statuses", F.Statuses, "Status codes and classes; default 5xx."),
            Field(S, "spec.errors.timeout", F.Duration, "A longer answer is a timeout; default 2s."),
            Field(S, "spec.objectives", F.Map, "Absolute objectives that gates hold a release to."),
            Field(S, "spec.objectives.errors", F.Ratio, "Highest acceptable error rate."),
            Field(S, "spec.objectives.p99", F.Duration, "Highest acceptable 99th percentile of latency."),
            Choice(S, "spec.impact", NameMaps.Impact.All, "How much damage a wrong release can do; default low."),
            Field(S, "spec.downtime", F.Map, "Which interruption is allowed."),
            Field(S, "spec.downtime.allowed", F.Duration, "Longest interruption; default 0s."),
            Field(S, "spec.downtime.windows", F.Maps, "When it is allowed; default at any time."),
            .. Recurring(S, "spec.downtime.windows[]"),
            Field(S, "spec.downtime.freezes", F.Maps, "When nothing moves forward; a rollback always may."),
            .. Recurring(S, "spec.downtime.freezes[]"),
            Field(S, "spec.idempotency", F.Map, "Decisions are kept in a ledger by key, and never made twice."),
            Field(S, "spec.idempotency.header", F.Text, "Header with the key; default Idempotency-Key."),
            Field(S, "spec.idempotency.pointer", F.Text, "JSON pointer to the key in the body; instead of header."),
            Choice(S, "spec.idempotency.mode", NameMaps.Idempotency.All, "Who needs a key; default off."),
            Field(S, "spec.idempotency.retain", F.Duration, "How long a decision is remembered; default 7d."),
            Field(S, "spec.idempotency.replaySafe", F.Flag, "A second run does no harm; default false."),
            Choice(
                S,
                "spec.idempotency.whenStoreDown",
                NameMaps.Outage.All,
                "What a request with a key gets while the ledger cannot be written; default refuse."
            ),
            Field(S, "spec.journal", F.Map, "What is recorded of requests and answers."),
            Field(S, "spec.journal.sample", F.Ratio, "Share of exchanges that is recorded; default everything."),
            Field(S, "spec.journal.payloads", F.Flag, "Whether bodies are kept; default true."),
            Field(S, "spec.journal.redact", F.Texts, "JSON pointers whose values are replaced before storing."),
            Field(S, "spec.journal.retain", F.Duration, "How long records are kept; default 14d."),
            Field(S, "spec.limits", F.Map, "Bounds on what the gateway takes and holds."),
            Field(S, "spec.limits.requestBytes", F.Size, "Largest request body; default 4MiB."),
            Field(S, "spec.limits.holdFor", F.Duration, "Longest time that one request is held; default 2s."),
            Field(S, "spec.limits.holdRequests", F.Whole, "Most requests held at once; default 10000."),
            Field(S, "spec.limits.holdBytes", F.Size, "Most bytes held at once; default 64MiB."),
            Field(S, "spec.labels", F.Map, "How late truth is compared with an answer."),
            Needed(S, "spec.labels.output", F.Text, "Name of the output that is compared."),
            Choice(S, "spec.labels.loss", NameMaps.Loss.All, "How wrongness is measured; default absolute."),
            Field(S, "spec.labels.tolerance", F.Ratio, "Relative error up to which an answer is right; default 20%."),
            Field(S, "spec.labels.window", F.Duration, "Answers are judged when so old; default: when labels come."),
            Field(
                S,
                "spec.sequences",
                F.Map,
                "Requests with a sequence_id stay on one release until the sequence ends."
            ),
            Field(S, "spec.sequences.idle", F.Duration, "A sequence silent for longer has ended; default 1m."),
            Field(S, "spec.sequences.most", F.Whole, "Most sequences open at once; default 10000."),
            Field(S, "spec.override", F.Map, "Whether callers with the right may name a release."),
            Field(S, "spec.override.allow", F.Flag, "Default false."),
        ];

    private static SupportedField[] Recurring(string kind, string path) =>
        [
            Needed(kind, $"{path}.cron", F.Text, "When it begins: five fields of cron."),
            Needed(kind, $"{path}.duration", F.Duration, "How long it lasts, from 1m."),
            Field(kind, $"{path}.timeZone", F.Text, "IANA zone that cron is read in; default UTC."),
        ];

    private static SupportedField[] Release =>
        [
            Needed(R, "spec.members", F.Names, "The running parts; the service's entry must be among them."),
            Choice(R, "spec.members.*.runtime", ["onnx", "http", "process"], "Who runs it.") with
            {
                Required = true,
            },
            Field(R, "spec.members.*.file", F.Text, "onnx: model file inside the configuration directory."),
            Field(R, "spec.members.*.sha256", F.Text, "onnx: digest of the file, 64 hex digits."),
            Field(R, "spec.members.*.endpoints", F.Texts, "http: base addresses."),
            Field(R, "spec.members.*.command", F.Texts, "process: program and arguments; {port} is replaced."),
            Field(R, "spec.members.*.ready", F.Text, "http, process: path that answers 200 when it can serve."),
            Field(R, "spec.members.*.startTimeout", F.Duration, "process: longest time to ready; default 1m."),
            Field(R, "spec.built", F.Names, "Digests of what went in; a change shows in the plan."),
            Field(R, "spec.uses", F.Map, "What the release reads."),
            Field(R, "spec.uses.features", F.Maps, "Feature views."),
            Needed(R, "spec.uses.features[].view", F.Text, "Name of the view."),
            Needed(R, "spec.uses.features[].version", F.Whole, "Version of the view."),
            Field(R, "spec.uses.features[].fields", F.Texts, "Fields that are read."),
            Field(R, "spec.uses.index", F.Map, "The vector index that the release searches."),
            Needed(R, "spec.uses.index.name", F.Text, "Name of the index."),
            Needed(R, "spec.uses.index.version", F.Whole, "Version of the index."),
            Needed(R, "spec.uses.index.space", F.Text, "The embedding model that defines the space."),
            Needed(R, "spec.uses.index.dimensions", F.Whole, "Length of a vector."),
            Choice(R, "spec.uses.index.metric", NameMaps.Metric.All, "How distance is measured.") with
            {
                Required = true,
            },
            Field(R, "spec.uses.index.embeds", F.Text, "The member that makes vectors."),
            Field(R, "spec.uses.index.searches", F.Text, "The member that holds the index."),
            Field(R, "spec.uses.index.url", F.Url, "Where the index tells its state."),
            Field(R, "spec.input", F.Map, "What the release accepts."),
            Field(R, "spec.output", F.Map, "What the release answers."),
            .. Adapter,
            Field(R, "spec.resources", F.Map, "What the release needs."),
            Field(R, "spec.resources.memory", F.Size, "Memory of the whole release."),
            Field(R, "spec.cost", F.Map, "What the release costs."),
            Needed(R, "spec.cost.perDay", F.Number, "Amount per day."),
            Needed(R, "spec.cost.currency", F.Text, "ISO 4217 code."),
            Choice(R, "spec.change", NameMaps.Change.All, "How different it is from the one before."),
            Field(R, "spec.holdout", F.Map, "Result on held-out data."),
            Needed(R, "spec.holdout.metric", F.Text, "E.g. mae."),
            Needed(R, "spec.holdout.value", F.Number, "The release's."),
            Needed(R, "spec.holdout.baseline", F.Number, "The baseline's."),
            Choice(R, "spec.holdout.better", ["lower", "higher"], "Direction.") with
            {
                Required = true,
            },
        ];

    private static SupportedField[] Adapter =>
        [
            Field(R, "spec.adapter", F.Map, "How answers are rewritten before consumers see them."),
            Needed(R, "spec.adapter.output", F.Map, "The answers of the entry member."),
            Field(R, "spec.adapter.output.jmespath", F.Text, "A JMESPath expression over the JSON answer."),
            Field(R, "spec.adapter.output.emits", F.Map, "jmespath: what comes out of it."),
            Field(R, "spec.adapter.output.tensors", F.Maps, "Or: changes of single tensors."),
            Needed(R, "spec.adapter.output.tensors[].tensor", F.Text, "Name as the release answers it."),
            Field(R, "spec.adapter.output.tensors[].rename", F.Text, "New name."),
            Choice(R, "spec.adapter.output.tensors[].cast", NameMaps.Datatypes, "New datatype."),
            Field(R, "spec.adapter.output.tensors[].scale", F.Number, "Factor of every value."),
            Field(
                R,
                "spec.adapter.output.tensors[].reorder",
                F.Numbers,
                "Where along the last dimension each value comes from, from 0."
            ),
            Field(R, "spec.adapter.output.tensors[].unit", F.Text, "Unit of the result; needed when scaled."),
            Field(R, "spec.adapter.output.tensors[].semantics", F.Text, "Meaning of the result."),
            Field(R, "spec.adapter.output.tensors[].reference", F.Text, "Distribution of the result."),
            Field(R, "spec.adapter.output.tensors[].drop", F.Flag, "Leave the tensor out."),
        ];

    private static SupportedField[] Consumer =>
        [
            Choice(C, "spec.role", NameMaps.Role.All, "What kind of system it is.") with
            {
                Required = true,
            },
            Needed(C, "spec.accepts", F.Map, "The outputs that it can read."),
            Field(C, "spec.accepts.pact", F.Text, "File with a Pact contract, version 3 or 4."),
            Field(C, "spec.accepts.pactText", F.Text, "Its content; filled in when it is applied."),
            Choice(C, "spec.acknowledge", ["automatic", "required"], "Whether its owner acknowledges a release first."),
            Field(C, "spec.notify", F.Map, "Where the consumer is told about moves."),
            Needed(C, "spec.notify.url", F.Url, "Gets a POST for each event."),
            Needed(C, "spec.notify.secretFile", F.Text, "File with the shared secret, inside the directory."),
            Field(C, "spec.monitors", F.Map, "role monitoring: what it builds on besides the tensors."),
            Field(C, "spec.monitors.metrics", F.Maps, "Metrics that it computes from outputs."),
            Needed(C, "spec.monitors.metrics[].name", F.Text, "The metric's name."),
            Needed(C, "spec.monitors.metrics[].output", F.Text, "The output tensor that it reads."),
            Field(C, "spec.monitors.references", F.Maps, "Distributions that it compares outputs with."),
            Needed(C, "spec.monitors.references[].output", F.Text, "The output tensor."),
            Needed(C, "spec.monitors.references[].distribution", F.Text, "Id that the release must name as reference."),
            Field(C, "spec.monitors.references[].edges", F.Numbers, "The distribution: upper edges of its bins."),
            Field(C, "spec.monitors.references[].shares", F.Numbers, "Share of each bin, one more than edges."),
            Field(C, "spec.monitors.references[].most", F.Number, "Largest stability index; default 0.25."),
        ];

    private static SupportedField[] FeatureView =>
        [
            Needed(V, "spec.versions", F.Maps, "Served versions."),
            Needed(V, "spec.versions[].version", F.Whole, "From 1."),
            Needed(V, "spec.versions[].fields", F.Maps, "Its fields."),
            Needed(V, "spec.versions[].fields[].name", F.Text, "Name."),
            Choice(V, "spec.versions[].fields[].datatype", NameMaps.Datatypes, "Open Inference datatype.") with
            {
                Required = true,
            },
            Field(V, "spec.versions[].fields[].range", F.Numbers, "Values that training saw: [smallest, largest]."),
            Field(V, "spec.versions[].freshness", F.Duration, "How old its values may be."),
            Field(V, "spec.versions[].file", F.Text, "File that tells its state."),
            Field(V, "spec.versions[].url", F.Url, "Feast-compatible store that can be asked."),
            Field(V, "spec.versions[].probe", F.Map, "url: what the store is asked about."),
            Needed(V, "spec.versions[].probe.key", F.Text, "Name of the join key."),
            Needed(V, "spec.versions[].probe.values", F.Texts, "Keys that stand for all, 1 to 100."),
        ];

    private static SupportedField[] Segment =>
        [Needed("Segment", "spec.when", F.Rule, "JSONLogic over the service's attributes.")];

    private static SupportedField[] Rollout =>
        [
            Needed(P, "spec.to", F.Text, "The release to bring in."),
            Choice(P, "spec.strategy", NameMaps.Strategy.All, "Ready-made list of phases; default parallel."),
            Field(P, "spec.salt", F.Text, "Seed of the draw; default the rollout's name."),
            Field(P, "spec.phases", F.Maps, "Steps in order; overrides the strategy's list."),
            Field(P, "spec.phases[].verify", F.Map, "Contracts, signatures and capacity are checked."),
            Field(P, "spec.phases[].start", F.Map, "The candidate's members are started."),
            Field(P, "spec.phases[].start.timeout", F.Duration, "How long it may take; default 2m."),
            Field(P, "spec.phases[].warm", F.Map, "Recorded requests are replayed."),
            Field(P, "spec.phases[].warm.requests", F.Whole, "Requests per window, from 20; default 500."),
            Choice(P, "spec.phases[].warm.until", ["converged"], "When warming ends."),
            Field(P, "spec.phases[].shadow", F.Map, "Live requests are copied and compared."),
            Field(P, "spec.phases[].shadow.share", F.Share, "Share of requests that is copied; default 10%."),
            Field(P, "spec.phases[].shadow.pairs", F.Whole, "Least number of compared pairs; default 2000."),
            Field(P, "spec.phases[].shadow.redraw", F.Share, "Share of these that stable is asked twice; default 10%."),
            Field(P, "spec.phases[].shift", F.Map, "The candidate's share grows."),
            Needed(P, "spec.phases[].shift.share", F.Share, "The share after the move."),
            Field(P, "spec.phases[].shift.segment", F.Text, "Only for this segment."),
            Field(P, "spec.phases[].shift.for", F.Duration, "Least time in the phase; default 0s."),
            Field(P, "spec.phases[].shift.requests", F.Whole, "Least candidate requests in the phase; default 0."),
            Field(P, "spec.phases[].switch", F.Map, "Everything goes to the candidate at one instant."),
            Field(P, "spec.phases[].switch.hold", F.Duration, "Bound of the hold, 50ms to 2s; default 400ms."),
            Choice(P, "spec.phases[].switch.drain", ["auto", .. NameMaps.Drain.All], "Requests in flight."),
            Choice(P, "spec.phases[].switch.stack", NameMaps.Stack.All, "Whether both releases run side by side."),
            Field(P, "spec.phases[].switch.start", F.Duration, "stack: single: longest start; default 2m."),
            Field(P, "spec.phases[].switch.warm", F.Whole, "stack: single: requests per window; default 0, none."),
            Field(P, "spec.phases[].bake", F.Map, "Everybody is on the candidate; objectives are watched."),
            Field(P, "spec.phases[].bake.for", F.Duration, "Time in the phase; default 1h."),
            Field(P, "spec.phases[].retire", F.Map, "The old release is kept, then stopped."),
            Field(P, "spec.phases[].retire.keep", F.Duration, "How long a rollback stays one move; default 24h."),
            Field(P, "spec.gates", F.Map, "What decides."),
            Field(P, "spec.gates.alpha", F.Ratio, "Highest chance of a false rollback; default 5%."),
            Field(P, "spec.gates.beta", F.Ratio, "Highest chance of a wrong promotion; default 5%."),
            Choice(P, "spec.gates.promote", NameMaps.Promote.All, "What a promotion needs; default noHarm."),
            Field(P, "spec.gates.metrics", F.Maps, "What is watched; default errors and latency."),
            Needed(P, "spec.gates.metrics[].name", F.Text, "One of Handover's own, or a name for a pushed one."),
            Field(P, "spec.gates.metrics[].worseBy", F.Ratio, "How much worse than stable; contract needs none."),
            Choice(P, "spec.gates.metrics[].source", ["pushed"], "Who measures it; default Handover."),
            Field(P, "spec.gates.metrics[].above", F.Number, "A pushed value above it is bad."),
            Field(P, "spec.gates.metrics[].silence", F.Duration, "How long its source may be silent; default 5m."),
            Field(P, "spec.gates.metrics[].critical", F.Flag, "Gets a part of the kept half of alpha."),
            Choice(
                P,
                "spec.gates.metrics[].then",
                ["rollback", "hold"],
                "What harm in it does; default rollback, for predictions hold."
            ),
            Field(P, "spec.deadline", F.Duration, "Longest time of a phase without progress; default 2h."),
            Field(P, "spec.budget", F.Map, "What the rollout may cost beyond stable."),
            Needed(P, "spec.budget.extraCost", F.Text, "Amount and ISO 4217 code, e.g. 50000 USD."),
            Choice(P, "spec.whenInconclusive", NameMaps.Inconclusive.All, "What the deadline does; default hold."),
            Choice(
                P,
                "spec.whenDisagreed",
                NameMaps.WhenDisagreed.All,
                "What a stale feature view or a wrong index does once the candidate runs; default hold."
            ),
            Choice(
                P,
                "spec.segmentOrder",
                NameMaps.SegmentOrder.All,
                "Whether a segment waits for those listed before it; default listed."
            ),
            Field(P, "spec.paces", F.Maps, "When segments and everybody may move; default at any time."),
            Field(P, "spec.paces[].segment", F.Text, "The segment; default everybody else."),
            Field(P, "spec.paces[].windows", F.Maps, "When its share may grow; default at any time."),
            .. Recurring(P, "spec.paces[].windows[]"),
            Field(P, "spec.paces[].freezes", F.Maps, "When its share may not grow."),
            .. Recurring(P, "spec.paces[].freezes[]"),
            Choice(
                P,
                "spec.paces[].whenHarmed",
                NameMaps.WhenHarmed.All,
                "Who goes back when the segment is harmed: all, it alone, or it alone while the others wait."
            ),
            Field(P, "spec.compare", F.Maps, "How answers are compared, by path; default by what releases declare."),
            Needed(P, "spec.compare[].path", F.Text, "An output's name, or a JSON pointer with * for items of lists."),
            Choice(P, "spec.compare[].as", NameMaps.Output.All, "What the value is."),
            Field(P, "spec.compare[].absolute", F.Number, "Numbers so far apart are the same; default 1e-9."),
            Field(P, "spec.compare[].relative", F.Ratio, "Numbers so far apart are the same; default 5%."),
            Field(P, "spec.compare[].ulps", F.Whole, "Numbers so many units in the last place apart are the same."),
            Field(P, "spec.compare[].threshold", F.Number, "Where the number decides: no tolerance reaches across it."),
            Choice(
                P,
                "spec.compare[].harm",
                NameMaps.Harm.All,
                "Which way across the threshold does harm; default either."
            ),
            Field(P, "spec.compare[].variation", F.Ratio, "Probability vectors so far apart are the same; default 5%."),
            Field(P, "spec.compare[].likeness", F.Ratio, "Texts, rankings, boxes and vectors so alike are the same."),
            Field(P, "spec.flag", F.Map, "The organisation's flag that decides who is eligible."),
            Needed(P, "spec.flag.ofrep", F.Url, "Base address of an OFREP server."),
            Needed(P, "spec.flag.key", F.Text, "Key of the flag there."),
            Field(P, "spec.flag.timeout", F.Duration, "Longest wait for an answer, 1ms to 1s; default 50ms."),
            Field(P, "spec.flag.ttl", F.Duration, "How long an answer counts, 100ms to 1m; default 1s."),
        ];
}
