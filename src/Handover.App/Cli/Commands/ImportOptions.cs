using System.CommandLine;

namespace Handover.App.Cli.Commands;

/// <summary>What <c>contracts import</c> is told.</summary>
internal sealed class ImportOptions
{
    public Argument<string> From { get; } =
        new("FROM")
        {
            Description =
                "MLmodel file or its folder, .onnx file, JSON of Open Inference metadata or of a Feast registry, or the "
                + "address of a served model (http://HOST/v2/models/NAME)",
        };

    public Option<string> Kind { get; } = Choice("--as", "What to write", "release", "consumer");

    public Option<string?> Service { get; } = new("--service") { Description = "The service it belongs to" };

    public Option<string?> Name { get; } = new("--name") { Description = "Name of the release or consumer" };

    public Option<string> Role { get; } =
        Choice("--role", "What the consumer is", "decision", "storage", "monitoring", "gateway");

    public Option<string?> Endpoint { get; } =
        new("--endpoint") { Description = "Address of the server of the model, or of the feature server" };

    public Option<string?> FeatureService { get; } =
        new("--feature-service") { Description = "Feast: only the views and fields that this feature service needs" };

    public Option<string?> Probe { get; } =
        new("--probe") { Description = "Feast: join key and keys to ask for, as KEY=VALUE,VALUE" };

    public Option<string> Protocol { get; } =
        Choice("--protocol", "MLflow: who serves it, MLServer or MLflow itself", "open-inference", "json");

    private static Option<string> Choice(string name, string description, params string[] values)
    {
        var option = new Option<string>(name)
        {
            Description = $"{description}: {string.Join(" or ", values)}",
            DefaultValueFactory = _ => values[0],
        };
        option.AcceptOnlyFromAmong(values);
        return option;
    }
}
