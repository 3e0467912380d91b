using System.Text.RegularExpressions;

namespace Handover.Core.Contracts.Schemas;

/// <summary>
/// One compiled schema: its keywords as fields, its references as pointers to other nodes. Written once by the
/// compiler, never changed afterwards, so that any number of requests may read it.
/// </summary>
internal sealed class SchemaNode
{
    /// <summary>The URI of the resource that it was written in; empty when it was not written.</summary>
    public required string Address { get; init; }

    /// <summary>Where it was written: the URI with a JSON pointer. Computed when somebody asks: few do.</summary>
    public string Location => $"{Address}#{Source.Text.View.Pointer(Source.At)}";

    /// <summary>The schema resource it belongs to, for dynamic references.</summary>
    public required int Resource { get; init; }

    /// <summary>The schema as it was written, for keywords that only the compatibility rules read.</summary>
    public required JsonValue Source { get; init; }

    /// <summary>A schema that everything fits.</summary>
    public static SchemaNode True { get; } =
        new()
        {
            Address = "true",
            Resource = 0,
            Source = new JsonValue(JsonText.Read("true"u8, "true").Value, 0),
            Always = true,
        };

    /// <summary>The answer of a boolean schema; null for others.</summary>
    public bool? Always { get; set; }

    public JsonTypes Types { get; set; } = JsonTypes.All;
    public JsonValue? Const { get; set; }
    public IReadOnlyList<JsonValue>? Enum { get; set; }

    /// <summary>
    /// Whether texts outside of <see cref="Enum"/> are read as some known label (<c>x-onUnknown</c>).
    /// </summary>
    public bool ReadsUnknownLabels { get; set; }

    public JsonDecimal? Minimum { get; set; }
    public JsonDecimal? Maximum { get; set; }
    public JsonDecimal? ExclusiveMinimum { get; set; }
    public JsonDecimal? ExclusiveMaximum { get; set; }
    public JsonDecimal? MultipleOf { get; set; }

    public long MinLength { get; set; }
    public long MaxLength { get; set; } = long.MaxValue;
    public Regex? Pattern { get; set; }
    public string? PatternText { get; set; }
    public StringFormat? Format { get; set; }

    /// <summary>Whether <see cref="Format"/> refuses; otherwise it only describes.</summary>
    public bool FormatAsserts { get; set; }

    public SchemaNode[] PrefixItems { get; set; } = [];
    public SchemaNode? Items { get; set; }
    public SchemaNode? Contains { get; set; }
    public long MinContains { get; set; } = 1;
    public long MaxContains { get; set; } = long.MaxValue;
    public long MinItems { get; set; }
    public long MaxItems { get; set; } = long.MaxValue;
    public bool UniqueItems { get; set; }

    public PropertyTable Properties { get; set; } = PropertyTable.Empty;
    public (Regex Pattern, string Text, SchemaNode Schema)[] PatternProperties { get; set; } = [];
    public SchemaNode? AdditionalProperties { get; set; }
    public SchemaNode? PropertyNames { get; set; }
    public long MinProperties { get; set; }
    public long MaxProperties { get; set; } = long.MaxValue;
    public (string Name, string[] Needs)[] DependentRequired { get; set; } = [];
    public (string Name, SchemaNode Schema)[] DependentSchemas { get; set; } = [];

    public SchemaNode[] AllOf { get; set; } = [];
    public SchemaNode[] AnyOf { get; set; } = [];
    public SchemaNode[] OneOf { get; set; } = [];
    public SchemaNode? Not { get; set; }
    public SchemaNode? If { get; set; }
    public SchemaNode? Then { get; set; }
    public SchemaNode? Else { get; set; }

    public SchemaNode? Ref { get; set; }
    public SchemaNode? DynamicRef { get; set; }

    /// <summary>The anchor to look for in the dynamic scope; null when the reference is an ordinary one.</summary>
    public string? DynamicName { get; set; }

    public SchemaNode? UnevaluatedProperties { get; set; }
    public SchemaNode? UnevaluatedItems { get; set; }

    /// <summary>Whether it declares a unit, a meaning, an order of classes or a transport.</summary>
    public bool HasMeaning { get; set; }

    /// <summary>Whether anything is asked of numbers beyond their type.</summary>
    public bool AsksNumbers { get; private set; }

    /// <summary>Whether anything is asked of strings beyond their type.</summary>
    public bool AsksStrings { get; private set; }

    /// <summary>Whether another schema judges the same value.</summary>
    public bool AppliesInPlace { get; private set; }

    /// <summary>Whether a keyword asks what other keywords have looked at.</summary>
    public bool AsksUnevaluated { get; private set; }

    /// <summary>The texts of <see cref="Enum"/>, to be found by hash; empty when there is none.</summary>
    public PropertyTable Labels { get; private set; } = PropertyTable.Empty;

    /// <summary>To be called when every keyword was read: what is asked for each value is worked out once.</summary>
    public void Seal()
    {
        AsksNumbers =
            Minimum is not null
            || Maximum is not null
            || ExclusiveMinimum is not null
            || ExclusiveMaximum is not null
            || MultipleOf is not null;
        AsksStrings = MinLength > 0 || MaxLength < long.MaxValue || Pattern is not null || Format is not null;
        AppliesInPlace =
            Ref is not null
            || DynamicRef is not null
            || AllOf.Length > 0
            || AnyOf.Length > 0
            || OneOf.Length > 0
            || Not is not null
            || If is not null
            || DependentSchemas.Length > 0;
        AsksUnevaluated = UnevaluatedProperties is not null || UnevaluatedItems is not null;
        if (Enum is { } values)
        {
            Labels = new PropertyTable([
                .. values
                    .Where(v => v.Text.View.Tokens[v.At].Kind == JsonKind.String)
                    .Select(v => new PropertyTable.Entry(v.Text.View.String(v.At), null, false)),
            ]);
        }
    }
}

/// <summary>The types of JSON Schema as a set. A whole number is an integer however it is written.</summary>
[Flags]
internal enum JsonTypes : byte
{
    None = 0,
    Null = 1,
    Boolean = 2,
    Object = 4,
    Array = 8,
    String = 16,
    Integer = 32,

    /// <summary>Numbers with a fraction; <c>number</c> is both bits.</summary>
    Fraction = 64,
    Number = Integer | Fraction,
    All = 127,
}
