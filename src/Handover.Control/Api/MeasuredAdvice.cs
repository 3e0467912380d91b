using Handover.Control.Engine;
using Handover.Control.Evidence;
using Handover.Core.Advice;
using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Protocol;

namespace Handover.Control.Api;

/// <summary>Advice on a live service: what can be measured is measured here, the pure advisor does the rest.</summary>
public static class MeasuredAdvice
{
    private const int MostCounted = 10_000;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    /// <summary>Advises which strategy brings the service to the release.</summary>
    public static async Task<Result<AdviceView>> OfAsync(
        ApiServices api,
        AdviceRequest request,
        CancellationToken cancel
    )
    {
        Result<AdviceQuestions> answers = Questions(request.Answers);
        if (!answers.Ok)
        {
            return Result<AdviceView>.Failed(answers.Problems);
        }

        CatalogSnapshot catalog = api.Catalog.Snapshot;
        if (!catalog.Services.TryGetValue(request.Service, out Service? service))
        {
            return new Problem("unknown-service", $"there is no service '{request.Service}'.");
        }

        if (!catalog.Releases.TryGetValue((request.Service, request.To), out Release? to))
        {
            return new Problem("unknown-release", $"the service '{request.Service}' has no release '{request.To}'.");
        }

        EpochRow? row = await api.Epochs.ReadAsync(request.Service, cancel);
        Release? stable = catalog.Releases.GetValueOrDefault((request.Service, row?.Routing.Stable ?? service.Stable));
        MeasuredFacts facts = await FactsAsync(api, service, stable, to, cancel);
        return View(Advisor.Advise(answers.Value, facts));
    }

    private static async Task<MeasuredFacts> FactsAsync(
        ApiServices api,
        Service service,
        Release? stable,
        Release to,
        CancellationToken cancel
    )
    {
        var recent = await api.Journal.RecentAsync(
            new JournalQuery(service.Name) { Purpose = Purpose.Live, Since = api.Clock.GetUtcNow() - Window },
            MostCounted,
            cancel
        );
        var replayable = await api.Journal.RecentAsync(
            new JournalQuery(service.Name) { Replayable = true, Purpose = Purpose.Live },
            1000,
            cancel
        );
        List<Consumer> consumers = [.. api.Catalog.Snapshot.ConsumersOf(service.Name)];
        string[] live = stable is null ? [to.Name] : [stable.Name, to.Name];
        var answers = await new RecordedContracts(api.Journal).OfAsync(service, consumers, live, cancel);
        long? stableBytes = stable is null ? null : Memory(api, stable);
        return new MeasuredFacts
        {
            StableMemoryBytes = stableBytes,
            CandidateMemoryBytes = Memory(api, to),
            MemoryForReleasesBytes = MachineMemory.FreeBytes() + (stableBytes ?? 0),
            StableCostPerDay = stable?.CostPerDay,
            CandidateCostPerDay = to.CostPerDay,
            RequestsPerSecond = recent.Count > 0 ? recent.Count(e => e.Inference) / Window.TotalSeconds : null,
            Contracts = stable is null ? null : ContractMatrix.Of(consumers, stable, to, answers),
            Holdout = to.Holdout,
            ReplayableRequests = replayable.Count,
            DeclaredChange = to.Change,
            Impact = service.Impact,
            DowntimeAllowed = service.DowntimeAllowed,
            Segments = [.. api.Catalog.Snapshot.Segments.Keys.Where(s => s is "internal" or "beta").OrderDescending()],
            Candidate = to.Name,
        };
    }

    private static long? Memory(ApiServices api, Release release) =>
        api.Runtimes?.Status(release.Service, release.Name) is { ResidentBytes: > 0 } stack
            ? stack.ResidentBytes
            : release.MemoryBytes;

    private static Result<AdviceQuestions> Questions(AdviceAnswers answers)
    {
        var problems = new List<Problem>();
        var questions = new AdviceQuestions
        {
            Confidence = Read<Confidence>(answers.Confidence, "confidence", problems),
            Difference = Read<ChangeKind>(answers.Difference, "difference", problems),
            Interruption = Read<Interruption>(answers.Interruption, "interruption", problems),
            Maturity = Read<Maturity>(answers.Maturity, "maturity", problems),
            BlastRadius = Read<BlastRadius>(answers.BlastRadius, "blastRadius", problems),
        };
        return problems.Count > 0 ? Result<AdviceQuestions>.Failed(problems) : questions;
    }

    private static T? Read<T>(string? text, string name, List<Problem> problems)
        where T : struct, Enum
    {
        if (text is null)
        {
            return null;
        }

        foreach (T value in Enum.GetValues<T>())
        {
            if (RolloutViews.Wire(value) == text)
            {
                return value;
            }
        }

        string known = string.Join(", ", Enum.GetValues<T>().Select(RolloutViews.Wire));
        problems.Add(
            new Problem("bad-body", $"'{text}' does not answer '{name}'; use {known}.") { Field = $"answers.{name}" }
        );
        return null;
    }

    private static AdviceView View(Advice advice) =>
        new()
        {
            Strategy = advice.Strategy is { } strategy ? RolloutViews.Wire(strategy) : null,
            Reasons = [.. advice.Reasons, .. advice.Notes],
            Refusals =
            [
                .. advice.Refusals.Select(r => new RefusalView(RolloutViews.Wire(r.Strategy), $"{r.Reason} {r.Fix}")),
            ],
            Measured = advice.Resolved.Sources,
            Plan = [.. advice.Phases.Select(RolloutViews.Text)],
            Cost = advice.Cost is { } cost ? new MoneyView(cost.Extra, cost.Currency) : null,
            DurationSeconds = advice.Duration?.Total.TotalSeconds,
        };
}
