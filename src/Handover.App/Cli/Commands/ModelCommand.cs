using System.CommandLine;
using System.Globalization;
using Handover.Core.Foundation;
using Handover.Runtimes.Onnx;

namespace Handover.App.Cli.Commands;

/// <summary><c>model serve</c> and <c>model inspect</c>: one ONNX file by itself.</summary>
internal static class ModelCommand
{
    public static Command Build(CliRunner run) => new("model", "One ONNX file by itself") { Serve(), Inspect(run) };

    /// <summary>Serving stands alone, because it is also found before the tree is built.</summary>
    public static Command Serve()
    {
        var file = new Argument<string>("FILE") { Description = "ONNX file" };
        var port = new Option<int>("--port") { Required = true, Description = "TCP port; 0 asks the system" };
        var seed = new Option<long>("--seed") { Description = "Seed of the faults" };
        var fault = new Option<FaultPlan>("--fault")
        {
            Description = "errors=5%,delay=80ms,stall=1%,slowstart=2s",
            DefaultValueFactory = _ => FaultPlan.None,
            CustomParser = result =>
            {
                Result<FaultPlan> plan = FaultPlan.Parse(result.Tokens.Count > 0 ? result.Tokens[0].Value : null);
                foreach (Problem problem in plan.Problems)
                {
                    result.AddError(problem.ToString());
                }

                return plan.Ok ? plan.Value : null;
            },
        };
        port.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > 65535)
            {
                result.AddError("--port must be from 0 to 65535.");
            }
        });
        var command = new Command("serve", "Serve it over Open Inference; a line of log per answer")
        {
            file,
            port,
            fault,
            seed,
        };
        command.SetAction(
            (parse, cancel) =>
                ModelServer.RunAsync(
                    new ModelServeOptions
                    {
                        File = parse.GetValue(file)!,
                        Port = parse.GetValue(port),
                        Fault = parse.GetValue(fault) ?? FaultPlan.None,
                        Seed = parse.GetValue(seed),
                    },
                    Console.Out,
                    cancel
                )
        );
        return command;
    }

    private static Command Inspect(CliRunner run)
    {
        var file = new Argument<string>("FILE") { Description = "ONNX file" };
        return run.Handle(
            new Command("inspect", "Show what a file says of itself") { file },
            async session =>
            {
                Result<ModelInspection> read = await ModelInspector.InspectAsync(
                    session.Parse.GetValue(file)!,
                    session.Cancel
                );
                if (!read.Ok)
                {
                    foreach (Problem problem in read.Problems)
                    {
                        session.Say($"error: {problem}");
                    }

                    return ExitCodes.Failed;
                }

                Write(session, read.Value);
                return ExitCodes.Ok;
            }
        );
    }

    private static void Write(CliSession session, ModelInspection model)
    {
        if (session.Output.Format is OutputFormat.Json or OutputFormat.Yaml)
        {
            session.Output.Document(
                System.Text.Json.JsonSerializer.SerializeToElement(
                    new
                    {
                        file = model.File,
                        bytes = model.Bytes,
                        sha256 = model.Sha256,
                        producer = model.Producer,
                        version = model.Version,
                        inputs = model.Inputs.Select(Tensor),
                        outputs = model.Outputs.Select(Tensor),
                        metadata = model.Metadata,
                    }
                )
            );
            return;
        }

        TextWriter output = session.Host.Out;
        OutputWriter.Fields(
            output,
            ("file", model.File),
            ("bytes", model.Bytes.ToString(CultureInfo.InvariantCulture)),
            ("sha256", model.Sha256),
            ("producer", model.Producer),
            ("version", model.Version)
        );
        foreach (
            (string side, IReadOnlyList<ModelTensor> tensors) in new[]
            {
                ("input", model.Inputs),
                ("output", model.Outputs),
            }
        )
        {
            foreach (ModelTensor tensor in tensors)
            {
                output.WriteLine($"{side} {tensor.Name}: {tensor.Datatype} [{string.Join(", ", tensor.Shape)}]");
            }
        }

        foreach ((string key, string value) in model.Metadata.OrderBy(m => m.Key, StringComparer.Ordinal))
        {
            output.WriteLine($"metadata {key}: {value}");
        }
    }

    private static object Tensor(ModelTensor t) =>
        new
        {
            name = t.Name,
            datatype = t.Datatype,
            shape = t.Shape,
        };
}
