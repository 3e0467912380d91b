using Handover.Core.Catalog;

namespace Handover.Core.Contracts;

/// <summary>
/// Whether what a loaded member says of itself is what its release declares. A difference means the wrong file, the
/// wrong process or a wrong declaration; none of them may get traffic.
/// </summary>
public static class DeclaredServed
{
    /// <summary>
    /// Every difference between a declaration and the metadata of the loaded member; empty when they agree. Names
    /// must be the same set, datatypes equal, ranks equal. A size that is served as -1 (or symbolic) agrees with any
    /// declared one, because runtimes often cannot know it; a size that is served fixed must be the declared one, and
    /// never stands for a declared -1.
    /// </summary>
    /// <param name="declared">The release's declaration.</param>
    /// <param name="served">The member's metadata.</param>
    /// <param name="section"><c>inputs</c> or <c>outputs</c>, for the paths.</param>
    public static IReadOnlyList<ServedFinding> Compare(Signature declared, Signature served, string section = "outputs")
    {
        if (declared.Document is not null)
        {
            // Metadata speaks of tensors; what a schema says is checked on the answers themselves.
            return [];
        }

        IEnumerable<ServedFinding> extra = served
            .Tensors.Where(t => Find(declared, t.Name) is null)
            .Select(t =>
                Finding(section, t.Name, ContractRule.Presence, null, t.Name, "the release does not declare it")
            );
        return [.. declared.Tensors.SelectMany(wanted => Compare(wanted, served, section)), .. extra];
    }

    private static IEnumerable<ServedFinding> Compare(TensorSpec wanted, Signature served, string section)
    {
        string name = wanted.Name;
        if (Find(served, name) is not { } found)
        {
            string has = served.Tensors.Count == 0 ? "nothing" : string.Join(", ", served.Tensors.Select(t => t.Name));
            yield return Finding(section, name, ContractRule.Presence, name, null, $"the loaded member has {has}");
            yield break;
        }

        if (!string.Equals(wanted.Datatype, found.Datatype, StringComparison.Ordinal))
        {
            const string Why = "the datatypes differ";
            yield return Finding(section, name, ContractRule.Datatype, wanted.Datatype, found.Datatype, Why);
        }

        if (ShapeTrouble(wanted.Shape, found.Shape) is { } trouble)
        {
            yield return Finding(section, name, ContractRule.Shape, Text(wanted.Shape), Text(found.Shape), trouble);
        }
    }

    private static TensorSpec? Find(Signature signature, string name) =>
        signature.Tensors.FirstOrDefault(t => string.Equals(t.Name, name, StringComparison.Ordinal));

    private static string? ShapeTrouble(IReadOnlyList<long> declared, IReadOnlyList<long> served)
    {
        if (declared.Count != served.Count)
        {
            return declared.Count == served.Count + 1 && declared[0] < 0
                ? "the loaded member has no batch dimension (Triton: max_batch_size is 0 in one of the two)"
                : "the numbers of dimensions differ";
        }

        for (int i = 0; i < declared.Count; i++)
        {
            if (served[i] >= 0 && served[i] != declared[i])
            {
                return declared[i] < 0
                    ? $"dimension {i} is declared free and served as {served[i]}"
                    : $"dimension {i} differs";
            }
        }

        return null;
    }

    private static ServedFinding Finding(
        string section,
        string tensor,
        ContractRule rule,
        string? declared,
        string? served,
        string why
    )
    {
        string path = $"/{section}/{tensor}";
        return new ServedFinding(
            path,
            rule,
            declared,
            served,
            $"{path} ({rule.ToString().ToLowerInvariant()}): declared {declared ?? "nothing"}, "
                + $"served {served ?? "nothing"}; {why}."
        );
    }

    private static string Text(IReadOnlyList<long> shape) => $"[{string.Join(", ", shape)}]";
}

/// <summary>One difference between a declaration and what is served.</summary>
/// <param name="Path">JSON pointer into the signature.</param>
/// <param name="Rule">Which rule it breaks.</param>
/// <param name="Declared">What the release declares; null when nothing.</param>
/// <param name="Served">What the member serves; null when nothing.</param>
/// <param name="Detail">One sentence for people.</param>
public sealed record ServedFinding(string Path, ContractRule Rule, string? Declared, string? Served, string Detail);
