using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Handover.Core.Catalog;
using Handover.Core.Foundation;

namespace Handover.Control.Stores;

/// <summary>
/// How domain values are written into our own stores. Core knows nothing of it: closed families are recognised by their
/// nesting, so a new event needs no registration. Renaming one breaks old files; <c>CoreJsonTests</c> holds the names.
/// </summary>
public static class CoreJson
{
    /// <summary>Options for everything that stores keep.</summary>
    public static JsonSerializerOptions Options { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        var resolver = new DefaultJsonTypeInfoResolver();
        resolver.Modifiers.Add(NameTheFamily);
        return new JsonSerializerOptions
        {
            TypeInfoResolver = resolver,
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
            Converters =
            {
                new JsonStringEnumConverter(),
                new ShareConverter(),
                new RatioConverter(),
                new RuleConverter(),
            },
        };
    }

    private static void NameTheFamily(JsonTypeInfo info)
    {
        bool family = info.Kind == JsonTypeInfoKind.Object && info.Type.IsAbstract;
        if (!family || info.Type.Assembly != typeof(Rule).Assembly)
        {
            return;
        }

        info.PolymorphismOptions = new JsonPolymorphismOptions { TypeDiscriminatorPropertyName = "$kind" };
        foreach (Type nested in info.Type.GetNestedTypes().Where(t => t.IsSubclassOf(info.Type)))
        {
            info.PolymorphismOptions.DerivedTypes.Add(
                new JsonDerivedType(nested, JsonNamingPolicy.CamelCase.ConvertName(nested.Name))
            );
        }
    }

    private sealed class ShareConverter : JsonConverter<Share>
    {
        public override Share Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            new(reader.GetInt32());

        public override void Write(Utf8JsonWriter writer, Share value, JsonSerializerOptions options) =>
            writer.WriteNumberValue(value.Parts);
    }

    private sealed class RatioConverter : JsonConverter<Ratio>
    {
        public override Ratio Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            new(reader.GetDouble());

        public override void Write(Utf8JsonWriter writer, Ratio value, JsonSerializerOptions options) =>
            writer.WriteNumberValue(value.Value);
    }

    private sealed class RuleConverter : JsonConverter<Rule>
    {
        public override Rule Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
        {
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            Result<Rule> rule = RuleCodec.Parse(document.RootElement);
            return rule.Ok ? rule.Value : throw new JsonException(rule.Problems[0].ToString());
        }

        public override void Write(Utf8JsonWriter writer, Rule value, JsonSerializerOptions options) =>
            RuleCodec.Write(writer, value);
    }
}
