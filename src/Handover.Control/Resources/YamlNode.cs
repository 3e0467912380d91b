namespace Handover.Control.Resources;

/// <summary>
/// One node of a YAML document with the place it was written at. The general object mappers lose that place, and
/// without it an error message can't point at the line that a person has to change.
/// </summary>
internal abstract record YamlNode(int Line, int Column)
{
    /// <summary>What the node is, for messages.</summary>
    public abstract string Describe();

    /// <summary>
    /// A single value. <paramref name="Plain"/>: written without quotes, so that its type follows from its text.
    /// </summary>
    public sealed record Scalar(string Text, bool Plain, int Line, int Column) : YamlNode(Line, Column)
    {
        /// <summary>The YAML 1.2 core schema's reading of the text; quoted text is always text.</summary>
        public ScalarKind Kind => Plain ? ScalarKinds.Of(Text) : ScalarKind.Text;

        public override string Describe() =>
            Kind switch
            {
                ScalarKind.Empty => "nothing",
                ScalarKind.Flag => $"the flag {Text}",
                ScalarKind.Number => $"the number {Clip(Text)}",
                _ => $"the text '{Clip(Text)}'",
            };

        private static string Clip(string text) => text.Length <= 40 ? text : text[..40] + "…";
    }

    /// <summary>Fields in the order they were written; names are unique.</summary>
    public sealed record Map(IReadOnlyList<YamlField> Fields, int Line, int Column) : YamlNode(Line, Column)
    {
        public override string Describe() => "a map of fields";
    }

    /// <summary>Items in order.</summary>
    public sealed record List(IReadOnlyList<YamlNode> Items, int Line, int Column) : YamlNode(Line, Column)
    {
        public override string Describe() => "a list";
    }
}

/// <summary>One field of a map, with the place of its name.</summary>
internal sealed record YamlField(string Name, YamlNode Value, int Line, int Column);

/// <summary>What a plain scalar means in the YAML 1.2 core schema.</summary>
internal enum ScalarKind
{
    Text,
    Number,
    Flag,
    Empty,
}

/// <summary>The YAML 1.2 core schema, in which <c>NO</c> is a country and not a flag.</summary>
internal static class ScalarKinds
{
    public static ScalarKind Of(string text) =>
        text switch
        {
            "" or "~" or "null" or "Null" or "NULL" => ScalarKind.Empty,
            "true" or "True" or "TRUE" or "false" or "False" or "FALSE" => ScalarKind.Flag,
            _ => IsNumber(text) ? ScalarKind.Number : ScalarKind.Text,
        };

    private static bool IsNumber(string text)
    {
        ReadOnlySpan<char> rest = text.AsSpan();
        rest = rest[0] is '-' or '+' ? rest[1..] : rest;
        bool digits = false;
        bool point = false;
        for (int i = 0; i < rest.Length; i++)
        {
            char c = rest[i];
            if (char.IsAsciiDigit(c))
            {
                digits = true;
            }
            else if (c == '.' && !point)
            {
                point = true;
            }
            else if (c is 'e' or 'E' && digits)
            {
                return IsExponent(rest[(i + 1)..]);
            }
            else
            {
                return false;
            }
        }

        return digits;
    }

    private static bool IsExponent(ReadOnlySpan<char> text)
    {
        text = text.Length > 0 && text[0] is '-' or '+' ? text[1..] : text;
        return text.Length > 0 && !text.ContainsAnyExceptInRange('0', '9');
    }
}
