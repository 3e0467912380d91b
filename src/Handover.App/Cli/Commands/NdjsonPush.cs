using System.CommandLine;
using System.Net.Http.Headers;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary>A verb that sends lines of NDJSON to the node and tells which of them were not taken, and why.</summary>
/// <param name="What">What the lines are, in the plural.</param>
/// <param name="Target">What they are sent to, as the name of the argument.</param>
/// <param name="Fields">The fields of a line, for the help.</param>
/// <param name="Route">The path of the API, from the escaped target.</param>
internal sealed record NdjsonPush(string What, string Target, string Fields, Func<string, string> Route)
{
    public Command Build(CliRunner run)
    {
        var target = new Argument<string>(Target);
        var file = new Argument<string>("FILE") { Description = $"NDJSON with {Fields}; - for standard input" };
        return run.Handle(
            new Command("push", $"Push {What}") { target, file },
            async session =>
            {
                string name = session.Parse.GetValue(target)!;
                string path = session.Parse.GetValue(file)!;
                if (session.OnlyDry($"push the {What} in {path} to {name}"))
                {
                    return ExitCodes.Ok;
                }

                using HttpContent content =
                    path == "-"
                        ? new StringContent(await session.Host.In.ReadToEndAsync(session.Cancel))
                        : new StreamContent(File.OpenRead(path));
                content.Headers.ContentType = new MediaTypeHeaderValue(MediaTypes.NdJson);
                LabelReceipt receipt = await session.Api.PostAsync(
                    Route(Uri.EscapeDataString(name)),
                    content,
                    ProtocolJson.Lenient.LabelReceipt,
                    session.Cancel
                );
                return Tell(session, path, receipt);
            }
        );
    }

    private static int Tell(CliSession session, string path, LabelReceipt receipt)
    {
        session.Output.One(
            receipt,
            ProtocolJson.Default.LabelReceipt,
            r => $"{r.Accepted}",
            (output, r) =>
                output.WriteLine(
                    $"accepted {r.Accepted} ({r.Waiting} waiting), duplicate {r.Duplicate}, "
                        + $"conflicting {r.Conflicting}, rejected {r.Rejected}"
                )
        );
        foreach (LineError error in receipt.Errors)
        {
            session.Say($"{path}:{error.Line}: {error.Detail}");
        }

        return receipt.Rejected > 0 ? ExitCodes.Failed : ExitCodes.Ok;
    }
}
