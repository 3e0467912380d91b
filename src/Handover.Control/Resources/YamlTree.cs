using Handover.Core.Foundation;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Handover.Control.Resources;

/// <summary>
/// Turns text into <see cref="YamlNode"/>s under bounds. YAML is a language in which a kilobyte can unfold to a
/// gigabyte (aliases) or exhaust a stack (nesting); what can do so is refused here, before anything is built from it.
/// </summary>
internal sealed class YamlTree
{
    /// <summary>Largest text in bytes of UTF-8.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>Deepest nesting.</summary>
    public const int MaxDepth = 32;

    /// <summary>Most documents in one text.</summary>
    public const int MaxDocuments = 1000;

    /// <summary>Most values in one text; a megabyte of one-letter values would cost seconds.</summary>
    public const int MaxNodes = 100_000;

    private readonly IParser _parser;
    private readonly ReadLog _log;
    private int _nodes;

    private YamlTree(string text, ReadLog log)
    {
        _parser = new Parser(new StringReader(text));
        _log = log;
    }

    /// <summary>The documents that could be read; what could not is in the log.</summary>
    public static IReadOnlyList<YamlNode> Read(string text, ReadLog log)
    {
        if (text.Length > MaxBytes || System.Text.Encoding.UTF8.GetByteCount(text) > MaxBytes)
        {
            log.Add("too-large", 0, 0, null, "the file is larger than 1 MiB.", "Split it into several files.");
            return [];
        }

        return new YamlTree(text, log).Documents();
    }

    private List<YamlNode> Documents()
    {
        var documents = new List<YamlNode>();
        try
        {
            while (_parser.MoveNext() && _parser.Current is not StreamEnd)
            {
                if (_parser.Current is not DocumentStart start)
                {
                    continue;
                }

                if (documents.Count == MaxDocuments)
                {
                    At("too-many-documents", start.Start, $"more than {MaxDocuments} documents in one file.");
                    return documents;
                }

                _parser.MoveNext();
                documents.Add(Node(1));
            }
        }
        catch (RefusedException)
        {
            // The reason is in the log; after it the rest of the text has no trustworthy structure.
        }
        catch (YamlException broken)
        {
            At("bad-yaml", broken.Start, $"this is not YAML: {Sentence(broken)}");
        }
        catch (Exception broken) when (broken is ArgumentException or InvalidOperationException or FormatException)
        {
            // The parser's own slips on malformed escapes and directives; the position is where it stood.
            At("bad-yaml", _parser.Current?.End ?? Mark.Empty, "this is not YAML.");
        }

        return documents;
    }

    private YamlNode Node(int depth)
    {
        ParsingEvent here = _parser.Current!;
        if (depth > MaxDepth)
        {
            throw Refuse("too-deep", here.Start, $"nested deeper than {MaxDepth} levels.");
        }

        if (++_nodes > MaxNodes)
        {
            throw Refuse("too-many-values", here.Start, $"more than {MaxNodes} values in one file.");
        }

        if (here is AnchorAlias)
        {
            throw Refuse("alias-refused", here.Start, "aliases (*name) are not taken.", "Write the value out.");
        }

        // A map that ends after a key has its end where the value should be.
        if (here is not NodeEvent node)
        {
            throw Refuse("bad-yaml", here.Start, "a value is missing here.");
        }

        if (!node.Anchor.IsEmpty)
        {
            throw Refuse("anchor-refused", here.Start, "anchors (&name) are not taken.", "Write the value out.");
        }

        if (!node.Tag.IsEmpty)
        {
            throw Refuse("tag-refused", here.Start, "tags (!name) are not taken.", "Remove the tag.");
        }

        if (node is Scalar text && !IsWellFormed(text.Value))
        {
            throw Refuse("bad-text", here.Start, "the text holds half of a character (an unpaired surrogate).");
        }

        return node switch
        {
            Scalar scalar => new YamlNode.Scalar(
                scalar.Value,
                scalar.Style == ScalarStyle.Plain,
                Line(here.Start),
                Column(here.Start)
            ),
            SequenceStart => ListNode(here.Start, depth),
            MappingStart => MapNode(here.Start, depth),
            _ => Invariant.Unreachable<YamlNode>($"a YAML node of type {node.GetType().Name}"),
        };
    }

    private static bool IsWellFormed(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(i + 1 < text.Length && char.IsSurrogatePair(text[i], text[++i])))
            {
                return false;
            }
        }

        return true;
    }

    private YamlNode.List ListNode(Mark start, int depth)
    {
        var items = new List<YamlNode>();
        while (Next() is not SequenceEnd)
        {
            items.Add(Node(depth + 1));
        }

        return new YamlNode.List(items, Line(start), Column(start));
    }

    private YamlNode.Map MapNode(Mark start, int depth)
    {
        var fields = new List<YamlField>();
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        while (Next() is not MappingEnd)
        {
            Mark at = _parser.Current!.Start;
            if (Node(depth + 1) is not YamlNode.Scalar key)
            {
                throw Refuse("bad-key", at, "the name of a field must be text.");
            }

            _parser.MoveNext();
            YamlNode value = Node(depth + 1);
            if (seen.TryAdd(key.Text, Line(at)))
            {
                fields.Add(new YamlField(key.Text, value, Line(at), Column(at)));
            }
            else
            {
                string fix = $"It was first given in line {seen[key.Text]}; keep one of the two.";
                _log.Add("duplicate-field", Line(at), Column(at), key.Text, "the field is given twice.", fix);
            }
        }

        return new YamlNode.Map(fields, Line(start), Column(start));
    }

    private ParsingEvent Next()
    {
        _parser.MoveNext();
        return _parser.Current!;
    }

    private RefusedException Refuse(string code, Mark at, string message, string? fix = null)
    {
        _log.Add(code, Line(at), Column(at), null, message, fix);
        return new RefusedException();
    }

    private void At(string code, Mark at, string message) => _log.Add(code, Line(at), Column(at), null, message);

    private static int Line(Mark mark) => (int)Math.Max(1, mark.Line);

    private static int Column(Mark mark) => (int)Math.Max(1, mark.Column);

    private static string Sentence(YamlException broken)
    {
        string text = broken.Message;
        int colon = text.StartsWith('(') ? text.IndexOf("): ", StringComparison.Ordinal) : -1;
        text = (colon > 0 ? text[(colon + 3)..] : text).TrimEnd('.');
        return text + ".";
    }

    /// <summary>Leaves the recursion after a refusal that is already in the log.</summary>
    private sealed class RefusedException : Exception;
}
