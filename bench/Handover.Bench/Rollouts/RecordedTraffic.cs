using System.Globalization;

namespace Handover.Bench.Rollouts;

/// <summary>
/// Real exchanges, drawn again by seed. They are drawn in blocks of neighbours, because latency comes in bursts: drawn
/// one by one they would be far kinder to the gates than a real machine is.
/// </summary>
internal sealed class RecordedTraffic(IReadOnlyList<RecordedAnswer> answers, Draws draws)
{
    private const int Block = 50;

    private int _at;
    private int _left;

    /// <summary>The next exchange.</summary>
    public RecordedAnswer Next()
    {
        if (_left == 0)
        {
            _at = (int)(draws.Uniform() * answers.Count);
            _left = Block;
        }

        _left--;
        return answers[_at++ % answers.Count];
    }

    /// <summary>The committed recording, by release.</summary>
    public static ILookup<string, RecordedAnswer> Load(string file) =>
        File.ReadLines(file)
            .Skip(1)
            .Select(line => line.Split(','))
            .ToLookup(f => f[0], f => new RecordedAnswer(f[1], Number(f[2]), Number(f[3]), Number(f[4])));

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}

/// <summary>One live answer of a real model.</summary>
/// <param name="Entity">The customer.</param>
/// <param name="LatencyMs">As the gateway measured it.</param>
/// <param name="Price">What was answered.</param>
/// <param name="Truth">What the diamond cost.</param>
internal sealed record RecordedAnswer(string Entity, double LatencyMs, double Price, double Truth);
