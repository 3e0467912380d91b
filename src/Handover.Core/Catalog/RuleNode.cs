namespace Handover.Core.Catalog;

/// <summary>
/// One operation of a rule, compiled: constants are ready, names are split, lists of constants are tables. The family
/// lives in this file and its parts by topic.
/// </summary>
internal abstract partial class RuleNode
{
    /// <summary>flagd's name of the entity.</summary>
    public const string EntityName = "targetingKey";

    /// <summary>Its value in a context.</summary>
    public abstract RuleValue Evaluate(in RuleContext c);

    /// <summary>A value that is always the same.</summary>
    public sealed class Constant(RuleValue value) : RuleNode
    {
        public RuleValue Value => value;

        public override RuleValue Evaluate(in RuleContext c) => value;
    }

    /// <summary>What the context has under a name, else a default.</summary>
    public sealed class Var(string name, RuleNode? otherwise) : RuleNode
    {
        private readonly string[] _parts = name.Length == 0 ? [] : name.Split('.');

        // Found out once: a name is read for each request, and comparing it each time costs as much as the look-up.
        private readonly Source _source = name switch
        {
            "$flagd.flagKey" => Source.Flag,
            "$flagd.timestamp" => Source.Time,
            EntityName => Source.Entity,
            _ => Source.Context,
        };

        public string Name => name;

        public override RuleValue Evaluate(in RuleContext c)
        {
            RuleValue value = _source switch
            {
                Source.Flag => RuleValue.Of(c.Flag),
                Source.Time => RuleValue.Of((double)c.Timestamp),
                Source.Entity when c.Entity is not null => RuleValue.Of(c.Entity),
                _ => c.Read(name, _parts),
            };
            return value.Kind == RuleKind.Null && otherwise is not null ? otherwise.Evaluate(c) : value;
        }
    }

    /// <summary>Where a name is read.</summary>
    private enum Source
    {
        Context,
        Flag,
        Time,
        Entity,
    }

    /// <summary>A reference that nothing has been put in the place of.</summary>
    public sealed class Reference : RuleNode
    {
        public override RuleValue Evaluate(in RuleContext c) => RuleValue.Null;
    }

    /// <summary>The first branch whose condition is true; pairs, then what else.</summary>
    public sealed class If(RuleNode[] parts) : RuleNode
    {
        public override RuleValue Evaluate(in RuleContext c)
        {
            int i = 0;
            for (; i + 1 < parts.Length; i += 2)
            {
                if (parts[i].Evaluate(c).Truthy)
                {
                    return parts[i + 1].Evaluate(c);
                }
            }

            return i < parts.Length ? parts[i].Evaluate(c) : RuleValue.Null;
        }
    }

    /// <summary>The first false value, else the last.</summary>
    public sealed class And(RuleNode[] parts) : RuleNode
    {
        public override RuleValue Evaluate(in RuleContext c)
        {
            RuleValue value = default;
            foreach (RuleNode part in parts)
            {
                value = part.Evaluate(c);
                if (!value.Truthy)
                {
                    return value;
                }
            }

            return value;
        }
    }

    /// <summary>The first true value, else the last.</summary>
    public sealed class Or(RuleNode[] parts) : RuleNode
    {
        public override RuleValue Evaluate(in RuleContext c)
        {
            RuleValue value = default;
            foreach (RuleNode part in parts)
            {
                value = part.Evaluate(c);
                if (value.Truthy)
                {
                    return value;
                }
            }

            return value;
        }
    }

    /// <summary>Whether its part is true, or is not.</summary>
    public sealed class Truth(RuleNode part, bool wanted) : RuleNode
    {
        public override RuleValue Evaluate(in RuleContext c) => RuleValue.Of(part.Evaluate(c).Truthy == wanted);
    }

    /// <summary>Whether two values are equal, loosely or strictly, or are not.</summary>
    public sealed class Equal(RuleNode left, RuleNode right, bool strict, bool wanted) : RuleNode
    {
        public override RuleValue Evaluate(in RuleContext c)
        {
            RuleValue a = left.Evaluate(c);
            RuleValue b = right.Evaluate(c);
            return RuleValue.Of((strict ? RuleValue.Identical(a, b) : RuleValue.Alike(a, b)) == wanted);
        }
    }

    /// <summary>Whether each value stands in this order to the next. What has no order is nothing.</summary>
    public sealed class Order(RuleNode[] parts, bool less, bool orEqual) : RuleNode
    {
        public override RuleValue Evaluate(in RuleContext c)
        {
            RuleValue before = parts[0].Evaluate(c);
            for (int i = 1; i < parts.Length; i++)
            {
                RuleValue next = parts[i].Evaluate(c);
                if (RuleValue.Compare(before, next) is not { } order)
                {
                    return RuleValue.Null;
                }

                bool holds = order == 0 ? orEqual : order < 0 == less;
                if (!holds)
                {
                    return RuleValue.Of(false);
                }

                before = next;
            }

            return RuleValue.Of(true);
        }
    }
}
