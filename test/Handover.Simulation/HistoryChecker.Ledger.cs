namespace Handover.Simulation;

/// <content>What was decided under a key, by what the releases did and what callers were told (I8).</content>
public sealed partial class HistoryChecker
{
    private readonly Dictionary<string, KeyFacts> _keys = new(StringComparer.Ordinal);

    /// <summary>A release worked on a request with a key.</summary>
    public void Executed(string key, string run, string release, bool replaySafe)
    {
        if (!_keys.TryGetValue(key, out KeyFacts? facts))
        {
            _keys[key] = new KeyFacts(run, release);
            return;
        }

        Expect(replaySafe, "A4/I8", $"{release} worked on {key} in {run} after {facts.Release} had in {facts.Run}");
        Expect(
            facts.Told is null,
            "A4/I8",
            $"{release} worked on {key} in {run} after a caller had been told {facts.Told}"
        );
    }

    /// <summary>A caller was told what was decided.</summary>
    public void Told(string key, string answer)
    {
        if (!_keys.TryGetValue(key, out KeyFacts? facts))
        {
            Expect(false, "A4/I8", $"a caller was told {answer} for {key}, on which nobody worked");
            return;
        }

        Expect(
            facts.Told is null || string.Equals(facts.Told, answer, StringComparison.Ordinal),
            "A4/I8",
            $"callers were told {facts.Told} and {answer} for {key}"
        );
        facts.Told = answer;
    }

    /// <summary>A caller was told that nobody knows what was decided.</summary>
    public void ToldInDoubt(string key)
    {
        string? told = _keys.GetValueOrDefault(key)?.Told;
        Expect(told is null, "A4/I8", $"{key} is in doubt after a caller had been told {told}");
    }

    private sealed class KeyFacts(string run, string release)
    {
        public readonly string Run = run;
        public readonly string Release = release;
        public string? Told;
    }
}
