using System.Globalization;
using System.Numerics;
using System.Text;

namespace Handover.Core.Contracts.Schemas;

/// <summary>
/// A JSON number, exactly: mantissa times a power of ten, without trailing zeros, so that equal values are equal
/// fields. Contracts compare prices and labels; a binary fraction would find 0.3 not to be a multiple of 0.1.
/// Numbers of up to 18 digits need no memory; longer ones use <see cref="BigInteger"/>.
/// </summary>
internal readonly struct JsonDecimal : IComparable<JsonDecimal>, IEquatable<JsonDecimal>
{
    private const int FastDigits = 18;

    private readonly long _mantissa;

    // A boxed BigInteger, so that the usual number is as small as a date: every schema holds a handful of them.
    private readonly object? _large;
    private readonly int _exponent;
    private readonly int _digits;

    private JsonDecimal(long mantissa, object? large, long exponent, int digits)
    {
        _mantissa = mantissa;
        _large = large;
        // A reader cuts exponents off at a billion, and a number has no more than 400 digits.
        _exponent = mantissa == 0 && large is null ? 0 : checked((int)exponent);
        _digits = digits;
    }

    /// <summary>Whether it has no fraction.</summary>
    public bool IsInteger => _exponent >= 0;

    /// <summary>-1, 0 or 1.</summary>
    public int Sign => _large is BigInteger large ? large.Sign : Math.Sign(_mantissa);

    /// <summary>Digits after the point, 0 for whole numbers.</summary>
    public long Decimals => Math.Max(0, -_exponent);

    /// <summary>A hash that equal values share.</summary>
    public ulong ValueHash =>
        (((ulong)_mantissa ^ (ulong)(_large?.GetHashCode() ?? 0)) * 0x9E3779B97F4A7C15) ^ (ulong)_exponent ^ 0x5555;

    /// <summary>Reads the text of a JSON number token.</summary>
    public static JsonDecimal Read(ReadOnlySpan<byte> text)
    {
        bool negative = text[0] == '-';
        long mantissa = 0;
        long exponent = 0;
        int digits = 0;
        int zeros = 0;
        bool fraction = false;
        for (int i = negative ? 1 : 0; i < text.Length; i++)
        {
            byte b = text[i];
            if (b == '.')
            {
                fraction = true;
                continue;
            }

            if (b is (byte)'e' or (byte)'E')
            {
                exponent += Exponent(text[(i + 1)..]);
                break;
            }

            exponent -= fraction ? 1 : 0;
            // Zeros wait until a digit follows: those at the end belong to the exponent.
            if (b == '0')
            {
                zeros += digits > 0 ? 1 : 0;
                continue;
            }

            for (; zeros > 0; zeros--)
            {
                mantissa = digits < FastDigits ? mantissa * 10 : mantissa;
                digits++;
            }

            mantissa = digits < FastDigits ? mantissa * 10 + (b - '0') : mantissa;
            digits++;
        }

        return digits <= FastDigits
            ? new(negative ? -mantissa : mantissa, null, exponent + zeros, digits)
            : Slow(text, exponent + zeros, digits);
    }

    /// <summary>A whole number.</summary>
    public static JsonDecimal Of(long value) =>
        Read(Encoding.UTF8.GetBytes(value.ToString(CultureInfo.InvariantCulture)));

    /// <summary>A finite number, by its shortest text that reads back as itself.</summary>
    public static JsonDecimal Of(double value) =>
        Read(Encoding.UTF8.GetBytes(value.ToString("R", CultureInfo.InvariantCulture)));

    /// <inheritdoc/>
    public bool Equals(JsonDecimal other) => CompareTo(other) == 0;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is JsonDecimal other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_mantissa, _large, _exponent);

    /// <inheritdoc/>
    public int CompareTo(JsonDecimal other)
    {
        if (_exponent == other._exponent && _large is null && other._large is null)
        {
            return _mantissa.CompareTo(other._mantissa);
        }

        if (Sign != other.Sign || Sign == 0)
        {
            return Sign.CompareTo(other.Sign);
        }

        int size = (_digits + _exponent).CompareTo(other._digits + other._exponent);
        if (size != 0)
        {
            return size * Sign;
        }

        // The first digits have the same place, so the exponents differ by less than the digits.
        int shift = _exponent - other._exponent;
        if (_large is null && other._large is null)
        {
            return shift >= 0
                ? (_mantissa * Power(shift)).CompareTo(other._mantissa)
                : ((Int128)_mantissa).CompareTo(other._mantissa * Power(-shift));
        }

        return (Large * BigInteger.Pow(10, Math.Max(0, shift))).CompareTo(
            other.Large * BigInteger.Pow(10, Math.Max(0, -shift))
        );
    }

    /// <summary>Whether it is a whole number of times <paramref name="divisor"/>, which must be above 0.</summary>
    public bool IsMultipleOf(JsonDecimal divisor)
    {
        if (Sign == 0)
        {
            return true;
        }

        long shift = (long)_exponent - divisor._exponent;
        if (shift < 0)
        {
            // A mantissa has no trailing zeros, so nothing makes up for the missing places.
            return false;
        }

        if (_large is null && divisor._large is null)
        {
            Int128 modulus = divisor._mantissa;
            return _mantissa % modulus * PowerModulo(shift, modulus) % modulus == 0;
        }

        return (Large * BigInteger.ModPow(10, shift, divisor.Large) % divisor.Large).IsZero;
    }

    /// <summary>The value where it is a whole number of at most 18 digits.</summary>
    public bool TryWhole(out long value)
    {
        value = 0;
        if (_large is not null || _exponent < 0 || _digits + _exponent > FastDigits)
        {
            return false;
        }

        value = (long)(_mantissa * Power(_exponent));
        return true;
    }

    /// <summary>The nearest double; may be infinite.</summary>
    public double ToDouble() => double.Parse(ToString(), CultureInfo.InvariantCulture);

    /// <summary>The sum of two numbers; throws for exponents that no document needs.</summary>
    public static JsonDecimal operator +(JsonDecimal a, JsonDecimal b)
    {
        long low = Math.Min(a._exponent, b._exponent);
        long high = Math.Max(a._exponent, b._exponent);
        Foundation.Invariant.Holds(high - low <= 1_000, "numbers of contracts lie within a thousand places");
        BigInteger sum =
            a.Large * BigInteger.Pow(10, (int)(a._exponent - low))
            + b.Large * BigInteger.Pow(10, (int)(b._exponent - low));
        return Read(Encoding.UTF8.GetBytes(sum.ToString(CultureInfo.InvariantCulture) + "e" + Text(low)));
    }

    /// <summary>The power of ten of the last digit.</summary>
    public long Place => _exponent;

    /// <summary>As a JSON number.</summary>
    public override string ToString()
    {
        string digits = Large.ToString(CultureInfo.InvariantCulture);
        if (_exponent is >= 0 and <= 20)
        {
            return digits + new string('0', _exponent);
        }

        if (_exponent is < 0 and >= -20)
        {
            string sign = digits[0] == '-' ? "-" : "";
            string whole = digits.TrimStart('-').PadLeft(-_exponent + 1, '0');
            int point = whole.Length + _exponent;
            return $"{sign}{whole[..point]}.{whole[point..]}";
        }

        return digits + "e" + Text(_exponent);
    }

    private BigInteger Large => _large is BigInteger large ? large : _mantissa;

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static JsonDecimal Slow(ReadOnlySpan<byte> text, long exponent, int digits)
    {
        var all = new StringBuilder(text.Length);
        foreach (byte b in text)
        {
            if (b is (byte)'e' or (byte)'E')
            {
                break;
            }

            if (b != '.')
            {
                all.Append((char)b);
            }
        }

        string written = all.ToString().TrimEnd('0');
        return new(0, BigInteger.Parse(written, CultureInfo.InvariantCulture), exponent, digits);
    }

    private static long Exponent(ReadOnlySpan<byte> text)
    {
        bool negative = text[0] == '-';
        long value = 0;
        foreach (byte b in text[(text[0] is (byte)'-' or (byte)'+' ? 1 : 0)..])
        {
            // Beyond a million places only the order matters, and it stays.
            value = Math.Min(value * 10 + (b - '0'), 1_000_000_000);
        }

        return negative ? -value : value;
    }

    private static Int128 Power(int exponent)
    {
        Int128 power = 1;
        for (int i = 0; i < exponent; i++)
        {
            power *= 10;
        }

        return power;
    }

    private static Int128 PowerModulo(long exponent, Int128 modulus)
    {
        Int128 power = 1 % modulus;
        Int128 square = 10 % modulus;
        for (; exponent > 0; exponent >>= 1)
        {
            power = (exponent & 1) == 1 ? power * square % modulus : power;
            square = square * square % modulus;
        }

        return power;
    }
}
