using System.Globalization;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Payloads;

namespace Handover.Control.Labels;

/// <summary>How wrong an answer was, by the service's own measure.</summary>
internal static class LabelLoss
{
    /// <summary>
    /// A probability of 0 for what came true would be infinitely wrong; this is the bound on how sure one may be.
    /// </summary>
    private const double Surest = 1e-15;

    /// <summary>Compares an answer with the truth; null when the answer holds no such value.</summary>
    public static Compared? Of(LabelPolicy policy, TypedAnswer answer, string truth)
    {
        double? output = OutputReader.Number(answer, policy.Output);
        bool number = double.TryParse(truth, NumberStyles.Float, CultureInfo.InvariantCulture, out double n);
        double? wanted = number ? n : null;
        if (policy.Loss == LossKind.ZeroOne)
        {
            if (output is null && OutputReader.Label(answer, policy.Output) is null)
            {
                return null;
            }

            bool same =
                output is { } o && wanted is { } w
                    ? o.Equals(w)
                    : string.Equals(OutputReader.Label(answer, policy.Output), truth, StringComparison.Ordinal);
            return new Compared(output ?? double.NaN, wanted ?? double.NaN, same ? 0 : 1, !same);
        }

        return output is { } value && wanted is { } target ? OfNumbers(policy, value, target) : null;
    }

    private static Compared OfNumbers(LabelPolicy policy, double output, double truth)
    {
        if (policy.Loss == LossKind.Logistic)
        {
            double given = Math.Clamp(truth >= 0.5 ? output : 1 - output, Surest, 1);
            bool sure = output is >= 0 and <= 1;
            return new Compared(output, truth, sure ? -Math.Log(given) : double.PositiveInfinity, !sure || given < 0.5);
        }

        double error = Math.Abs(output - truth);
        if (!double.IsFinite(error))
        {
            // An answer that is no number is as wrong as can be; NaN would compare as "not worse" everywhere.
            return new Compared(output, truth, double.PositiveInfinity, true);
        }

        double loss = policy.Loss == LossKind.Squared ? error * error : error;
        return new Compared(output, truth, loss, error > policy.Tolerance.Value * Math.Abs(truth));
    }

    /// <summary>One comparison.</summary>
    public readonly record struct Compared(double Output, double Truth, double Loss, bool Wrong);
}
