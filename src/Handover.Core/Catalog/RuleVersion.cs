using System.Globalization;

namespace Handover.Core.Catalog;

/// <summary>
/// A version as <c>sem_ver</c> compares it: semver 2.0, a leading v allowed, <c>1</c> and <c>1.2</c> filled up with
/// noughts, build metadata without meaning. A view of its text, so that comparing allocates nothing.
/// </summary>
internal readonly ref struct RuleVersion
{
    private const long MostSafe = (1L << 53) - 1;

    private readonly ReadOnlySpan<char> _pre;

    private RuleVersion(long major, long minor, long patch, ReadOnlySpan<char> pre)
    {
        (Major, Minor, Patch) = (major, minor, patch);
        _pre = pre;
    }

    public long Major { get; }

    public long Minor { get; }

    public long Patch { get; }

    public static bool TryParse(ReadOnlySpan<char> text, out RuleVersion version)
    {
        version = default;
        text = text.Length > 0 && text[0] is 'v' or 'V' ? text[1..] : text;
        int plus = text.IndexOf('+');
        if (plus >= 0 && !Identifiers(text[(plus + 1)..], numbersPlain: false))
        {
            return false;
        }

        ReadOnlySpan<char> rest = plus >= 0 ? text[..plus] : text;
        int dash = rest.IndexOf('-');
        ReadOnlySpan<char> pre = dash >= 0 ? rest[(dash + 1)..] : default;
        ReadOnlySpan<char> core = dash >= 0 ? rest[..dash] : rest;
        if (dash >= 0 && !Identifiers(pre, numbersPlain: true))
        {
            return false;
        }

        Span<long> parts = stackalloc long[3];
        int count = 0;
        bool whole = true;
        for (bool more = true; more; count++)
        {
            more = Next(ref core, out ReadOnlySpan<char> part);
            if (count == 3 || !Number(part, out parts[count], ref whole))
            {
                return false;
            }
        }

        // A partial version is digits and at most one dot, and nothing after; leading noughts pass only there.
        bool partial = count < 3;
        if (count == 0 || (partial && (dash >= 0 || plus >= 0)) || (!partial && !whole))
        {
            return false;
        }

        version = new RuleVersion(parts[0], count > 1 ? parts[1] : 0, count > 2 ? parts[2] : 0, pre);
        return true;
    }

    public static int Compare(in RuleVersion a, in RuleVersion b)
    {
        int order = a.Major.CompareTo(b.Major);
        order = order != 0 ? order : a.Minor.CompareTo(b.Minor);
        order = order != 0 ? order : a.Patch.CompareTo(b.Patch);
        if (order != 0 || (a._pre.IsEmpty && b._pre.IsEmpty))
        {
            return order;
        }

        return a._pre.IsEmpty ? 1
            : b._pre.IsEmpty ? -1
            : ComparePre(a._pre, b._pre);
    }

    private static int ComparePre(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        while (true)
        {
            bool moreA = Next(ref a, out ReadOnlySpan<char> one);
            bool moreB = Next(ref b, out ReadOnlySpan<char> two);
            int order = CompareOne(one, two);
            if (order != 0 || !moreA || !moreB)
            {
                return order != 0 ? order : moreA.CompareTo(moreB);
            }
        }
    }

    // The part before the next dot; what is left stays. False when it was the last. The framework's Split allocates.
    private static bool Next(ref ReadOnlySpan<char> rest, out ReadOnlySpan<char> part)
    {
        int dot = rest.IndexOf('.');
        part = dot < 0 ? rest : rest[..dot];
        rest = dot < 0 ? default : rest[(dot + 1)..];
        return dot >= 0;
    }

    private static int CompareOne(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        bool numberA = Digits(a);
        bool numberB = Digits(b);
        if (numberA != numberB)
        {
            return numberA ? -1 : 1;
        }

        int byLength = numberA ? a.Length.CompareTo(b.Length) : 0;
        return byLength != 0 ? byLength : a.SequenceCompareTo(b);
    }

    private static bool Number(ReadOnlySpan<char> text, out long number, ref bool whole)
    {
        number = 0;
        bool digits = !text.IsEmpty && Digits(text);
        whole &= text.Length == 1 || (digits && text[0] != '0');
        return digits
            && text.Length <= 16
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number)
            && number <= MostSafe;
    }

    private static bool Digits(ReadOnlySpan<char> text)
    {
        foreach (char letter in text)
        {
            if (!char.IsAsciiDigit(letter))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Identifiers(ReadOnlySpan<char> text, bool numbersPlain)
    {
        for (bool more = true; more; )
        {
            more = Next(ref text, out ReadOnlySpan<char> one);
            bool zeroLed = one.Length > 1 && one[0] == '0' && Digits(one);
            if (one.IsEmpty || (numbersPlain && zeroLed))
            {
                return false;
            }

            foreach (char letter in one)
            {
                if (!char.IsAsciiLetterOrDigit(letter) && letter != '-')
                {
                    return false;
                }
            }
        }

        return true;
    }
}
