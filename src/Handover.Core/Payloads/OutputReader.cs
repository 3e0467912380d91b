using System.Globalization;

namespace Handover.Core.Payloads;

/// <summary>Picks the one value out of an answer that a label is compared with.</summary>
public static class OutputReader
{
    /// <summary>
    /// The number of the output <paramref name="outputName"/>; null when the output is absent, is not a number, or
    /// holds more than one value (a label speaks of one answer, so a batch has none). For plain JSON the name is an
    /// RFC 6901 pointer, or the name of a member of the root.
    /// </summary>
    public static double? Number(TypedAnswer answer, string outputName)
    {
        if (answer.Find(outputName) is { } tensor)
        {
            return tensor is { IsText: false, Count: 1 } ? tensor.Numbers[0] : null;
        }

        return Leaf(answer, outputName) is { Kind: JsonLeafKind.Number } leaf ? leaf.Number : null;
    }

    /// <summary>
    /// The output as text, for labels that are classes: the text itself, or the number in its shortest form. Null as in
    /// <see cref="Number"/>.
    /// </summary>
    public static string? Label(TypedAnswer answer, string outputName)
    {
        if (answer.Find(outputName) is { Count: 1 } tensor)
        {
            return tensor.Texts.Count == 1
                ? tensor.Texts[0]
                : tensor.Numbers[0].ToString("R", CultureInfo.InvariantCulture);
        }

        return
            Leaf(answer, outputName)
                is { Kind: JsonLeafKind.Number or JsonLeafKind.String or JsonLeafKind.Boolean } leaf
            ? leaf.Text
            : null;
    }

    private static JsonLeaf? Leaf(TypedAnswer answer, string name)
    {
        string pointer = name.StartsWith('/') ? name : $"/{name}";
        foreach (JsonLeaf leaf in answer.Leaves)
        {
            if (string.Equals(leaf.Path, pointer, StringComparison.Ordinal))
            {
                return leaf;
            }
        }

        return null;
    }
}
