using System.Text.Json;
using Handover.Core.Catalog;
using Handover.Tests.House;
using Xunit;

namespace Handover.Tests.Catalog;

/// <summary>
/// Core's rules beside npm <c>@openfeature/flagd-core</c>, over generated rules and contexts whose answers that one
/// gave. <c>eng/flagd-vectors.mjs</c> wrote them and can write more.
/// </summary>
public sealed class FlagdVectorTests
{
    [Fact]
    public void Every_recorded_choice_of_flagd_core_is_ours_too()
    {
        string? other = Environment.GetEnvironmentVariable("HANDOVER_FLAGD_VECTORS");
        string file = other ?? Repository.At("testdata/flagd/vectors.json");
        using JsonDocument rows = JsonDocument.Parse(File.ReadAllBytes(file));
        var wrong = new List<string>();
        foreach (JsonElement row in rows.RootElement.EnumerateArray())
        {
            Rule rule = RuleCodec.Parse(row.GetProperty("rule")).Value;
            JsonElement context = row.GetProperty("context");
            var values = new RuleContext
            {
                Values = FlagdFile.ValueOf(context),
                Entity = context.TryGetProperty("targetingKey", out JsonElement key) ? key.GetString() : null,
                Flag = "f",
            };
            RuleValue chosen = rule.Evaluate(values);
            string variant = chosen.Kind == RuleKind.Null ? "none" : chosen.AsText();
            if (variant != row.GetProperty("variant").GetString())
            {
                wrong.Add($"{variant}: {row}");
            }
        }

        Assert.True(rows.RootElement.GetArrayLength() >= 1500);
        Assert.True(wrong.Count == 0, $"{wrong.Count} differ; the first: {string.Join('\n', wrong.Take(3))}");
    }
}
