using System.CommandLine;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary><c>warm</c>: starts a release and replays recorded requests, without moving any traffic.</summary>
internal static class WarmCommand
{
    private static readonly TimeSpan LongestWarmUp = TimeSpan.FromMinutes(10);

    public static Command Build(CliRunner run)
    {
        var service = new Argument<string>("SERVICE");
        var to = new Option<string>("--to") { Required = true, Description = "The release to warm" };
        var requests = new Option<FileInfo?>("--requests")
        {
            Description =
                "Recorded requests to replay: NDJSON as 'journal query -o json' writes it, or a .tfrecord "
                + "of TensorFlow Serving's PredictionLog; default the journal's",
        };
        return run.Handle(
            new Command("warm", "Start a release and warm it with recorded requests") { service, to, requests },
            async session =>
            {
                string name = session.Parse.GetValue(service)!;
                string release = session.Parse.GetValue(to)!;
                if (session.OnlyDry($"warm {name}/{release}"))
                {
                    return ExitCodes.Ok;
                }

                session.Api.Timeout = session.Timeout ?? LongestWarmUp;
                using HttpContent recorded = Content(session.Parse.GetValue(requests));
                WarmView view = await session.Api.PostAsync(
                    $"/api/v1/services/{Uri.EscapeDataString(name)}:warm?to={Uri.EscapeDataString(release)}",
                    recorded,
                    ProtocolJson.Lenient.WarmView,
                    session.Cancel
                );
                session.Output.One(view, ProtocolJson.Default.WarmView, v => $"{v.Service}/{v.Release}", Show);
                return view.Converged && view.Findings.Count == 0 ? ExitCodes.Ok : ExitCodes.Refused;
            }
        );
    }

    private static HttpContent Content(FileInfo? file)
    {
        if (file is null)
        {
            return new ByteArrayContent([]);
        }

        bool records = file.Extension is ".tfrecord" or ".tfrecords";
        HttpContent content = new ByteArrayContent(File.ReadAllBytes(file.FullName));
        content.Headers.ContentType = new(records ? "application/x-tfrecord" : "application/x-ndjson");
        return content;
    }

    private static void Show(TextWriter output, WarmView view)
    {
        string converged = view.Converged ? "converged" : "not converged";
        output.WriteLine($"{view.Service}/{view.Release}: {view.Requests} requests, {view.Failed} failed, {converged}");
        output.WriteLine(
            FormattableString.Invariant($"latency p50 {view.LatencyMsP50:0.0} ms, p99 {view.LatencyMsP99:0.0} ms")
        );
        foreach (WarmWindowView window in view.Windows)
        {
            output.WriteLine(
                FormattableString.Invariant(
                    $"  window {window.Number}: p95 {window.LatencyMsP95:0.0} ms, stable {window.StableLatencyMsP95:0.0} ms"
                )
                    + $", {window.Failed} of {window.Requests} failed"
                    + (window.Pace == 0 ? "" : $", slowed down {window.Pace} times for stable's callers")
            );
        }

        LatencyPlot.Write(output, [.. view.Windows.Select(w => (w.LatencyMsP95, w.StableLatencyMsP95))]);
        foreach (string finding in view.Findings)
        {
            output.WriteLine(finding);
        }
    }
}
