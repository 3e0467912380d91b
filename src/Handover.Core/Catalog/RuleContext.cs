namespace Handover.Core.Catalog;

/// <summary>
/// What a rule is evaluated against: the attributes of a request, which are all text, or the values of a flag's
/// evaluation. On the stack, so that asking costs nothing.
/// </summary>
public readonly ref struct RuleContext
{
    /// <summary>Attributes of a request; null when <see cref="Values"/> are used.</summary>
    public IReadOnlyDictionary<string, string>? Attributes { get; init; }

    /// <summary>Values of an evaluation, or the item that <c>map</c> and its kin look at.</summary>
    public RuleValue Values { get; init; }

    /// <summary>The entity: flagd's <c>targetingKey</c>.</summary>
    public string? Entity { get; init; }

    /// <summary>Name of the flag or segment: <c>$flagd.flagKey</c>.</summary>
    public string? Flag { get; init; }

    /// <summary>Seconds since 1970: <c>$flagd.timestamp</c>. Nought where rules may not depend on the time.</summary>
    public long Timestamp { get; init; }

    /// <summary>The same with another value to look at.</summary>
    public RuleContext At(RuleValue item) =>
        new()
        {
            Values = item,
            Entity = Entity,
            Flag = Flag,
            Timestamp = Timestamp,
        };

    /// <summary>Reads a name: whole in attributes, part by part in values.</summary>
    /// <param name="name">The whole name; empty for everything.</param>
    /// <param name="parts">The name at its dots.</param>
    internal RuleValue Read(string name, string[] parts)
    {
        if (Attributes is not null)
        {
            return Attributes.TryGetValue(name, out string? text) ? RuleValue.Of(text) : RuleValue.Null;
        }

        RuleValue at = Values;
        foreach (string part in parts)
        {
            at = Step(at, part);
        }

        return at;
    }

    private static RuleValue Step(RuleValue at, string part)
    {
        if (at.Members is { } members)
        {
            return members.GetValueOrDefault(part);
        }

        return at.Kind == RuleKind.List && int.TryParse(part, out int index) && index >= 0 && index < at.Items.Count
            ? at.Items[index]
            : RuleValue.Null;
    }
}
