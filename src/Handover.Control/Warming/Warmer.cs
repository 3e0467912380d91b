using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Evidence;
using Handover.Core.Foundation;
using Handover.Core.Payloads;
using Handover.Core.Traffic;
using Handover.Ports;

namespace Handover.Control.Warming;

/// <summary>
/// Warms a release with real recorded requests until its latency has converged and its answers keep their declaration.
/// The requests take the real path, through the gateway under a pin of purpose <c>warm</c>, so that connections, caches
/// and compiled code are those that live traffic will meet.
/// </summary>
public sealed class Warmer(IJournalPort journal, IWarmTarget target, TimeProvider time)
{
    /// <summary>Most windows; a release that has not converged by then is refused.</summary>
    public const int MostWindows = 30;

    /// <summary>Least recorded requests to begin with.</summary>
    public const int LeastRecorded = 20;

    // Steady and still slower than stable's margin for so many windows: more of them will not help.
    private const int SteadilySlow = 5;
    private const int Chunk = 50;

    // Of each kind of request some: so many times what a window needs is looked at.
    private const int LookedAt = 4;
    private const int MostLookedAt = 2_000;

    /// <summary>Differences in latency below this, in ms, are noise of the machine.</summary>
    internal const double FloorMs = 5;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    /// <summary>Warms; ends converged or with refusals.</summary>
    /// <param name="job">What is warmed.</param>
    /// <param name="progress">Told after each window; may be null.</param>
    /// <param name="cancel">Ends it.</param>
    public async Task<WarmReport> WarmAsync(WarmJob job, Action<WarmWindow>? progress, CancellationToken cancel)
    {
        IReadOnlyList<Exchange> recorded = await RecordedAsync(job, cancel);
        var pace = new WarmPace(journal, time, job);
        await pace.BeginAsync(cancel);
        double stableP95 = job.StableP95Ms ?? await MeasureStableAsync(job, recorded, pace, cancel);
        var windows = new List<WarmWindow>();
        var notes = new List<string>();
        double? before = null;
        int slow = 0;
        for (int i = 1; i <= MostWindows; i++)
        {
            List<(Exchange Recorded, WarmAnswer Answer)>? answers = i == 1 ? [] : null;
            int level = pace.Level;
            (double[] latencies, int failed) = await ReplayAsync(job, job.Candidate, recorded, answers, pace, cancel);
            double p95 = Quantile(latencies, 0.95);
            var window = new WarmWindow(i, recorded.Count, p95, stableP95)
            {
                P50Ms = Quantile(latencies, 0.5),
                P99Ms = Quantile(latencies, 0.99),
                Failed = failed,
                Pace = pace.Level,
                LiveP95Ms = pace.LiveP95Ms,
            };
            windows.Add(window);
            progress?.Invoke(window);
            if (answers is not null && Refusals(job, answers, notes) is { Count: > 0 } refusals)
            {
                return new WarmReport(windows, refusals);
            }

            if (pace.Level != level)
            {
                // Latencies at two loads are not comparable: both releases are measured anew at the lower one.
                stableP95 = job.StableP95Ms ?? await MeasureStableAsync(job, recorded, pace, cancel);
                before = null;
                continue;
            }

            // Converged: no longer changing, and within the latency margin of stable at the same load.
            bool steady = before is { } last95 && Math.Abs(p95 - last95) <= Math.Max(0.1 * last95, FloorMs / 2);
            bool fast = p95 <= Math.Max((1 + job.LatencyMargin.Value) * stableP95, stableP95 + FloorMs);
            if (steady && fast)
            {
                return new WarmReport(windows, []) { Notes = notes };
            }

            before = p95;
            slow = steady && !fast ? slow + 1 : 0;
            if (slow == SteadilySlow)
            {
                break;
            }
        }

        return NotConverged(job, windows, recorded.Count);
    }

    /// <summary>Stable's 95th percentile in milliseconds at the load of warming.</summary>
    public async Task<double> MeasureStableAsync(WarmJob job, CancellationToken cancel) =>
        await MeasureStableAsync(job, await RecordedAsync(job, cancel), new WarmPace(journal, time, job), cancel);

    private static WarmReport NotConverged(WarmJob job, List<WarmWindow> windows, int recorded)
    {
        WarmWindow last = windows[^1];
        return new WarmReport(
            windows,
            [
                FormattableString.Invariant(
                    $"{job.Candidate} has not converged after {windows.Count} windows of {recorded} recorded requests: p95 {last.P95Ms:0.0} ms, stable {last.StableP95Ms:0.0} ms at the same load"
                ),
            ]
        );
    }

