using System.Numerics;

namespace Handover.Bench;

/// <summary>
/// Seeded random draws (xoshiro256**, Blackman and Vigna; seeded by SplitMix64). Fast, because the tables need hundreds
/// of millions of draws, and the same on every machine.
/// </summary>
public sealed class Draws
{
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;
    private double _spare = double.NaN;

    /// <summary>Stream number <paramref name="stream"/> of <paramref name="seed"/>.</summary>
    public Draws(int seed, long stream = 0)
    {
        ulong x = ((ulong)(uint)seed << 32) ^ ((ulong)stream * 0x9e3779b97f4a7c15);
        _a = Split(ref x);
        _b = Split(ref x);
        _c = Split(ref x);
        _d = Split(ref x);
    }

    /// <summary>In [0, 1).</summary>
    public double Uniform() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Standard normal (Marsaglia's polar method).</summary>
    public double Normal()
    {
        if (!double.IsNaN(_spare))
        {
            double kept = _spare;
            _spare = double.NaN;
            return kept;
        }

        double u;
        double v;
        double s;
        do
        {
            u = (2 * Uniform()) - 1;
            v = (2 * Uniform()) - 1;
            s = (u * u) + (v * v);
        } while (s is >= 1 or 0);

        double f = Math.Sqrt(-2 * Math.Log(s) / s);
        _spare = v * f;
        return u * f;
    }

    /// <summary>Poisson by inversion; larger means are sums of parts, so that it stays exact.</summary>
    public long Poisson(double mean)
    {
        long k = 0;
        for (; mean > 20; mean -= 20)
        {
            k += Small(20);
        }

        return k + Small(mean);
    }

    /// <summary>How many of <paramref name="n"/> succeed, one by one.</summary>
    public long Binomial(long n, double chance)
    {
        long k = 0;
        for (long i = 0; i < n; i++)
        {
            k += Uniform() < chance ? 1 : 0;
        }

        return k;
    }

    /// <summary>Exponential with mean 1.</summary>
    public double Exponential() => -Math.Log(1 - Uniform());

    private static ulong Split(ref ulong x)
    {
        x += 0x9e3779b97f4a7c15;
        ulong z = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

    private long Small(double mean)
    {
        if (mean <= 0)
        {
            return 0;
        }

        double p = Math.Exp(-mean);
        double u = Uniform();
        long k = 0;
        while (u > p && k < 200)
        {
            u -= p;
            k++;
            p *= mean / k;
        }

        return k;
    }

    private ulong Next()
    {
        ulong result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        ulong t = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= t;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }
}
