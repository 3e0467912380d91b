using System.Text.Json;
using Diamonds.Encoder;
using DuckDB.NET.Data;

namespace Diamonds.Similar;

/// <summary>
/// The two members that this program can be. Neither checks that the other is of its own release: nothing on the wire
/// would tell. Only the pin keeps them together.
/// </summary>
public sealed class Members(SimilarOptions options, MemberCall call, AnswerLog log, TimeProvider time)
{
    /// <summary>Neighbours per stone.</summary>
    public const int Count = 5;

    private readonly EmbeddingSpace space = EmbeddingSpace.Read(options.Space);
    private readonly StoneFeatures features = StoneFeatures.Read(options.Features);

    /// <summary>Adds the routes of the member that embeds: stones in, the answer of the search out.</summary>
    public void MapEmbed(WebApplication app)
    {
        object[] inputs = [Tensor("categories", "BYTES", 3), Tensor("numbers", "FP32", 6)];
        object[] outputs = [Tensor("stones", "INT64", Count), Tensor("price", "FP32", Count)];
        Map(app, inputs, outputs, () => new() { ["space"] = space.Name }, EmbedAsync);
    }

    /// <summary>Adds the routes of the member that searches: vectors in, priced stones out.</summary>
    public void MapSearch(WebApplication app)
    {
        RawRows stones = StoneTable.Read(options.Data, options.Rows);
        var index = new StoneIndex(space.Dimensions, stones.Count);
        _ = FillAsync(app.Lifetime, stones, index);
        object[] inputs = [Tensor("vector", "FP32", space.Dimensions)];
        object[] outputs = [Tensor("stones", "INT64", Count), Tensor("price", "FP32", Count)];
        Map(
            app,
            inputs,
            outputs,
            () =>
                new()
                {
                    ["space"] = space.Name,
                    ["index"] = "stones",
                    ["index_version"] = $"{options.Index}",
                    ["rows"] = $"{index.Rows}",
                    ["expected"] = $"{index.Expected}",
                },
            (context, body) => SearchAsync(context, body, stones, index)
        );
    }

    // An index that stays incomplete would be waited for for ever; a member that ends is seen.
    private async Task FillAsync(IHostApplicationLifetime lifetime, RawRows stones, StoneIndex index)
    {
        try
        {
            await index.FillAsync(stones, features, space, options.RowsPerSecond, lifetime.ApplicationStopping);
        }
        catch (Exception e) when (e is DuckDBException or FormatException)
        {
            await Console.Error.WriteLineAsync($"The index cannot be filled: {e.Message}");
            lifetime.StopApplication();
        }
        catch (OperationCanceledException)
        {
            // The member is being stopped.
        }
    }

    private async Task<(int, byte[])> EmbedAsync(HttpContext context, JsonElement body)
    {
        RawRows rows = RawRows.Read(body);
        float[][] vectors = [.. Enumerable.Range(0, rows.Count).Select(row => space.Embed(features.Of(rows, row)))];
        return await call.AskAsync(context, "search", Wire.Search(vectors));
    }

    private async Task<(int, byte[])> SearchAsync(
        HttpContext context,
        JsonElement body,
        RawRows stones,
        StoneIndex index
    )
    {
        float[][] vectors = Wire.Vectors(body, space.Dimensions);
        int[][] nearest = [.. vectors.Select(v => index.Nearest(v, Count))];
        int[] all = [.. nearest.SelectMany(n => n)];
        (int status, byte[] answer) = await call.AskAsync(context, "rank", Wire.Rank(stones, all));
        if (status != StatusCodes.Status200OK)
        {
            return (status, answer);
        }

        using JsonDocument json = JsonDocument.Parse(answer);
        float[] prices = Wire.Floats(json.RootElement, "outputs", "price");
        return (
            status,
            Wire.Answer([
                .. all.Select((stone, i) => (stone, prices[i]))
                    .Chunk(nearest[0].Length)
                    .Select(row => row.OrderBy(f => f.Item2).ToArray()),
            ])
        );
    }

    private void Map(
        WebApplication app,
        object[] inputs,
        object[] outputs,
        Func<Dictionary<string, string>> told,
        Func<HttpContext, JsonElement, Task<(int, byte[])>> infer
    )
    {
        app.MapGet("/v2/health/live", () => Results.Json(new { live = true }));
        app.MapGet("/v2/health/ready", () => Results.Json(new { ready = true }));
        app.MapGet(
            "/v2/models/price",
            () =>
            {
                Dictionary<string, string> properties = told();
                properties["dimensions"] = $"{space.Dimensions}";
                properties["metric"] = space.Metric;
                string[] versions = ["1"];
                return Results.Json(
                    new
                    {
                        name = "price",
                        versions,
                        platform = "handover-samples",
                        inputs,
                        outputs,
                        properties,
                    }
                );
            }
        );
        app.MapPost("/v2/models/price/infer", context => AnswerAsync(context, infer));
    }

    private async Task AnswerAsync(HttpContext context, Func<HttpContext, JsonElement, Task<(int, byte[])>> infer)
    {
        DateTimeOffset at = time.GetUtcNow();
        (int Status, byte[] Body) answer;
        try
        {
            using JsonDocument json = await JsonDocument.ParseAsync(
                context.Request.Body,
                cancellationToken: context.RequestAborted
            );
            answer = await infer(context, json.RootElement);
        }
        catch (Exception e)
            when (e is FormatException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            answer = (StatusCodes.Status400BadRequest, Wire.Error(e.Message));
        }

        string purpose = context.Request.Headers["Handover-Purpose"] is [{ Length: > 0 } given] ? given : "live";
        log.Write(at, context.Request.Headers["Handover-Request-Id"], purpose, answer.Status);
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = answer.Body.Length;
        await context.Response.Body.WriteAsync(answer.Body, context.RequestAborted);
    }

    private static object Tensor(string name, string datatype, int width) =>
        new
        {
            name,
            datatype,
            shape = new[] { -1, width },
        };
}