    private async Task<double> MeasureStableAsync(
        WarmJob job,
        IReadOnlyList<Exchange> recorded,
        WarmPace pace,
        CancellationToken cancel
    )
    {
        (double[] latencies, _) = await ReplayAsync(job, job.Stable, recorded, answers: null, pace, cancel);
        return Quantile(latencies, 0.95);
    }

    private async Task<IReadOnlyList<Exchange>> RecordedAsync(WarmJob job, CancellationToken cancel)
    {
        if (job.Recorded is { } brought)
        {
            return brought;
        }

        int most = Math.Max(job.Requests, Math.Min(job.Requests * LookedAt, MostLookedAt));

        var query = new JournalQuery(job.Service.Name)
        {
            Release = job.Stable,
            Purpose = Purpose.Live,
            Replayable = true,
        };
        while (true)
        {
            IReadOnlyList<Exchange> recorded = await journal.RecentAsync(query, most, cancel);
            if (recorded.Count >= LeastRecorded)
            {
                return WarmSample.Of(recorded, job.Requests);
            }

            // Without recorded requests there is nothing to warm with; the phase's deadline tells a person.
            await Task.Delay(Poll, time, cancel);
        }
    }

    private async Task<(double[] Latencies, int Failed)> ReplayAsync(
        WarmJob job,
        string release,
        IReadOnlyList<Exchange> recorded,
        List<(Exchange, WarmAnswer)>? answers,
        WarmPace pace,
        CancellationToken cancel
    )
    {
        double[] latencies = new double[recorded.Count];
        int failed = 0;
        for (int from = 0; from < recorded.Count; from += Chunk)
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = pace.Concurrency, CancellationToken = cancel };
            await Parallel.ForAsync(from, Math.Min(from + Chunk, recorded.Count), options, OneAsync);
            await pace.LookAsync(cancel);
        }

        return (latencies, failed);

        async ValueTask OneAsync(int i, CancellationToken token)
        {
            long start = time.GetTimestamp();
            WarmAnswer answer = await target.AskAsync(job.Service, release, recorded[i], token);
            TimeSpan took = time.GetElapsedTime(start);
            latencies[i] = took.TotalMilliseconds;
            if (!answer.Ok)
            {
                Interlocked.Increment(ref failed);
            }

            if (answers is not null)
            {
                lock (answers)
                {
                    answers.Add((recorded[i], answer));
                }
            }

            if (pace.Rest > 0)
            {
                await Task.Delay(took * pace.Rest, time, token);
            }
        }
    }

    private static IReadOnlyList<string> Refusals(
        WarmJob job,
        List<(Exchange Recorded, WarmAnswer Answer)> answers,
        List<string> notes
    )
    {
        var refusals = new List<string>();
        var failed = answers.Where(a => !a.Answer.Ok).ToList();
        ObjectiveEProcess harm = ObjectiveEProcess.Harm(job.ErrorLimit.Value, restarts: null);
        harm.Observe(answers[0].Recorded.At, failed.Count, answers.Count);
        if (harm.LogEvidence >= Math.Log(1 / job.Alpha.Value))
        {
            refusals.Add(
                $"{failed.Count} of {answers.Count} recorded requests failed, more than the objective of {job.ErrorLimit} allows; the first said {failed[0].Answer.Trouble}"
            );
        }

        if (job.Declared is not { } declared)
        {
            return refusals;
        }

        var pairs = new List<WarmPair>();
        foreach ((Exchange recorded, WarmAnswer answer) in answers.Where(a => a.Answer.Ok))
        {
            Result<TypedAnswer> candidate = AnswerReader.Read(job.Service.Protocol, answer.Body);
            if (!candidate.Ok)
            {
                refusals.Add($"an answer cannot be read in the service's protocol: {candidate.Problems[0].Message}");
                return refusals;
            }

            Result<TypedAnswer>? known = recorded.Response is { } body
                ? AnswerReader.Read(job.Service.Protocol, body.Span)
                : null;
            pairs.Add(new WarmPair(candidate.Value, known is { Ok: true } ? known.Value : null));
        }

        refusals.AddRange(WarmAnswerCheck.Judge(declared, job.StableDeclared, pairs).Refusals);
        foreach (ReferenceFinding found in ReferenceCheck.Judge(job.References, [.. pairs.Select(p => p.Candidate)]))
        {
            (found.Outside ? refusals : notes).Add(found.Text);
        }

        return refusals;
    }

    internal static double Quantile(double[] values, double level)
    {
        double[] sorted = [.. values.Order()];
        return sorted[(int)Math.Min(sorted.Length - 1, level * sorted.Length)];
    }
}
