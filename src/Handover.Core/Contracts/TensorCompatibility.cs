using Handover.Core.Catalog;

namespace Handover.Core.Contracts;

/// <summary>
/// Whether everything that a release may emit is accepted by a consumer (covariant), and whether everything that
/// callers send is accepted by a candidate (contravariant: the same rules with the sides swapped). New outputs are
/// fine: readers of tensors take those that they know by name. New required inputs are not.
/// </summary>
public static class TensorCompatibility
{
    /// <summary>The name under which findings about requests appear.</summary>
    public const string Callers = "callers";

    /// <summary>
    /// Checks a release's declared output against a consumer. Never empty: one finding that holds at least.
    /// </summary>
    public static IReadOnlyList<ContractVerdict> Check(Release release, Consumer consumer) =>
        Check(new EmittedOutput(release), consumer);

    /// <summary>Checks a signature against a consumer.</summary>
    /// <param name="emits">What may be emitted.</param>
    /// <param name="consumer">Who reads it.</param>
    /// <param name="writer">Who emits, in words, for the sentences.</param>
    public static IReadOnlyList<ContractVerdict> Check(
        Signature emits,
        Consumer consumer,
        string writer = "the release"
    ) => Check(new EmittedOutput(emits, writer), consumer);

    /// <summary>Checks what is emitted against a consumer.</summary>
    internal static List<ContractVerdict> Check(EmittedOutput emits, Consumer consumer)
    {
        ContractSides sides = emits.Toward(consumer);
        if (emits.Declared is null)
        {
            return [Undeclared(sides, consumer)];
        }

        var rules = new TensorRules(sides);
        var verdicts = new List<ContractVerdict>(consumer.Accepts.Tensors.Count);
        foreach (TensorSpec reads in consumer.Accepts.Tensors)
        {
            int before = verdicts.Count;
            EmittedTensor? writes = emits.Find(reads.Name);
            if (writes is not null)
            {
                rules.Compare(writes.Spec, reads, verdicts);
            }
            else if (!reads.Optional)
            {
                verdicts.Add(Missing(sides, reads.Name, emits));
            }

            if (verdicts.Count == before)
            {
                verdicts.Add(Holds(sides, reads, writes?.Path ?? ContractSides.PathOf(sides.Section, reads.Name)));
            }
        }

        return verdicts.Count > 0 ? verdicts : [Nothing(sides)];
    }

    /// <summary>
    /// Checks that a candidate takes every request that stable takes. Empty when either side declares no input: then
    /// there is nothing to compare, and recorded requests are the only evidence.
    /// </summary>
    public static IReadOnlyList<ContractVerdict> CheckRequests(Release stable, Release candidate)
    {
        if (stable.Input is not { } sends || candidate.Input is not { } takes)
        {
            return [];
        }

        var sides = new ContractSides(
            $"a request that release {stable.Name} accepts",
            $"release {candidate.Name}",
            Callers,
            "inputs"
        )
        {
            Release = candidate.Name,
        };
        var rules = new TensorRules(sides);
        var verdicts = new List<ContractVerdict>();
        Dictionary<string, TensorSpec> sent = ByName(sends);
        Dictionary<string, TensorSpec> taken = ByName(takes);
        foreach (TensorSpec reads in takes.Tensors)
        {
            TensorSpec? writes = sent.GetValueOrDefault(reads.Name);
            bool always = writes is { Optional: false };
            if (!always && !reads.Optional)
            {
                verdicts.Add(NewInput(sides, reads, writes, candidate));
            }

            if (writes is not null)
            {
                rules.Compare(writes, reads, verdicts);
            }
        }

        foreach (TensorSpec gone in sends.Tensors.Where(s => !taken.ContainsKey(s.Name)))
        {
            verdicts.Add(
                sides.Finding(
                    gone.Name,
                    ContractRule.Presence,
                    null,
                    gone.Datatype,
                    ContractOutcome.Breaks,
                    "model servers refuse an input that they do not know",
                    $"let release {candidate.Name} accept {gone.Name} and ignore it"
                )
            );
        }

        return verdicts;
    }

    private static ContractVerdict NewInput(
        ContractSides sides,
        TensorSpec reads,
        TensorSpec? writes,
        Release candidate
    ) =>
        sides.Finding(
            reads.Name,
            ContractRule.Presence,
            $"required {reads.Datatype}",
            writes is null ? null : $"optional {writes.Datatype}",
            ContractOutcome.Breaks,
            "today's callers do not (always) send it",
            $"make {reads.Name} optional in release {candidate.Name}"
        );

    private static ContractVerdict Missing(ContractSides sides, string name, EmittedOutput emits) =>
        sides.Finding(
            name,
            ContractRule.Presence,
            name,
            null,
            ContractOutcome.Breaks,
            $"it emits {emits.Names}",
            $"emit {name} again, add an adapter that renames, or let {sides.Reader} do without it"
        );

    private static ContractVerdict Holds(ContractSides sides, TensorSpec reads, string path) =>
        new(
            sides,
            path,
            ContractRule.All,
            reads.Datatype,
            null,
            ContractOutcome.Holds,
            reads.Optional ? "the reader can do without it" : "every value that may be emitted is accepted"
        );

    private static ContractVerdict Nothing(ContractSides sides) =>
        new(
            sides.Consumer,
            "/outputs",
            ContractRule.All,
            null,
            null,
            ContractOutcome.Holds,
            $"{sides.Reader} reads nothing of the answer."
        )
        {
            Release = sides.Release,
        };

    private static ContractVerdict Undeclared(ContractSides sides, Consumer consumer) =>
        new(
            sides.Consumer,
            "/outputs",
            ContractRule.Declared,
            $"{consumer.Accepts.Tensors.Count} outputs",
            null,
            ContractOutcome.Undecided,
            $"{sides.Writer} declares no output, so nothing can be promised to {sides.Reader}."
        )
        {
            Fix = $"declare the output of {sides.Writer}",
            Release = sides.Release,
        };

    // Names of a signature are unique, and looking for one must not cost a walk.
    private static Dictionary<string, TensorSpec> ByName(Signature signature)
    {
        var found = new Dictionary<string, TensorSpec>(signature.Tensors.Count, StringComparer.Ordinal);
        foreach (TensorSpec tensor in signature.Tensors)
        {
            found.TryAdd(tensor.Name, tensor);
        }

        return found;
    }
}
