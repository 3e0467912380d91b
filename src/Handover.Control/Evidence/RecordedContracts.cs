using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Ports;

namespace Handover.Control.Evidence;

/// <summary>
/// Fetches the newest answers of releases from the journal for the contracts that only answers decide. Nothing is read
/// where no consumer needs it, and nothing where values are redacted: a replaced value says nothing of the real one.
/// </summary>
public sealed class RecordedContracts(IJournalPort journal)
{
    // Bodies are up to 1 MiB each; the newest ones are what the release answers now.
    private const int Most = 200;

    /// <summary>The newest recorded answers by release name; empty lists where there are none.</summary>
    /// <param name="service">The service.</param>
    /// <param name="consumers">Who reads.</param>
    /// <param name="releases">Whose answers are wanted.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<RecordedAnswer>>> OfAsync(
        Service service,
        IEnumerable<Consumer> consumers,
        IEnumerable<string> releases,
        CancellationToken cancel
    )
    {
        var found = new Dictionary<string, IReadOnlyList<RecordedAnswer>>(StringComparer.Ordinal);
        bool wanted = consumers.Any(c => c.Accepts.Document is { Kind: ContractDocumentKind.Pact });
        if (!wanted || !service.Journal.Payloads || service.Journal.Redact.Count > 0)
        {
            return found;
        }

        foreach (string release in releases)
        {
            var query = new JournalQuery(service.Name) { Release = release, Replayable = true };
            IReadOnlyList<Exchange> recent = await journal.RecentAsync(query, Most, cancel);
            found[release] =
            [
                .. recent
                    .Where(e => e is { Response: not null, Request: not null })
                    .Select(e => new RecordedAnswer(e.Request!.Value, e.Response!.Value) { Status = e.Status }),
            ];
        }

        return found;
    }
}
