using System.CommandLine;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary><c>warm</c>: starts a release and replays recorded requests, without moving any traffic.</summary>
internal static class WarmCommand
{
    private static readonly TimeSpan LongestWarmUp = TimeSpan.FromMinutes(10);

    private const string ToEndOfLine = "\u001b[K";

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

                using HttpContent recorded = Content(session.Parse.GetValue(requests));
                TimeSpan longest = session.Timeout ?? LongestWarmUp;
                using var limited = CancellationTokenSource.CreateLinkedTokenSource(session.Cancel);
                limited.CancelAfter(longest);
                WarmView? whole;
                try
                {
                    whole = await RunAsync(session, name, release, recorded, limited.Token);
                }
                catch (OperationCanceledException) when (!session.Cancel.IsCancellationRequested)
                {
                    session.Say($"error: not warm within {Durations.Text(longest)}; give it longer with --timeout.");
                    return ExitCodes.TimedOut;
                }

                if (whole is not { } view)
                {
                    return ExitCodes.Failed;
                }

                session.Output.One(view, ProtocolJson.Default.WarmView, v => $"{v.Service}/{v.Release}", Show);
                return view.Converged && view.Findings.Count == 0 ? ExitCodes.Ok : ExitCodes.Refused;
            }
        );
    }

    // Each window as it ends: a bar that is drawn over on a terminal, a line elsewhere. Both go to standard error.
    private static async Task<WarmView?> RunAsync(
        CliSession session,
        string name,
        string release,
        HttpContent recorded,
        CancellationToken cancel
    )
    {
        string path = $"/api/v1/services/{Uri.EscapeDataString(name)}:warm?to={Uri.EscapeDataString(release)}";
        bool bar = session.Interactive && session.Output.Format == OutputFormat.Table && !Console.IsErrorRedirected;
        var curve = new List<double>();
        WarmView? whole = null;
        await foreach (WarmLine line in session.Api.LinesAsync(path, recorded, ProtocolJson.Lenient.WarmLine, cancel))
        {
            whole = line.View ?? whole;
            if (line.Window is { } window)
            {
                curve.Add(window.LatencyMsP95);
                await session.Host.Err.WriteAsync(bar ? $"\r{Bar(window, curve)}{ToEndOfLine}" : $"{Line(window)}\n");
                await session.Host.Err.FlushAsync(cancel);
            }
            else if (line.Trouble is { } trouble)
            {
                session.Say($"error: {trouble}");
                return null;
            }
        }

        if (bar && curve.Count > 0)
        {
            await session.Host.Err.WriteLineAsync();
        }

        if (whole is null)
        {
            session.Say("error: the node ended before the warm-up did; the release is not known to be warm.");
        }

        return whole;
    }

    private static string Line(WarmWindowView window) =>
        FormattableString.Invariant(
            $"window {window.Number}: p95 {window.LatencyMsP95:0.0} ms, stable {window.StableLatencyMsP95:0.0} ms"
        )
        + $", {window.Failed} of {window.Requests} failed"
        + (window.Pace == 0 ? "" : $", slowed down {window.Pace} times for stable's callers");

    // How far p95 has come towards stable's, which is where it may end; the curve beside it is the last 12 windows.
    // Short enough for 80 columns: a line that wraps cannot be drawn over.
    private static string Bar(WarmWindowView window, List<double> curve)
    {
        const int width = 16;
        double part = window.LatencyMsP95 <= 0 ? 1 : Math.Clamp(window.StableLatencyMsP95 / window.LatencyMsP95, 0, 1);
        int full = (int)Math.Round(part * width);
        string bar = new string('█', full) + new string('░', width - full);
        return FormattableString.Invariant(
            $"warming [{bar}] {Sparkline(curve)} p95 {window.LatencyMsP95:0.0}, stable {window.StableLatencyMsP95:0.0}"
        );
    }

    private static string Sparkline(List<double> curve)
    {
        const string marks = "▁▂▃▄▅▆▇█";
        List<double> last = [.. curve.TakeLast(12)];
        double top = Math.Max(last.Max(), 0.1);
        return string.Concat(last.Select(v => marks[(int)Math.Min(7, v / top * 7)]));
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
            output.WriteLine($"  {Line(window)}");
        }

        LatencyPlot.Write(output, [.. view.Windows.Select(w => (w.LatencyMsP95, w.StableLatencyMsP95))]);
        foreach (string finding in view.Findings)
        {
            output.WriteLine(finding);
        }
    }
}
