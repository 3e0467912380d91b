using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Diamonds.Encoder;

/// <summary>
/// The Open Inference v2 endpoints of the encoder: raw rows in, the answer of the release's own model out.
/// </summary>
public sealed class EncoderEndpoints(
    EncoderOptions options,
    FeatureEncoding encoding,
    HttpClient client,
    AnswerLog log,
    TimeProvider time
)
{
    // Without baggage the gateway would not know the pin, and the second hop would be refused.
    private static readonly string[] PassedOn =
    [
        "baggage",
        "traceparent",
        "tracestate",
        "Handover-Request-Id",
        "Handover-Purpose",
    ];

    private static readonly object Metadata = new
    {
        name = "price",
        versions = new[] { "1" },
        platform = "handover-samples-encoder",
        inputs = new object[]
        {
            new
            {
                name = "categories",
                datatype = "BYTES",
                shape = new[] { -1, RawRows.CategoryCount },
            },
            new
            {
                name = "numbers",
                datatype = "FP32",
                shape = new[] { -1, RawRows.NumberCount },
            },
        },
        outputs = new object[]
        {
            new
            {
                name = "price",
                datatype = "FP32",
                shape = new[] { -1, 1 },
            },
            new
            {
                name = "interval",
                datatype = "FP32",
                shape = new[] { -1, 2 },
            },
        },
    };

    /// <summary>Adds the routes.</summary>
    public void Map(WebApplication app)
    {
        app.MapGet("/v2/health/live", () => Results.Json(new { live = true }));
        app.MapGet("/v2/health/ready", () => Results.Json(new { ready = true }));
        app.MapGet(
            "/v2",
            () =>
                Results.Json(
                    new
                    {
                        name = "diamonds-encoder",
                        version = options.Release,
                        extensions = Array.Empty<string>(),
                    }
                )
        );
        app.MapGet("/v2/models/price", () => Results.Json(Metadata));
        app.MapGet("/v2/models/price/ready", () => Results.Json(new { name = "price", ready = true }));
        app.MapPost("/v2/models/price/infer", InferAsync);
    }

    private async Task InferAsync(HttpContext context)
    {
        DateTimeOffset at = time.GetUtcNow();
        Answer answer;
        try
        {
            byte[] encoded = await EncodeAsync(context.Request);
            answer = await AskModelAsync(context, encoded);
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            answer = Answer.Error(StatusCodes.Status400BadRequest, e.Message);
        }
        catch (HttpRequestException e)
        {
            answer = Answer.Error(
                StatusCodes.Status502BadGateway,
                $"The model of {options.Release} was not reached: {e.Message}"
            );
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            answer = Answer.Error(
                StatusCodes.Status504GatewayTimeout,
                $"The model of {options.Release} did not answer in time."
            );
        }

        string purpose = context.Request.Headers["Handover-Purpose"] is [{ Length: > 0 } given] ? given : "live";
        log.Write(at, context.Request.Headers["Handover-Request-Id"], purpose, answer.Status);
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = answer.ContentType;
        context.Response.ContentLength = answer.Body.Length;
        await context.Response.Body.WriteAsync(answer.Body, context.RequestAborted);
    }

    private async Task<byte[]> EncodeAsync(HttpRequest request)
    {
        using JsonDocument json = await JsonDocument.ParseAsync(
            request.Body,
            cancellationToken: request.HttpContext.RequestAborted
        );
        RawRows rows = RawRows.Read(json.RootElement);
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            if (options.OneHot)
            {
                encoding.WriteOneHot(writer, rows);
            }
            else
            {
                encoding.WriteIds(writer, rows);
            }
        }

        return buffer.WrittenSpan.ToArray();
    }

    private async Task<Answer> AskModelAsync(HttpContext context, byte[] encoded)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post,
            new Uri(options.Members, "model/v2/models/price/infer")
        )
        {
            Content = new ByteArrayContent(encoded),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        foreach (string name in PassedOn)
        {
            if (context.Request.Headers.TryGetValue(name, out Microsoft.Extensions.Primitives.StringValues values))
            {
                request.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
            }
        }

        using HttpResponseMessage response = await client.SendAsync(request, context.RequestAborted);
        byte[] body = await response.Content.ReadAsByteArrayAsync(context.RequestAborted);
        return new Answer(
            (int)response.StatusCode,
            response.Content.Headers.ContentType?.ToString() ?? "application/json",
            options.Cents && response.IsSuccessStatusCode ? InCents(body) : body
        );
    }

    private static byte[] InCents(byte[] body)
    {
        JsonNode answer = JsonNode.Parse(body)!;
        foreach (JsonNode? output in answer["outputs"]!.AsArray())
        {
            JsonArray data = output!["data"]!.AsArray();
            output["data"] = new JsonArray([.. data.Select(v => JsonValue.Create(v!.GetValue<float>() * 100))]);
        }

        return JsonSerializer.SerializeToUtf8Bytes(answer);
    }

    private sealed record Answer(int Status, string ContentType, byte[] Body)
    {
        public static Answer Error(int status, string message) =>
            new(status, "application/json", JsonSerializer.SerializeToUtf8Bytes(new { error = message }));
    }
}
