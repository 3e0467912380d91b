using System.Buffers;
using System.Text;
using Handover.Core.Foundation;

namespace Handover.Core.Catalog;

/// <summary>Texts, versions and the draw.</summary>
internal abstract partial class RuleNode
{
    /// <summary>Whether a text begins or ends with another; nothing when one is no text.</summary>
    public sealed class Affix(RuleNode text, RuleNode affix, bool start) : RuleNode
    {
        public override RuleValue Evaluate(in RuleContext c)
        {
            RuleValue whole = text.Evaluate(c);
            RuleValue part = affix.Evaluate(c);
            return whole.Kind != RuleKind.Text || part.Kind != RuleKind.Text ? RuleValue.Null
                : start ? RuleValue.Of(whole.Text.StartsWith(part.Text, StringComparison.Ordinal))
                : RuleValue.Of(whole.Text.EndsWith(part.Text, StringComparison.Ordinal));
        }
    }

    /// <summary>All parts as one text.</summary>
    public sealed class Cat(RuleNode[] parts) : RuleNode
    {
        public RuleNode[] Parts => parts;

        public override RuleValue Evaluate(in RuleContext c)
        {
            var text = new StringBuilder();
            foreach (RuleNode part in parts)
            {
                text.Append(part.Evaluate(c).AsText());
            }

            return RuleValue.Of(text.ToString());
        }
    }

    /// <summary>A part of a text, by JavaScript's substr with JSONLogic's negative lengths.</summary>
    public sealed class Substr(RuleNode text, RuleNode from, RuleNode? length) : RuleNode
    {
        public override RuleValue Evaluate(in RuleContext c)
        {
            RuleValue value = text.Evaluate(c);
            double start = from.Evaluate(c).Number;
            if (value.Kind != RuleKind.Text || double.IsNaN(start))
            {
                return RuleValue.Null;
            }

            string whole = value.Text;
            int first = (int)Math.Clamp(start < 0 ? whole.Length + start : start, 0, whole.Length);
            int rest = whole.Length - first;
            double wanted = length is null ? rest : length.Evaluate(c).Number;
            int count = (int)Math.Clamp(wanted < 0 ? rest + wanted : wanted, 0, rest);
            return RuleValue.Of(whole.Substring(first, count));
        }
    }

    /// <summary>Two versions by semver 2.0; nothing when one is none or the operator is unknown.</summary>
    public sealed class SemVer(RuleNode left, RuleNode op, RuleNode right) : RuleNode
    {
        public override RuleValue Evaluate(in RuleContext c)
        {
            string one = left.Evaluate(c).AsText();
            string two = right.Evaluate(c).AsText();
            if (!RuleVersion.TryParse(one, out RuleVersion a) || !RuleVersion.TryParse(two, out RuleVersion b))
            {
                return RuleValue.Null;
            }

            int order = RuleVersion.Compare(a, b);
            return op.Evaluate(c).Text switch
            {
                "=" => RuleValue.Of(order == 0),
                "!=" => RuleValue.Of(order != 0),
                "<" => RuleValue.Of(order < 0),
                "<=" => RuleValue.Of(order <= 0),
                ">=" => RuleValue.Of(order >= 0),
                ">" => RuleValue.Of(order > 0),
                "^" => RuleValue.Of(a.Major == b.Major),
                "~" => RuleValue.Of(a.Major == b.Major && a.Minor == b.Minor),
                _ => RuleValue.Null,
            };
        }
    }

    /// <summary>
    /// flagd's <c>fractional</c> v2: <c>(murmur3_x86_32(utf8(key)) * sum of weights) &gt;&gt; 32</c>, and the first
    /// variant whose cumulated weight lies above. Integers only, so that it is the same in every language.
    /// </summary>
    /// <param name="bucketBy">What is hashed; null for the flag's name and the entity.</param>
    /// <param name="variants">Variants.</param>
    /// <param name="weights">Their weights, as many.</param>
    public sealed class Fractional(RuleNode? bucketBy, RuleNode[] variants, RuleNode[] weights) : RuleNode
    {
        private const int MostStack = 512;
        private static readonly Var Entity = new(EntityName, null);

        public override RuleValue Evaluate(in RuleContext c)
        {
            if (Hash(c) is not { } hash)
            {
                return RuleValue.Null;
            }

            ulong total = 0;
            foreach (RuleNode weight in weights)
            {
                if (WeightOf(weight, c) is not { } w)
                {
                    return RuleValue.Null;
                }

                total += w;
            }

            if (total > int.MaxValue)
            {
                return RuleValue.Null;
            }

            ulong bucket = (hash * total) >> 32;
            ulong sum = 0;
            for (int i = 0; i < variants.Length; i++)
            {
                sum += WeightOf(weights[i], c)!.Value;
                if (sum > bucket)
                {
                    return variants[i].Evaluate(c);
                }
            }

            return RuleValue.Null;
        }

        private static ulong? WeightOf(RuleNode node, in RuleContext c)
        {
            RuleValue weight = node.Evaluate(c);
            return weight.IsWhole ? (ulong)Math.Clamp(weight.Number, 0, uint.MaxValue) : null;
        }

        private ulong? Hash(in RuleContext c)
        {
            if (bucketBy is Cat cat)
            {
                return HashParts(cat.Parts, c);
            }

            if (bucketBy is not null)
            {
                RuleValue key = bucketBy.Evaluate(c);
                return key.Kind == RuleKind.Text ? Murmur3.Hash(key.Text) : null;
            }

            string entity = Entity.Evaluate(c).Text;
            return entity.Length == 0 ? null : HashTwo(c.Flag ?? "", entity);
        }

        // What users write most: a salt and a name. Joined in a buffer, not as a text of its own.
        private static ulong HashParts(RuleNode[] parts, in RuleContext c)
        {
            byte[]? rented = null;
            Span<byte> buffer = stackalloc byte[MostStack];
            int length = 0;
            foreach (RuleNode part in parts)
            {
                string text = part.Evaluate(c).AsText();
                int needed = Encoding.UTF8.GetMaxByteCount(text.Length);
                if (needed > buffer.Length - length)
                {
                    byte[] larger = ArrayPool<byte>.Shared.Rent((length + needed) * 2);
                    buffer[..length].CopyTo(larger);
                    Return(rented);
                    rented = larger;
                    buffer = larger;
                }

                length += Encoding.UTF8.GetBytes(text, buffer[length..]);
            }

            uint hash = Murmur3.Hash(buffer[..length]);
            Return(rented);
            return hash;
        }

        private static ulong HashTwo(string first, string second)
        {
            int most = Encoding.UTF8.GetMaxByteCount(first.Length + second.Length);
            Span<byte> buffer = most <= MostStack ? stackalloc byte[MostStack] : new byte[most];
            int length = Encoding.UTF8.GetBytes(first, buffer);
            length += Encoding.UTF8.GetBytes(second, buffer[length..]);
            return Murmur3.Hash(buffer[..length]);
        }

        private static void Return(byte[]? rented)
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }
}
