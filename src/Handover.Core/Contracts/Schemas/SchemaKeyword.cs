using System.Text;

namespace Handover.Core.Contracts.Schemas;

/// <summary>
/// The keywords that are read. A schema is gone over once and every name of it looked up once, by the hash that the
/// reader of the document has computed already: fifty searches for fifty keywords would cost more than all the rest.
/// </summary>
internal enum SchemaKeyword : byte
{
    None,
    Type,
    Const,
    Enum,
    OnUnknown,
    Minimum,
    Maximum,
    ExclusiveMinimum,
    ExclusiveMaximum,
    MultipleOf,
    MinLength,
    MaxLength,
    MinItems,
    MaxItems,
    MinContains,
    MaxContains,
    MinProperties,
    MaxProperties,
    UniqueItems,
    Pattern,
    Format,
    Required,
    DependentRequired,
    Properties,
    PatternProperties,
    AdditionalProperties,
    PropertyNames,
    UnevaluatedProperties,
    DependentSchemas,
    PrefixItems,
    Items,
    Contains,
    UnevaluatedItems,
    AllOf,
    AnyOf,
    OneOf,
    Not,
    If,
    Then,
    Else,
    Id,
    Schema,
    Ref,
    DynamicRef,
    RecursiveRef,
    Defs,
    Definitions,
    ContentSchema,
    Unit,
    Semantics,
    ClassOrder,
    Transport,
}

/// <summary>The keywords by their names.</summary>
internal static class SchemaKeywords
{
    /// <summary>How many there are, the one that is none included; fewer than the bits of a word.</summary>
    public const int Count = (int)SchemaKeyword.Transport + 1;

    private static readonly string[] Names = [.. Enum.GetValues<SchemaKeyword>().Select(Written)];
    private static readonly (ulong Hash, byte[] Utf8)[] Known = [.. Names.Select(n => (Hash(n), Utf8(n)))];
    private static readonly byte[] Slots = Table();

    /// <summary>The keyword as it is written.</summary>
    public static string Name(SchemaKeyword keyword) => Names[(int)keyword];

    /// <summary>The keyword of a name; none for others.</summary>
    public static SchemaKeyword Of(ulong hash, ReadOnlySpan<byte> name)
    {
        for (int at = (int)hash & (Slots.Length - 1); Slots[at] != 0; at = (at + 1) & (Slots.Length - 1))
        {
            (ulong known, byte[] utf8) = Known[Slots[at]];
            if (known == hash && name.SequenceEqual(utf8))
            {
                return (SchemaKeyword)Slots[at];
            }
        }

        return SchemaKeyword.None;
    }

    /// <summary>How a value of the keyword holds schemas.</summary>
    public static SchemaHolding Holds(SchemaKeyword keyword) =>
        keyword switch
        {
            SchemaKeyword.Items
            or SchemaKeyword.Contains
            or SchemaKeyword.AdditionalProperties
            or SchemaKeyword.PropertyNames
            or SchemaKeyword.Not
            or SchemaKeyword.If
            or SchemaKeyword.Then
            or SchemaKeyword.Else
            or SchemaKeyword.UnevaluatedItems
            or SchemaKeyword.UnevaluatedProperties
            or SchemaKeyword.ContentSchema => SchemaHolding.One,
            SchemaKeyword.PrefixItems
            or SchemaKeyword.AllOf
            or SchemaKeyword.AnyOf
            or SchemaKeyword.OneOf
            or SchemaKeyword.Properties
            or SchemaKeyword.PatternProperties
            or SchemaKeyword.Defs
            or SchemaKeyword.Definitions
            or SchemaKeyword.DependentSchemas => SchemaHolding.Several,
            _ => SchemaHolding.None,
        };

    private static string Written(SchemaKeyword keyword)
    {
        string name = keyword.ToString();
        name = char.ToLowerInvariant(name[0]) + name[1..];
        return keyword switch
        {
            SchemaKeyword.None => "",
            SchemaKeyword.Id
            or SchemaKeyword.Schema
            or SchemaKeyword.Ref
            or SchemaKeyword.DynamicRef
            or SchemaKeyword.RecursiveRef
            or SchemaKeyword.Defs => "$" + name,
            SchemaKeyword.OnUnknown
            or SchemaKeyword.Unit
            or SchemaKeyword.Semantics
            or SchemaKeyword.ClassOrder
            or SchemaKeyword.Transport => "x-" + name,
            _ => name,
        };
    }

    private static byte[] Table()
    {
        byte[] slots = new byte[256];
        for (int keyword = 1; keyword < Count; keyword++)
        {
            int at = (int)Known[keyword].Hash & (slots.Length - 1);
            while (slots[at] != 0)
            {
                at = (at + 1) & (slots.Length - 1);
            }

            slots[at] = (byte)keyword;
        }

        return slots;
    }

    private static ulong Hash(string name) => JsonView.Hash(Utf8(name));

    private static byte[] Utf8(string name) => Encoding.UTF8.GetBytes(name);
}

/// <summary>How a keyword holds schemas.</summary>
internal enum SchemaHolding : byte
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Its value is one.</summary>
    One,

    /// <summary>Its value is a list or an object of them.</summary>
    Several,
}
