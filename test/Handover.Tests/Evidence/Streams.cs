namespace Handover.Tests.Evidence;

/// <summary>Seeded streams of counts: exact draws, fast enough for tens of thousands of rollouts in a test.</summary>
internal sealed class Streams(int seed)
{
    private readonly Random _random = new(seed);

    /// <summary>Number of events in a tick, by inversion; mean up to some hundreds.</summary>
    public long Poisson(double mean)
    {
        long k = 0;
        while (mean > 30)
        {
            // A Poisson variable is the sum of independent ones: halves keep the inversion exact.
            k += Poisson(15);
            mean -= 15;
        }

        double p = Math.Exp(-mean);
        double u = _random.NextDouble();
        long j = 0;
        while (u > p)
        {
            u -= p;
            j++;
            p *= mean / j;
            if (p < 1e-300)
            {
                break;
            }
        }

        return k + j;
    }

    /// <summary>Sum of <paramref name="n"/> draws with probability <paramref name="p"/>, one by one.</summary>
    public long Binomial(long n, double p)
    {
        long k = 0;
        for (long i = 0; i < n; i++)
        {
            k += _random.NextDouble() < p ? 1 : 0;
        }

        return k;
    }

    /// <summary>In [0, 1).</summary>
    public double Uniform() => _random.NextDouble();

    /// <summary>Standard normal (Box and Muller).</summary>
    public double Normal() =>
        Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
}
