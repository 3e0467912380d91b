namespace Handover.Core.Catalog;

/// <summary>Arithmetic: texts that read as numbers count as such, and what is not a number is nothing.</summary>
internal abstract partial class RuleNode
{
    /// <summary>A sum, product, difference, quotient or remainder, from left to right.</summary>
    public sealed class Arithmetic(RuleNode[] parts, char op) : RuleNode
    {
        public override RuleValue Evaluate(in RuleContext c)
        {
            double first = parts[0].Evaluate(c).Number;
            if (parts.Length == 1)
            {
                return RuleValue.Of(op == '-' ? -first : first);
            }

            double result = first;
            for (int i = 1; i < parts.Length; i++)
            {
                double next = parts[i].Evaluate(c).Number;
                result = op switch
                {
                    '+' => result + next,
                    '*' => result * next,
                    '-' => result - next,
                    '/' => next == 0 ? double.NaN : result / next,
                    _ => result % next,
                };
            }

            return RuleValue.Of(result);
        }
    }

    /// <summary>The largest or smallest; nothing when one is not a number.</summary>
    public sealed class Extreme(RuleNode[] parts, bool largest) : RuleNode
    {
        public override RuleValue Evaluate(in RuleContext c)
        {
            double best = double.NaN;
            foreach (RuleNode part in parts)
            {
                RuleValue value = part.Evaluate(c);
                if (value.Kind != RuleKind.Number)
                {
                    return RuleValue.Null;
                }

                bool better = double.IsNaN(best) || (largest ? value.Number > best : value.Number < best);
                best = better ? value.Number : best;
            }

            return RuleValue.Of(best);
        }
    }
}
