using System.CommandLine;
using System.Globalization;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary><c>rollout aa</c>: stable against itself, to see how often gates alarm where nothing is wrong.</summary>
internal static class TrialCommand
{
    public static Command Build(CliRunner run)
    {
        var service = new Argument<string>("SERVICE");
        var runs = new Option<int>("--runs") { DefaultValueFactory = _ => 200, Description = "Draws, 20 to 10000" };
        var file = new Option<string?>("--file", "-f") { Description = "A Rollout whose gates and shares are tried" };
        return run.Handle(
            new Command("aa", "Replay recorded traffic as stable against stable; exit 4 above alpha")
            {
                service,
                runs,
                file,
            },
            async session =>
            {
                string name = session.Parse.GetValue(service)!;
                string? path = session.Parse.GetValue(file);
                ManifestFile? manifest = path is null ? null : Manifests.Read(session, [path]).Single();
                (TrialView trial, _) = await session.Api.PostAsync(
                    $"/api/v1/services/{Uri.EscapeDataString(name)}:aa",
                    new TrialRequest { Runs = session.Parse.GetValue(runs), Manifest = manifest?.Text },
                    ProtocolJson.Default.TrialRequest,
                    ProtocolJson.Lenient.TrialView,
                    session.Cancel
                );
                session.Output.One(trial, ProtocolJson.Default.TrialView, t => $"{t.Rate}", Show);
                return trial.Low > trial.Alpha ? ExitCodes.Refused : ExitCodes.Ok;
            }
        );
    }

    private static void Show(TextWriter output, TrialView trial)
    {
        string Percent(double ratio) => (ratio * 100).ToString("0.##", CultureInfo.InvariantCulture) + "%";
        output.WriteLine(
            $"{trial.Release} against itself: {trial.Alarms} false rollbacks in {trial.Runs} runs, "
                + $"{Percent(trial.Rate)} [{Percent(trial.Low)}, {Percent(trial.High)}], alpha {Percent(trial.Alpha)}"
        );
        output.WriteLine(
            $"{trial.Replayed} recorded answers of {trial.Entities} entities, {trial.Labelled} labelled, "
                + $"{trial.Looks} looks per run at shares {string.Join(", ", trial.Shares.Select(GetCommand.Percent))}"
        );
        foreach ((string metric, long count) in trial.Culprits.OrderByDescending(c => c.Value))
        {
            output.WriteLine($"  {metric}: {count} alarms");
        }

        output.WriteLine(
            trial.Low > trial.Alpha
                ? "the gates alarm more often than promised: is the entity the unit at which things fail together?"
                : "no sign that the gates alarm more often than promised"
        );
    }
}
