namespace Handover.Core.Catalog;

/// <summary>
/// Lists. Asking whether something is in a list of constants allocates nothing; making new lists (<c>map</c>,
/// <c>filter</c>, <c>merge</c>, <c>missing</c>) does.
/// </summary>
internal abstract partial class RuleNode
{
    /// <summary>A list of what its parts give.</summary>
    public sealed class Collect(RuleNode[] parts) : RuleNode
    {
        public override RuleValue Evaluate(in RuleContext c)
        {
            var items = new RuleValue[parts.Length];
            for (int i = 0; i < parts.Length; i++)
            {
                items[i] = parts[i].Evaluate(c);
            }

            return RuleValue.Of(items);
        }
    }

    /// <summary>Whether a text is one of many constants.</summary>
    public sealed class InTexts(RuleNode item, IEnumerable<string> texts) : RuleNode
    {
        private readonly HashSet<string> _texts = new(texts, StringComparer.Ordinal);

        public override RuleValue Evaluate(in RuleContext c)
        {
            RuleValue value = item.Evaluate(c);
            return RuleValue.Of(value.Kind == RuleKind.Text && _texts.Contains(value.Text));
        }
    }

    /// <summary>Whether something is in a list, or a text within a text.</summary>
    public sealed class In(RuleNode item, RuleNode container) : RuleNode
    {
        public override RuleValue Evaluate(in RuleContext c)
        {
            RuleValue value = item.Evaluate(c);
            RuleValue within = container.Evaluate(c);
            if (within.Kind == RuleKind.Text)
            {
                bool contains = within.Text.Contains(value.AsText(), StringComparison.Ordinal);
                return RuleValue.Of(value.Kind != RuleKind.Null && contains);
            }

            IReadOnlyList<RuleValue> items = within.Items;
            for (int i = 0; i < items.Count; i++)
            {
                if (RuleValue.Identical(items[i], value))
                {
                    return RuleValue.Of(true);
                }
            }

            return RuleValue.Of(false);
        }
    }

    /// <summary>One list of all parts, lists among them opened.</summary>
    public sealed class Merge(RuleNode[] parts) : RuleNode
    {
        public override RuleValue Evaluate(in RuleContext c)
        {
            var all = new List<RuleValue>();
            foreach (RuleNode part in parts)
            {
                RuleValue value = part.Evaluate(c);
                if (value.Kind == RuleKind.List)
                {
                    all.AddRange(value.Items);
                }
                else
                {
                    all.Add(value);
                }
            }

            return RuleValue.Of(all);
        }
    }

    /// <summary>Which of some names the context does not have; none when enough are there.</summary>
    public sealed class Missing(Var[] names, int enough) : RuleNode
    {
        public override RuleValue Evaluate(in RuleContext c)
        {
            List<RuleValue>? missing = null;
            foreach (Var name in names)
            {
                RuleValue value = name.Evaluate(c);
                if (value.Kind == RuleKind.Null || (value.Kind == RuleKind.Text && value.Text.Length == 0))
                {
                    missing ??= [];
                    missing.Add(RuleValue.Of(name.Name));
                }
            }

            return missing is null || names.Length - missing.Count >= enough ? RuleValue.Of([]) : RuleValue.Of(missing);
        }
    }

    /// <summary>Each item through a rule: kept, changed, or asked whether all, none or some hold.</summary>
    public sealed class Each(RuleNode list, RuleNode rule, string op) : RuleNode
    {
        public override RuleValue Evaluate(in RuleContext c)
        {
            IReadOnlyList<RuleValue> items = list.Evaluate(c).Items;
            var made = new List<RuleValue>();
            int held = 0;
            for (int i = 0; i < items.Count; i++)
            {
                RuleValue value = rule.Evaluate(c.At(items[i]));
                held += value.Truthy ? 1 : 0;
                if (op == "map" || (op == "filter" && value.Truthy))
                {
                    made.Add(op == "map" ? value : items[i]);
                }
            }

            return op switch
            {
                "map" or "filter" => RuleValue.Of(made),
                "all" => RuleValue.Of(items.Count > 0 && held == items.Count),
                "none" => RuleValue.Of(held == 0),
                _ => RuleValue.Of(held > 0),
            };
        }
    }

    /// <summary>All items into one value.</summary>
    public sealed class Reduce(RuleNode list, RuleNode rule, RuleNode start) : RuleNode
    {
        public override RuleValue Evaluate(in RuleContext c)
        {
            RuleValue all = start.Evaluate(c);
            IReadOnlyList<RuleValue> items = list.Evaluate(c).Items;
            for (int i = 0; i < items.Count; i++)
            {
                var both = new Dictionary<string, RuleValue> { ["current"] = items[i], ["accumulator"] = all };
                all = rule.Evaluate(c.At(RuleValue.Of(both)));
            }

            return all;
        }
    }
}
