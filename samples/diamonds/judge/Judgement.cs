namespace Diamonds.Judge;

/// <summary>
/// The judge proper: it compares what the client saw with what the model servers saw, and knows nothing else. It shares
/// no code with Handover, so that an error there cannot hide itself here.
/// </summary>
public static class Judgement
{
    private const int ExamplesMax = 20;

    /// <summary>Judges a history.</summary>
    /// <param name="client">What the client saw, in any order.</param>
    /// <param name="model">What the model servers saw, in any order.</param>
    /// <param name="windows">When entities were allowed to go from which release to which.</param>
    public static Verdict Of(
        IReadOnlyList<ClientLine> client,
        IReadOnlyList<ModelLine> model,
        IReadOnlyList<MoveWindow> windows
    )
    {
        var examples = new List<string>();
        var asked = new Dictionary<string, ClientLine>(client.Count);
        foreach (ClientLine line in client)
        {
            if (line.RequestId is { } id && !asked.TryAdd(id, line))
            {
                Note(examples, $"request id {id} was given to two requests");
            }
        }

        ILookup<string, ModelLine> live = model.Where(m => m.Purpose == "live").ToLookup(m => m.RequestId);
        return new Verdict
        {
            Requests = client.Count,
            Failed = client.LongCount(c => !c.Ok),
            Flips = Flips(asked, live, windows, examples),
            Mislabelled = Mislabelled(client, live, examples),
            TornChains = TornChains(model, examples),
            Unreconciled = client.LongCount(c => c.Ok && c.Reason != "replayed" && !Known(c, live)),
            Unclaimed = live.LongCount(g => !asked.ContainsKey(g.Key)),
            Failures = client.Where(c => !c.Ok).GroupBy(Kind).ToDictionary(g => g.Key, g => g.LongCount()),
            Releases = Count(client, live),
            Examples = examples,
        };
    }

    private static bool Known(ClientLine line, ILookup<string, ModelLine> live) =>
        line.RequestId is { } id && live.Contains(id);

    private static string Kind(ClientLine line) => line.Outcome is "http" ? $"http {line.Status}" : line.Outcome;

    /// <summary>
    /// Per entity, by arrival at the first hop: each change of release must fall into a window for it, and each window
    /// lets an entity pass once.
    /// </summary>
    private static long Flips(
        Dictionary<string, ClientLine> asked,
        ILookup<string, ModelLine> live,
        IReadOnlyList<MoveWindow> windows,
        List<string> examples
    )
    {
        var histories = new Dictionary<(string Service, string Entity), List<ModelLine>>();
        foreach (IGrouping<string, ModelLine> request in live)
        {
            // An override is the caller's own choice, not an assignment; it does not count as a flip.
            if (
                asked.TryGetValue(request.Key, out ClientLine? line)
                && line is { Entity: { } name, Reason: not "override" }
            )
            {
                if (!histories.TryGetValue((line.Service, name), out List<ModelLine>? history))
                {
                    histories.Add((line.Service, name), history = []);
                }

                history.Add(First(request));
            }
        }

        long flips = 0;
        foreach (((string service, string entity), List<ModelLine> history) in histories)
        {
            flips += FlipsOf(service, entity, history, windows, examples);
        }

        return flips;
    }

    private static long FlipsOf(
        string service,
        string entity,
        List<ModelLine> history,
        IReadOnlyList<MoveWindow> windows,
        List<string> examples
    )
    {
        long flips = 0;
        var used = new HashSet<MoveWindow>(ReferenceEqualityComparer.Instance);
        ModelLine? last = null;
        foreach (ModelLine next in InOrder(history))
        {
            if (last is not null && last.Release != next.Release)
            {
                if (MovePath.Find(windows, used, service, last, next) is { } path)
                {
                    used.UnionWith(path);
                }
                else
                {
                    flips++;
                    Note(
                        examples,
                        $"flip: {entity} was on {last.Release} ({last.RequestId}, {last.At:O}) "
                            + $"and came to {next.Release} ({next.RequestId}, {next.At:O}) outside any rollout"
                    );
                }
            }

            last = next;
        }

        return flips;
    }

    /// <summary>
    /// By arrival. Two arrivals in the same tick of the clock have no order; of these, the ones on the release where
    /// the entity already is come first, because a judge does not accuse on a coin's toss.
    /// </summary>
    private static IEnumerable<ModelLine> InOrder(List<ModelLine> history)
    {
        string? current = null;
        foreach (IGrouping<DateTimeOffset, ModelLine> tick in history.GroupBy(m => m.At).OrderBy(g => g.Key))
        {
            foreach (ModelLine line in tick.OrderBy(m => m.Release == current ? 0 : 1).ThenBy(m => m.Release))
            {
                yield return line;
                current = line.Release;
            }
        }
    }

    private static long Mislabelled(
        IReadOnlyList<ClientLine> client,
        ILookup<string, ModelLine> live,
        List<string> examples
    )
    {
        long count = 0;
        foreach (ClientLine line in client)
        {
            if (
                line is { RequestId: { } id, Release: { } said }
                && live.Contains(id)
                && First(live[id]) is { } served
                && served.Release != said
            )
            {
                count++;
                Note(
                    examples,
                    $"mislabelled: the answer to {id} says {said}, but a server of {served.Release} gave it"
                );
            }
        }

        return count;
    }

    /// <summary>All lines of one request with one purpose are one chain; a shadow copy is a chain of its own.</summary>
    private static long TornChains(IReadOnlyList<ModelLine> model, List<string> examples)
    {
        long count = 0;
        foreach (var chain in model.GroupBy(m => (m.RequestId, m.Purpose)))
        {
            string[] releases = [.. chain.Select(m => m.Release).Distinct()];
            if (releases.Length > 1)
            {
                count++;
                Note(examples, $"torn: the hops of {chain.Key.RequestId} met {string.Join(" and ", releases)}");
            }
        }

        return count;
    }

    private static Dictionary<string, ReleaseCount> Count(
        IReadOnlyList<ClientLine> client,
        ILookup<string, ModelLine> live
    )
    {
        var counts = new SortedDictionary<string, ReleaseCount>(StringComparer.Ordinal);
        foreach (ClientLine line in client)
        {
            if (line is { Ok: true, Release: { } release })
            {
                ReleaseCount before = counts.GetValueOrDefault(release) ?? new ReleaseCount(0, 0, 0);
                bool matched = line.RequestId is { } id && live[id].Any(m => m.Release == release);
                counts[release] = before with
                {
                    Client = before.Client + 1,
                    Matched = before.Matched + (matched ? 1 : 0),
                };
            }
        }

        foreach (IGrouping<string, ModelLine> request in live)
        {
            foreach (string release in request.Select(m => m.Release).Distinct())
            {
                ReleaseCount before = counts.GetValueOrDefault(release) ?? new ReleaseCount(0, 0, 0);
                counts[release] = before with { Model = before.Model + 1 };
            }
        }

        return new Dictionary<string, ReleaseCount>(counts);
    }

    /// <summary>The line of the hop that the caller's request reached; later hops are judged as a chain.</summary>
    private static ModelLine First(IEnumerable<ModelLine> request) => request.MinBy(m => m.At)!;

    private static void Note(List<string> examples, string text)
    {
        if (examples.Count < ExamplesMax)
        {
            examples.Add(text);
        }
    }
}
