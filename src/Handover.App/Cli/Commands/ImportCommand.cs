using System.CommandLine;
using Handover.Control.Import;
using Handover.Control.Resources;
using Handover.Core.Catalog;
using Handover.Core.Foundation;

namespace Handover.App.Cli.Commands;

/// <summary>
/// <c>contracts import</c>: resources from what other tools already know. Data goes to the output, and what could not
/// be carried over is told beside it, so that a pipe into a file holds only what is declared.
/// </summary>
internal static class ImportCommand
{
    public static Command Build(CliRunner run)
    {
        var options = new ImportOptions();
        var command = new Command(
            "import",
            "Write resources from an MLflow model, an ONNX file, Open Inference metadata or a Feast registry"
        )
        {
            options.From,
            options.Kind,
            options.Service,
            options.Name,
            options.Role,
            options.Endpoint,
            options.FeatureService,
            options.Probe,
            options.Protocol,
        };
        return run.Handle(
            command,
            async session =>
            {
                Result<ImportedText> read = await ImportSource.ReadAsync(options, session);
                Result<(string Yaml, IReadOnlyList<string> Notes)> written = read.Ok
                    ? Write(read.Value, options, session)
                    : Result<(string, IReadOnlyList<string>)>.Failed(read.Problems);
                if (!written.Ok)
                {
                    foreach (Problem problem in written.Problems)
                    {
                        session.Say($"error: {problem}");
                    }

                    return ExitCodes.Failed;
                }

                foreach (string note in written.Value.Notes)
                {
                    session.Say($"note: {note}.");
                }

                await session.Host.Out.WriteAsync(written.Value.Yaml);
                return ExitCodes.Ok;
            }
        );
    }

    private static Result<(string Yaml, IReadOnlyList<string> Notes)> Write(
        ImportedText read,
        ImportOptions options,
        CliSession session
    )
    {
        if (read.Views is { } views)
        {
            return Checked([.. views.Views.Select(v => new Resource.OfFeatureView(v))], views.Notes);
        }

        ImportedModel model = read.Model!;
        string service = session.Parse.GetValue(options.Service) ?? "";
        string name = session.Parse.GetValue(options.Name) ?? "";
        if (service.Length == 0 || name.Length == 0)
        {
            return new Problem("missing-option", "a release or a consumer needs --service and --name.");
        }

        if (session.Parse.GetValue(options.Kind) == "consumer")
        {
            return model.Output is { } accepts
                ? Checked(
                    [new Resource.OfConsumer(new Consumer(name, service, Role(), accepts))],
                    [
                        .. model.Notes,
                        "the consumer accepts exactly what this model answers; loosen what it can live without",
                    ]
                )
                : new Problem("no-output", "it does not say what the model answers, so there is nothing to accept.");
        }

        ConsumerRole Role() => Enum.Parse<ConsumerRole>(session.Parse.GetValue(options.Role)!, ignoreCase: true);

        if (read.Member is not { } member)
        {
            return new Problem("no-member", "it does not say what serves the model.")
            {
                Fix = "Give --endpoint URL, or --as consumer.",
            };
        }

        var release = new Release
        {
            Name = name,
            Service = service,
            Members = new Dictionary<string, Member> { ["model"] = member },
            Input = model.Input,
            Output = model.Output,
        };
        return Checked([new Resource.OfRelease(release)], model.Notes);
    }

    // What is written is what the reader takes; anything else is refused here and not on the day it is applied.
    private static Result<(string Yaml, IReadOnlyList<string> Notes)> Checked(
        IReadOnlyList<Resource> resources,
        IReadOnlyList<string> notes
    )
    {
        string yaml = string.Join("---\n", resources.Select(ResourceWriter.ToYaml));
        Result<ResourceSet> back = ResourceReader.Read(yaml, "(imported)");
        return back.Ok ? (yaml, notes) : Result<(string, IReadOnlyList<string>)>.Failed(back.Problems);
    }
}
