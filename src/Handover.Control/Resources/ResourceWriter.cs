using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Handover.Core.Catalog;
using Handover.Core.Foundation;

namespace Handover.Control.Resources;

/// <summary>
/// Writes a resource in its one canonical form, with every default spelt out: the same resource gives the same bytes.
/// The form is read back by <see cref="ResourceReader"/> as the same resource, so it is also how the catalogue is
/// stored.
/// </summary>
public static partial class ResourceWriter
{
    /// <summary>Canonical JSON on one line.</summary>
    public static string ToJson(Resource resource) => JsonText.Write(json => Write(json, resource));

    /// <summary>The same as block YAML, as a person would write it.</summary>
    public static string ToYaml(Resource resource) => YamlText.Of(ToJson(resource));

    /// <summary>
    /// Identifies the content: the first 16 bytes of the canonical form's SHA-256, as lower-case hex.
    /// </summary>
    public static string Etag(Resource resource) => EtagOf(ToJson(resource));

    internal static string EtagOf(string canonical) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)).AsSpan(0, 16));

    private static void Write(Utf8JsonWriter json, Resource resource)
    {
        json.WriteStartObject();
        json.WriteString("apiVersion", SupportedFields.ApiVersion);
        json.WriteString("kind", NameMaps.Kind.Of(resource.Key.Kind));
        json.WriteStartObject("metadata");
        json.WriteString("name", resource.Key.Name);
        if (resource.Key.Service is { } service)
        {
            json.WriteString("service", service);
        }

        json.WriteEndObject();
        json.WriteStartObject("spec");
        switch (resource)
        {
            case Resource.OfService x:
                ServiceSpec(json, x.Value);
                break;
            case Resource.OfRelease x:
                ReleaseSpec(json, x.Value);
                break;
            case Resource.OfConsumer x:
                ConsumerSpec(json, x.Value);
                break;
            case Resource.OfFeatureView x:
                FeatureViewSpec(json, x.Value);
                break;
            case Resource.OfSegment x:
                json.WritePropertyName("when");
                RuleCodec.Write(json, x.Value.When);
                break;
            case Resource.OfRollout x:
                RolloutSpec(json, x.Value);
                break;
            default:
                Invariant.Unreachable<int>($"no written form for {resource}");
                break;
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void ConsumerSpec(Utf8JsonWriter json, Consumer consumer)
    {
        json.WriteString("role", NameMaps.Role.Of(consumer.Role));
        Tensors(json, "accepts", consumer.Accepts);
        json.WriteString("acknowledge", consumer.AcknowledgeRequired ? "required" : "automatic");
        if (consumer.Notify is { } notify)
        {
            json.WriteStartObject("notify");
            json.WriteString("url", notify.Url.OriginalString);
            json.WriteString("secretFile", notify.SecretFile);
            json.WriteEndObject();
        }

        if (consumer.Monitors is { } monitors)
        {
            MonitorSpec(json, monitors);
        }
    }

    private static void MonitorSpec(Utf8JsonWriter json, MonitorSpec monitors)
    {
        json.WriteStartObject("monitors");
        json.WriteStartArray("metrics");
        foreach (MonitoredMetric metric in monitors.Metrics)
        {
            json.WriteStartObject();
            json.WriteString("name", metric.Name);
            json.WriteString("output", metric.Output);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("references");
        foreach (MonitoredReference reference in monitors.References)
        {
            json.WriteStartObject();
            json.WriteString("output", reference.Output);
            json.WriteString("distribution", reference.Distribution);
            if (reference.Shape is { } shape)
            {
                WriteNumbers(json, "edges", shape.Edges);
                WriteNumbers(json, "shares", shape.Shares);
                json.WriteNumber("most", shape.Most);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IReadOnlyList<double> numbers)
    {
        json.WriteStartArray(name);
        foreach (double number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }

    private static void FeatureViewSpec(Utf8JsonWriter json, FeatureView view)
    {
        json.WriteStartArray("versions");
        foreach (FeatureViewVersion version in view.Versions)
        {
            json.WriteStartObject();
            json.WriteNumber("version", version.Version);
            json.WriteStartArray("fields");
            foreach (FeatureField field in version.Fields)
            {
                json.WriteStartObject();
                json.WriteString("name", field.Name);
                json.WriteString("datatype", field.Datatype);
                WriteRange(json, field.Range);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (version.Freshness is { } freshness)
            {
                json.WriteString("freshness", Units.Duration(freshness));
            }

            WriteSource(json, version.Source);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Tensors(Utf8JsonWriter json, string name, Signature? signature)
    {
        if (signature is null)
        {
            return;
        }

        json.WriteStartObject(name);
        if (signature.Document is { } document)
        {
            string kind = document.Kind == ContractDocumentKind.Pact ? "pact" : "schema";
            json.WriteString(kind, document.File);
            json.WriteString(kind + "Text", document.Text);
            json.WriteEndObject();
            return;
        }

        json.WriteStartArray("tensors");
        foreach (TensorSpec tensor in signature.Tensors)
        {
            json.WriteStartObject();
            json.WriteString("name", tensor.Name);
            json.WriteString("datatype", tensor.Datatype);
            json.WriteStartArray("shape");
            foreach (long size in tensor.Shape)
            {
                json.WriteNumberValue(size);
            }

            json.WriteEndArray();
            WriteIf(json, "unit", tensor.Unit);
            WriteRange(json, tensor.Range);
            if (tensor.Labels is { } labels)
            {
                json.WriteStartArray("labels");
                foreach (string label in labels.Order(StringComparer.Ordinal))
                {
                    json.WriteStringValue(label);
                }

                json.WriteEndArray();
            }

            WriteIf(json, "semantics", tensor.Semantics);
            WriteIf(json, "reference", tensor.Reference);
            WriteIf(json, "as", tensor.As == OutputKind.Auto ? null : NameMaps.Output.Of(tensor.As));
            if (tensor.Optional)
            {
                json.WriteBoolean("optional", true);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteRange(Utf8JsonWriter json, ValueRange? range)
    {
        if (range is not null)
        {
            json.WriteStartArray("range");
            json.WriteNumberValue(range.Min);
            json.WriteNumberValue(range.Max);
            json.WriteEndArray();
        }
    }

    private static void WriteSource(Utf8JsonWriter json, FeatureSource? source)
    {
        if (source is FeatureSource.File file)
        {
            json.WriteString("file", file.Path);
        }
        else if (source is FeatureSource.Store store)
        {
            json.WriteString("url", store.Url.OriginalString);
            json.WriteStartObject("probe");
            json.WriteString("key", store.Key);
            WriteTexts(json, "values", store.Probe);
            json.WriteEndObject();
        }
    }

    private static void WriteIf(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
