using Handover.Control.Engine;
using Handover.Control.Evidence;
using Handover.Core.Advice;
using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Foundation;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Protocol;

namespace Handover.Control.Api;

/// <summary>Asks the advisor with everything that can be measured here, so that people answer only what cannot.</summary>
public sealed class AdviceAccess(
    Func<CatalogSnapshot> catalog,
    Func<string, Routing?> routing,
    EvidenceCollector evidence,
    IRuntimePort runtime,
    IJournalPort journal
)
{
    private const int MostCounted = 10_000;

    /// <summary>The advice, or what is wrong with the request.</summary>
    public async Task<Result<AdviceView>> AdviseAsync(AdviceRequest request, CancellationToken cancel)
    {
        CatalogSnapshot declared = catalog();
        if (!declared.Services.TryGetValue(request.Service, out Service? service))
        {
            return new Problem("unknown-service", $"there is no service '{request.Service}'.");
        }

        if (!declared.Releases.TryGetValue((request.Service, request.To), out Release? candidate))
        {
            return new Problem("unknown-release", $"'{request.Service}' has no release '{request.To}'.");
        }

        Result<AdviceQuestions> questions = Questions(request.Answers);
        if (!questions.Ok)
        {
            return Result<AdviceView>.Failed(questions.Problems);
        }

        MeasuredFacts facts = await MeasureAsync(declared, service, candidate, cancel);
        return View(Advisor.Advise(questions.Value, facts));
    }

    private async Task<MeasuredFacts> MeasureAsync(
        CatalogSnapshot declared,
        Service service,
        Release candidate,
        CancellationToken cancel
    )
    {
        string name = routing(service.Name)?.Stable ?? service.Stable;
        Release stable = declared.Releases[(service.Name, name)];
        StackStatus? running = runtime.Status(service.Name, name);
        long? measured = running?.ResidentBytes is > 0 and var bytes ? bytes : null;
        var replayable = new JournalQuery(service.Name) { Release = name, Purpose = Purpose.Live, Replayable = true };
        double rate = evidence.RequestsPerSecond(service.Name);
        return new MeasuredFacts
        {
            StableMemoryBytes = stable.MemoryBytes ?? measured,
            CandidateMemoryBytes = candidate.MemoryBytes,
            MemoryForReleasesBytes = MachineMemory.FreeBytes() + (running is null ? 0 : stable.MemoryBytes ?? measured ?? 0),
            StableCostPerDay = stable.CostPerDay,
            CandidateCostPerDay = candidate.CostPerDay,
            RequestsPerSecond = rate > 0 ? rate : null,
            Contracts = ContractMatrix.Of(declared.ConsumersOf(service.Name), stable, candidate),
            Holdout = candidate.Holdout,
            ReplayableRequests = (await journal.RecentAsync(replayable, MostCounted, cancel)).Count,
            DeclaredChange = candidate.Change,
            Impact = service.Impact,
            DowntimeAllowed = service.DowntimeAllowed,
            Segments = [.. declared.Segments.Keys.Order(StringComparer.Ordinal)],
            Candidate = candidate.Name,
        };
    }

    private static Result<AdviceQuestions> Questions(AdviceAnswers answers)
    {
        var problems = new List<Problem>();
        var questions = new AdviceQuestions
        {
            Confidence = Pick<Confidence>("confidence", answers.Confidence, problems),
            Difference = Pick<ChangeKind>("difference", answers.Difference, problems),
            Interruption = Pick<Interruption>("interruption", answers.Interruption, problems),
            Maturity = Pick(
                "maturity",
                answers.Maturity,
                problems,
                ("first", Maturity.FirstDeployments),
                ("dashboards", Maturity.OnCall),
                ("flags", Maturity.FlagsAndStacks)
            ),
            BlastRadius = Pick(
                "blastRadius",
                answers.BlastRadius,
                problems,
                ("recommendation", BlastRadius.UsersMayDiffer),
                ("decision", BlastRadius.ConsistencyMatters)
            ),
        };
        return problems.Count > 0 ? Result<AdviceQuestions>.Failed(problems) : questions;
    }

    private static T? Pick<T>(string field, string? text, List<Problem> problems)
        where T : struct, Enum =>
        Pick(field, text, problems, [.. Enum.GetValues<T>().Select(v => (v.ToString().ToLowerInvariant(), v))]);

    private static T? Pick<T>(string field, string? text, List<Problem> problems, params (string Name, T Value)[] known)
        where T : struct
    {
        if (text is null)
        {
            return null;
        }

        foreach ((string name, T value) in known)
        {
            if (string.Equals(name, text, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        problems.Add(
            new Problem("bad-answer", $"'{text}' is no answer to {field}.")
            {
                Field = $"answers.{field}",
                Fix = $"Use one of: {string.Join(", ", known.Select(k => k.Name))}.",
            }
        );
        return null;
    }

    private static AdviceView View(Advice advice) =>
        new()
        {
            Strategy = advice.Strategy?.ToString().ToLowerInvariant(),
            Reasons = [.. advice.Reasons, .. advice.Notes],
            Refusals =
            [
                .. advice.Refusals.Select(r => new RefusalView(r.Strategy.ToString().ToLowerInvariant(), $"{r.Reason} {r.Fix}".TrimEnd())),
            ],
            Measured = advice.Resolved.Sources,
            Plan = [.. advice.Phases.Select(p => p.Kind)],
            Cost = advice.Cost is { } cost ? new MoneyView(cost.Extra, cost.Currency) : null,
            DurationSeconds = advice.Duration?.Total.TotalSeconds,
        };
}
