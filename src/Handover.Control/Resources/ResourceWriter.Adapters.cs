using System.Text.Json;
using Handover.Core.Catalog;

namespace Handover.Control.Resources;

/// <summary>Adapters as canonical JSON: apart, because they are the one part of a release with two forms.</summary>
public static partial class ResourceWriter
{
    private static void WriteAdapter(Utf8JsonWriter json, OutputAdapter? adapter)
    {
        if (adapter is null)
        {
            return;
        }

        json.WriteStartObject("adapter");
        json.WriteStartObject("output");
        if (adapter is OutputAdapter.Query query)
        {
            json.WriteString("jmespath", query.JmesPath);
            Tensors(json, "emits", query.Emits);
        }
        else
        {
            json.WriteStartArray("tensors");
            foreach (TensorStep step in ((OutputAdapter.Tensors)adapter).Steps)
            {
                WriteStep(json, step);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteStep(Utf8JsonWriter json, TensorStep step)
    {
        json.WriteStartObject();
        json.WriteString("tensor", step.Tensor);
        WriteIf(json, "rename", step.Rename);
        WriteIf(json, "cast", step.Cast);
        if (step.Scale is { } scale)
        {
            json.WriteNumber("scale", scale);
        }

        if (step.Reorder is { } order)
        {
            json.WriteStartArray("reorder");
            foreach (int place in order)
            {
                json.WriteNumberValue(place);
            }

            json.WriteEndArray();
        }

        WriteIf(json, "unit", step.Unit);
        WriteIf(json, "semantics", step.Semantics);
        WriteIf(json, "reference", step.Reference);
        if (step.Drop)
        {
            json.WriteBoolean("drop", true);
        }

        json.WriteEndObject();
    }
}
