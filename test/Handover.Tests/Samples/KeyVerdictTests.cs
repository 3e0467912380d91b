using Diamonds.Judge;
using Xunit;

namespace Handover.Tests.Samples;

/// <summary>Each kind of violation is found once, and a good run is clean.</summary>
public sealed class KeyVerdictTests
{
    [Fact]
    public void An_answer_that_was_lost_and_replayed_is_clean()
    {
        KeyVerdict verdict = KeyVerdict.Of(
            [Lost("k"), Ok("k", 7, "replayed"), Ok("k", 7, "replayed")],
            [Run("k", "v1")]
        );
        Assert.Equal((1, 2, 0, 0), (verdict.Keys, verdict.Replayed, verdict.Twice, verdict.Unequal));
    }

    [Theory]
    [InlineData("v1", 200)]
    [InlineData("v2", 200)]
    [InlineData("v2", 0)]
    public void A_key_that_models_ran_twice_is_found(string second, int status) =>
        Assert.Equal(1, KeyVerdict.Of([Ok("k", 7, "stable")], [Run("k", "v1"), Run("k", second, status)]).Twice);

    [Fact]
    public void A_run_that_the_model_refused_or_that_was_a_shadow_is_none()
    {
        ModelLine shadow = Run("k", "v2") with { Purpose = "shadow" };
        Assert.Equal(0, KeyVerdict.Of([Ok("k", 7, "stable")], [Run("k", "v1"), Run("k", "v1", 503), shadow]).Twice);
    }

    [Fact]
    public void A_key_that_was_answered_anew_is_found_without_the_models() =>
        Assert.Equal(1, KeyVerdict.Of([Ok("k", 7, "stable"), Ok("k", 7, "stable")], []).Twice);

    [Fact]
    public void A_replay_that_differs_is_found() =>
        Assert.Equal(1, KeyVerdict.Of([Ok("k", 7, "stable"), Ok("k", 8, "replayed")], []).Unequal);

    [Fact]
    public void An_answer_that_was_forgotten_is_found_and_one_that_was_never_known_is_not()
    {
        ClientLine unknown = Lost("k") with { Status = 409, Outcome = "http", Code = "decision-unknown" };
        Assert.Equal(1, KeyVerdict.Of([Ok("k", 7, "stable"), unknown], []).Unequal);
        KeyVerdict honest = KeyVerdict.Of([Lost("k"), unknown], [Run("k", "v1")]);
        Assert.Equal((0, 1), (honest.Unequal, honest.Unknown));
    }

    [Fact]
    public void A_doubt_needs_a_lost_answer_before_it()
    {
        ClientLine unknown = Lost("k") with { Status = 409, Outcome = "http", Code = "decision-unknown" };
        ClientLine busy = Lost("k") with { Status = 503, Outcome = "http" };
        ClientLine refused = Lost("k") with { Outcome = "refused" };
        Assert.Equal(1, KeyVerdict.Of([unknown], []).Baseless);
        Assert.Equal(1, KeyVerdict.Of([busy, refused, unknown, Lost("k")], []).Baseless);
        Assert.Equal(1, KeyVerdict.Of([Lost("other"), unknown], []).Baseless);
        Assert.Equal(0, KeyVerdict.Of([busy, Lost("k"), unknown, unknown], []).Baseless);
    }

    private static ClientLine Ok(string key, double price, string reason) =>
        new("r", "s", "c-1", "v1", 200, "ok", reason, key, price);

    private static ClientLine Lost(string key) => new(null, "s", "c-1", null, 0, "reset", null, key);

    private static ModelLine Run(string key, string release, int status = 200) =>
        new(DateTimeOffset.UnixEpoch, "r", release, "live", status, key);
}
