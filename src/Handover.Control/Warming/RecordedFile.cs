using System.Text.Json;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Traffic;
using Handover.Ports;

namespace Handover.Control.Warming;

/// <summary>
/// Recorded requests that somebody brings: NDJSON as the journal writes it, or TensorFlow Serving's TFRecord of
/// PredictionLog. Both come from outside, so that a line that cannot be read is told with its number.
/// </summary>
/// <param name="Content">The file.</param>
/// <param name="ContentType"><c>application/x-tfrecord</c>; everything else is NDJSON.</param>
public sealed record RecordedFile(ReadOnlyMemory<byte> Content, string ContentType)
{
    private const int MostRequests = 100_000;

    /// <summary>The requests, as if stable had answered them.</summary>
    public Result<IReadOnlyList<Exchange>> Read(Service service, string stable) =>
        ContentType.StartsWith("application/x-tfrecord", StringComparison.OrdinalIgnoreCase)
            ? Records(service, stable)
            : Lines(service, stable);

    private Result<IReadOnlyList<Exchange>> Records(Service service, string stable)
    {
        if (service.Protocol is not (WireProtocol.OpenInference or WireProtocol.TensorFlowServing))
        {
            return new Problem("bad-body", $"a TFRecord of predictions has tensors, and {service.Name} speaks none.");
        }

        Result<IReadOnlyList<ReadOnlyMemory<byte>>> records = TfRecord.Read(Content);
        if (!records.Ok)
        {
            return Result<IReadOnlyList<Exchange>>.Failed(records.Problems);
        }

        bool open = service.Protocol == WireProtocol.OpenInference;
        string path = (service.Route.Rewrite ?? service.Route.Path) + (open ? "/infer" : ":predict");
        var requests = new List<Exchange>();
        foreach (ReadOnlyMemory<byte> record in records.Value.Take(MostRequests))
        {
            if (PredictionLog.Read(record.Span, service.Protocol) is not { } log)
            {
                return new Problem("bad-body", $"record {requests.Count + 1} is no PredictLog that can be replayed.");
            }

            requests.Add(One(service, stable, requests.Count, path, log.Request, log.Response));
        }

        return requests;
    }

    private Result<IReadOnlyList<Exchange>> Lines(Service service, string stable)
    {
        var requests = new List<Exchange>();
        int number = 0;
        for (ReadOnlyMemory<byte> rest = Content; !rest.IsEmpty && requests.Count < MostRequests; )
        {
            number++;
            int end = rest.Span.IndexOf((byte)'\n');
            ReadOnlyMemory<byte> line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            if (line.Span.Trim(" \t\r"u8).IsEmpty)
            {
                continue;
            }

            if (Line(service, stable, requests.Count, line) is not { } request)
            {
                return new Problem("bad-body", $"line {number} is no recorded request.")
                {
                    Fix = "Each line is an object with 'path' and 'request', as 'journal query --payloads' writes it.",
                };
            }

            requests.Add(request);
        }

        return requests;
    }

    private static Exchange? Line(Service service, string stable, int index, ReadOnlyMemory<byte> line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            string? path = root.GetProperty("path").GetString();
            bool asked = root.GetProperty("request").ValueKind != JsonValueKind.Null;
            return !asked || path is null || !path.StartsWith('/') || path.Contains("..", StringComparison.Ordinal)
                ? null
                : One(
                    service,
                    stable,
                    index,
                    path,
                    Body(root.GetProperty("request")),
                    root.TryGetProperty("response", out JsonElement answer) && answer.ValueKind != JsonValueKind.Null
                        ? Body(answer)
                        : null
                );
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    // The journal writes a body that is no JSON as text.
    private static byte[] Body(JsonElement body) =>
        body.ValueKind == JsonValueKind.String
            ? System.Text.Encoding.UTF8.GetBytes(body.GetString()!)
            : System.Text.Encoding.UTF8.GetBytes(body.GetRawText());

    private static Exchange One(
        Service service,
        string stable,
        int index,
        string path,
        byte[] request,
        byte[]? response
    ) =>
        new()
        {
            RequestId = $"file-{index + 1}",
            Service = service.Name,
            Release = stable,
            Epoch = 0,
            Reason = AssignReason.Stable,
            Purpose = Purpose.Warm,
            CandidateShare = Share.None,
            At = DateTimeOffset.UnixEpoch,
            Latency = TimeSpan.Zero,
            Status = 200,
            Outcome = ExchangeOutcome.Ok,
            Inference = true,
            Method = "POST",
            Path = path,
            ContentType = "application/json",
            Request = request,
            Response = response is null ? (ReadOnlyMemory<byte>?)null : new ReadOnlyMemory<byte>(response),
        };
}
