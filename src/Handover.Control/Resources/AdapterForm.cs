using System.Globalization;
using Handover.Core.Catalog;
using Handover.Core.Contracts.Adapters;
using Handover.Core.Foundation;

namespace Handover.Control.Resources;

/// <summary>The <c>spec.adapter</c> of a release; whether it fits the declared output is checked here, too.</summary>
internal static class AdapterForm
{
    private const int MaxPlaces = 100_000;

    public static OutputAdapter? Read(FieldCursor? map, Signature? output)
    {
        if (map?.Map("output") is not { } form)
        {
            return null;
        }

        if (form.Has("jmespath") == form.Has("tensors"))
        {
            form.Bad("missing-field", form.Node, "jmespath", "one of jmespath and tensors is needed.");
            return null;
        }

        OutputAdapter? adapter = form.Has("tensors") ? Tensors(form) : Query(form);
        if (adapter is null)
        {
            return null;
        }

        string field = form.Has("tensors") ? "tensors" : "jmespath";
        Problem[] problems =
        [
            .. AnswerAdapter.Compile(adapter).Problems,
            .. AdaptedOutput.Of(output, adapter).Problems,
        ];
        foreach (Problem problem in problems)
        {
            form.Bad(problem.Code, form.Find(field)!, field, $"{problem.Message}.", problem.Fix);
        }

        return problems.Length == 0 ? adapter : null;
    }

    private static OutputAdapter.Query? Query(FieldCursor form)
    {
        string text = form.Text("jmespath");
        if (form.Map("emits") is { } emits)
        {
            return SignatureForm.Read(emits) is { } signature ? new OutputAdapter.Query(text, signature) : null;
        }

        const string Message = "a query does not say what comes out of it.";
        form.Bad("missing-field", form.Node, "emits", Message, "Declare it with a schema or tensors.");
        return null;
    }

    private static OutputAdapter.Tensors Tensors(FieldCursor form)
    {
        if (form.Has("emits"))
        {
            form.Bad("unknown-field", form.Find("emits")!, "emits", "goes with jmespath; for tensors it is computed.");
        }

        var steps = new List<TensorStep>();
        foreach (FieldCursor map in form.Maps("tensors"))
        {
            var step = new TensorStep(map.Text("tensor"))
            {
                Rename = map.TextOrNull("rename"),
                Cast = map.Has("cast") ? map.Choice("cast", "") : null,
                Scale = map.Has("scale") ? (double)map.Number("scale", 1, decimal.MinValue) : null,
                Reorder = map.Has("reorder") ? Places(map) : null,
                Unit = map.TextOrNull("unit"),
                Semantics = map.TextOrNull("semantics"),
                Reference = map.TextOrNull("reference"),
                Drop = map.Flag("drop", false),
            };
            if (step.Tensor.Length > 0 && steps.Exists(s => s.Tensor == step.Tensor))
            {
                map.Bad("duplicate-name", map.Find("tensor")!, "tensor", $"'{step.Tensor}' has a step already.");
            }

            if (step.Drop && map.Node.Fields.Count > 2)
            {
                map.Bad("unknown-field", map.Node, "drop", "a tensor that is dropped takes no other change.");
            }

            steps.Add(step);
        }

        if (steps.Count == 0 && form.Find("tensors") is YamlNode.List { Items.Count: 0 } empty)
        {
            form.Bad("empty-list", empty, "tensors", "needs at least one step.");
        }

        return new OutputAdapter.Tensors(steps);
    }

    private static List<int> Places(FieldCursor map)
    {
        var places = new List<int>();
        foreach ((string text, YamlNode node) in map.Numbers("reorder"))
        {
            if (int.TryParse(text, CultureInfo.InvariantCulture, out int place) && place is >= 0 and < MaxPlaces)
            {
                places.Add(place);
            }
            else
            {
                map.Bad("out-of-range", node, "reorder", $"{text} is not a place.", "Places count from 0.");
            }
        }

        return places;
    }
}
