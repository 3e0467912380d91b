using System.Globalization;

namespace Handover.Core.Catalog;

/// <summary>
/// A value in a rule, with the coercions of JavaScript that JSONLogic is defined by. A struct, so that a rule is
/// evaluated without a single allocation.
/// </summary>
public readonly struct RuleValue
{
    /// <summary>Every whole number of so many digits is a double.</summary>
    private const int ExactDigits = 15;

    private readonly object? _reference;
    private readonly double _number;

    private RuleValue(RuleKind kind, double number, object? reference)
    {
        Kind = kind;
        _number = number;
        _reference = reference;
    }

    /// <summary>Nothing: an attribute that is absent, or an operation that has no result.</summary>
    public static RuleValue Null => default;

    /// <summary>What it is.</summary>
    public RuleKind Kind { get; }

    /// <summary>The text of a text; empty for every other kind.</summary>
    public string Text => _reference as string ?? "";

    /// <summary>The items of a list; empty for every other kind.</summary>
    public IReadOnlyList<RuleValue> Items => _reference as IReadOnlyList<RuleValue> ?? [];

    /// <summary>The members of a map; null for every other kind.</summary>
    public IReadOnlyDictionary<string, RuleValue>? Members => _reference as IReadOnlyDictionary<string, RuleValue>;

    /// <summary>A truth value.</summary>
    public static RuleValue Of(bool value) => new(RuleKind.Bool, value ? 1 : 0, null);

    /// <summary>A number; what is not a number is nothing.</summary>
    public static RuleValue Of(double value) => double.IsNaN(value) ? Null : new(RuleKind.Number, value, null);

    /// <summary>A text; null is nothing.</summary>
    public static RuleValue Of(string? value) => value is null ? Null : new(RuleKind.Text, 0, value);

    /// <summary>A list.</summary>
    public static RuleValue Of(IReadOnlyList<RuleValue> items) => new(RuleKind.List, 0, items);

    /// <summary>A map.</summary>
    public static RuleValue Of(IReadOnlyDictionary<string, RuleValue> members) => new(RuleKind.Map, 0, members);

    /// <summary>JSONLogic's truth: null, false, 0, "" and [] are false; "0" is true.</summary>
    public bool Truthy =>
        Kind switch
        {
            RuleKind.Bool or RuleKind.Number => _number != 0,
            RuleKind.Text => Text.Length > 0,
            RuleKind.List => Items.Count > 0,
            RuleKind.Map => Members!.Count > 0,
            _ => false,
        };

    /// <summary>JavaScript's Number(x); NaN where it has none.</summary>
    public double Number =>
        Kind switch
        {
            RuleKind.Bool or RuleKind.Number => _number,
            RuleKind.Null => 0,
            RuleKind.Text => NumberOf(Text),
            _ => double.NaN,
        };

    /// <summary>Whether it is a whole number.</summary>
    public bool IsWhole => Kind == RuleKind.Number && Math.Floor(_number) == _number && !double.IsInfinity(_number);

    /// <summary>JavaScript's ===.</summary>
    public static bool Identical(in RuleValue a, in RuleValue b) =>
        a.Kind == b.Kind
        && a.Kind switch
        {
            RuleKind.Null => true,
            RuleKind.Bool or RuleKind.Number => a._number == b._number,
            RuleKind.Text => string.Equals(a.Text, b.Text, StringComparison.Ordinal),
            _ => ReferenceEquals(a._reference, b._reference),
        };

    /// <summary>
    /// JSONLogic's ==: kinds that differ are compared as numbers. Nothing equals nothing, nought and false, as in the
    /// engines of flagd, and no text.
    /// </summary>
    public static bool Alike(in RuleValue a, in RuleValue b)
    {
        if (a.Kind == b.Kind)
        {
            return Identical(a, b);
        }

        bool nothing = a.Kind == RuleKind.Null || b.Kind == RuleKind.Null;
        bool text = a.Kind == RuleKind.Text || b.Kind == RuleKind.Text;
        return !(nothing && text) && a.Number == b.Number;
    }

    /// <summary>
    /// JavaScript's order: two texts by their characters, else as numbers; null when they have none.
    /// </summary>
    public static int? Compare(in RuleValue a, in RuleValue b)
    {
        if (a.Kind == RuleKind.Text && b.Kind == RuleKind.Text)
        {
            return string.CompareOrdinal(a.Text, b.Text);
        }

        double left = a.Number;
        double right = b.Number;
        return double.IsNaN(left) || double.IsNaN(right) ? null : left.CompareTo(right);
    }

    /// <summary>How it reads as text: what <c>cat</c> joins and what a variant's name is made of.</summary>
    public string AsText() =>
        Kind switch
        {
            RuleKind.Text => Text,
            RuleKind.Bool => _number != 0 ? "true" : "false",
            RuleKind.Number when IsWhole && Math.Abs(_number) < 1e21 => _number.ToString(
                "0",
                CultureInfo.InvariantCulture
            ),
            RuleKind.Number => _number.ToString("R", CultureInfo.InvariantCulture),
            RuleKind.List => string.Join(',', Items.Select(i => i.AsText())),
            RuleKind.Map => "[object Object]",
            _ => "",
        };

    /// <inheritdoc/>
    public override string ToString() => AsText();

    private static double NumberOf(string text)
    {
        ReadOnlySpan<char> trimmed = text.AsSpan().Trim();
        // Attributes are ages and counts: a few digits, whose value a double holds exactly.
        long whole = 0;
        int digits = 0;
        int most = Math.Min(trimmed.Length, ExactDigits);
        for (; digits < most && char.IsAsciiDigit(trimmed[digits]); digits++)
        {
            whole = (whole * 10) + (trimmed[digits] - '0');
        }

        if (digits > 0 && digits == trimmed.Length)
        {
            return whole;
        }

        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        return trimmed.IsEmpty ? 0
            : double.TryParse(trimmed, Style | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out double n)
                ? n
            : double.NaN;
    }
}

/// <summary>What a <see cref="RuleValue"/> is.</summary>
public enum RuleKind
{
    /// <summary>Nothing.</summary>
    Null,

    /// <summary>True or false.</summary>
    Bool,

    /// <summary>A number.</summary>
    Number,

    /// <summary>Text.</summary>
    Text,

    /// <summary>A list.</summary>
    List,

    /// <summary>Named values.</summary>
    Map,
}
