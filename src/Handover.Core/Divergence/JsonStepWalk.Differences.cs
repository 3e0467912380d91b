using System.Text;
using Handover.Core.Catalog;
using Handover.Core.Payloads;

namespace Handover.Core.Divergence;

/// <summary>What a walk has found: a few folded paths with a count each.</summary>
internal ref partial struct JsonStepWalk
{
    // More distinct paths than this, or longer ones, are told by the tree.
    private const int MostFound = 32;
    private const int MostPathBytes = 256;

    /// <summary>What differs, as <see cref="AnswerComparison"/> tells it.</summary>
    public readonly Difference Outcome() =>
        _counted is null
            ? Difference.None
            : AnswerComparison.Of(
                [
                    .. _counted.Select(f => new PathDifference(f.Path, DifferenceKind.Value, f.Severity, f.Detail)
                    {
                        Count = f.Count,
                    }),
                ],
                _rules
            );

    private bool Differ(
        int depth,
        JsonLeafKind kind,
        ReadOnlySpan<byte> before,
        ReadOnlySpan<byte> now,
        double x,
        double y
    )
    {
        if (At(depth) is not { } found)
        {
            return false;
        }

        if (found.Kind == OutputKind.Ignored)
        {
            return true;
        }

        // One ranking or one vector, and this is an item of it: only the whole list can be compared.
        if (JsonArrays.IsList(found.Kind))
        {
            return false;
        }

        double severity = 1;
        if (kind == JsonLeafKind.Number && found.Kind == OutputKind.Label)
        {
            if (NumberComparison.SameLabel(x, y, before.SequenceEqual(now)))
            {
                return true;
            }
        }
        else if (kind == JsonLeafKind.Number)
        {
            if (NumberComparison.Same(x, y, found.Rules))
            {
                return true;
            }

            severity = NumberComparison.Severity(x, y);
        }
        else if (found.Kind == OutputKind.Text)
        {
            double likeness = TextComparison.TokenF1(Encoding.UTF8.GetString(before), Encoding.UTF8.GetString(now));
            if (likeness >= found.Rules.TextF1)
            {
                return true;
            }

            severity = 1 - likeness;
        }

        if (found.Count == 0)
        {
            string detail = $"{Encoding.UTF8.GetString(before)} became {Encoding.UTF8.GetString(now)}";
            (found.Detail, found.Severity) = (JsonComparison.Short(detail), severity);
            (_counted ??= []).Add(found);
        }

        found.Count++;
        found.Severity = Math.Max(found.Severity, severity);
        return true;
    }

    private Found? At(int depth)
    {
        Span<byte> path = stackalloc byte[MostPathBytes];
        int length = 0;
        for (int step = 0; step < depth; step++)
        {
            Name name = _path[step];
            ReadOnlySpan<byte> text = name.At < 0 ? "*"u8 : _a.Slice(name.At, name.Length);
            if (text.ContainsAny((byte)'/', (byte)'~') || length + text.Length + 1 > path.Length)
            {
                return null;
            }

            path[length++] = (byte)'/';
            text = text.Length > 0 && !text.ContainsAnyExceptInRange((byte)'0', (byte)'9') ? "*"u8 : text;
            text.CopyTo(path[length..]);
            length += text.Length;
        }

        path = path[..length];
        foreach (Found known in _found ??= [])
        {
            if (path.SequenceEqual(known.Utf8))
            {
                return known;
            }
        }

        if (_found.Count == MostFound)
        {
            return null;
        }

        string folded = Encoding.UTF8.GetString(path);
        var found = new Found(folded, path.ToArray(), _rules.KindOf(folded), _rules.For(folded));
        _found.Add(found);
        return found;
    }

    private sealed class Found(string path, byte[] utf8, OutputKind kind, Tolerances rules)
    {
        public string Path { get; } = path;

        public byte[] Utf8 { get; } = utf8;

        public OutputKind Kind { get; } = kind;

        public Tolerances Rules { get; } = rules;

        public int Count { get; set; }

        public double Severity { get; set; }

        public string Detail { get; set; } = "";
    }
}
