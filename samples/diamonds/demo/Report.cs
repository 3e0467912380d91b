using System.Globalization;
using System.Net;
using System.Text;
using Diamonds.Load;
using Handover.Protocol;

namespace Diamonds.Demo;

/// <summary>
/// The report of a run: the same facts as Markdown with pictures beside it and as one HTML file that holds all.
/// </summary>
public sealed class Report(
    DemoOptions options,
    Stage stage,
    Timeline timeline,
    LoadRun load,
    Judgement judged,
    IReadOnlyList<string> lines
)
{
    private const string Css = """
        body{font:15px/1.5 system-ui,sans-serif;color:#222;background:#fff}
        body{max-width:1080px;margin:2rem auto;padding:0 1rem}
        h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.2rem;border-bottom:1px solid #ddd;padding-bottom:.2rem}
        h3{font-size:1rem;margin:.6rem 0 .2rem}table{border-collapse:collapse;margin:.6rem 0}
        td,th{padding:.25rem .7rem;border-bottom:1px solid #e3e3e3;text-align:left;vertical-align:top}
        td:nth-child(-n+4){white-space:nowrap}th{background:#f5f5f5}
        .pictures{display:flex;flex-wrap:wrap;gap:12px}svg{max-width:100%;height:auto}
        pre{background:#f7f7f7;padding:.8rem;overflow:auto;font-size:12px}.verdict{font-size:1.1rem;font-weight:600}
        """;

    private readonly Plots plots = new(timeline);

    /// <summary>Writes <c>report.md</c>, <c>report.html</c> and the pictures.</summary>
    public async Task WriteAsync(CancellationToken stop)
    {
        Section[] sections = [.. Sections()];
        var markdown = new StringBuilder($"# Handover demo\n\n{Headline}\n");
        var html = new StringBuilder("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">")
            .Append("<title>Handover demo</title>")
            .Append($"<style>{Css}</style><h1>Handover demo</h1><p class=\"verdict\">{Escape(Headline)}</p>");
        foreach (Section section in sections)
        {
            markdown.Append($"\n## {section.Title}\n\n{section.Text}\n");
            html.Append($"<h2>{Escape(section.Title)}</h2><p>{Escape(section.Text)}</p>");
            Table(markdown, html, section);
            html.Append("<div class=\"pictures\">");
            foreach ((string name, string title, string svg) in section.Pictures)
            {
                await File.WriteAllTextAsync(Path.Combine(options.Output, $"{name}.svg"), svg, stop);
                markdown.Append($"\n![{title}]({name}.svg)\n");
                html.Append($"<div>{(title.Length > 0 ? $"<h3>{Escape(title)}</h3>" : "")}{svg}</div>");
            }

            html.Append("</div>");
        }

        string told = string.Join('\n', lines);
        markdown.Append($"\n## What was told while it ran\n\n```\n{told}\n```\n");
        html.Append($"<h2>What was told while it ran</h2><pre>{Escape(told)}</pre></html>");
        await File.WriteAllTextAsync(Path.Combine(options.Output, "report.md"), markdown.ToString(), stop);
        await File.WriteAllTextAsync(Path.Combine(options.Output, "report.html"), html.ToString(), stop);
    }

    private string Headline =>
        Text($"{judged.Requests:N0} requests, {judged.Failed} failed, {judged.Mixed} mixed, as the separate judge ")
        + $"counts from the client's and the model servers' logs{(options.Sabotage ? " (sabotaged)" : "")}.";

    private IEnumerable<Section> Sections()
    {
        yield return new Section("Shares over time", "Share of the answers by release, counted at the client.")
        {
            Pictures = [("shares", "", plots.Shares())],
        };
        yield return new Section("Latency per release", "From when a request was due to the last byte of its answer.")
        {
            Pictures = [("latency", "", plots.Latencies())],
        };
        yield return Stories();
        yield return new Section(
            "Evidence against threshold",
            "Each gate is a test that may be looked at all the time: harm is called where its line meets the threshold."
        )
        {
            Pictures = [.. plots.Evidence().Select(p => ($"evidence-{p.Rollout}", Title(p.Rollout), p.Svg))],
        };
        yield return Releases();
        yield return Moves();
        yield return Explanations();
    }

    private Section Stories() =>
        new("Stories", "Each rollout, how it had to end and how it did.")
        {
            Header = ["story", "rollout", "had to be", "was", "took", "why"],
            Rows =
            [
                .. stage.Outcomes.Select(o =>
                    (string[])
                        [
                            o.Name,
                            o.Rollout?.Id ?? "-",
                            o.Expected,
                            o.Ok ? o.Rollout!.State : $"NOT OK: {o.Problem ?? o.Rollout?.State}",
                            o.Rollout is { EndedAt: { } end } r
                                ? Text($"{(end - r.StartedAt).TotalSeconds:0.0}\u00a0s")
                                : "-",
                            string.Join("; ", (o.Rollout?.Reasons ?? []).Take(2)),
                        ]
                ),
            ],
        };

    private Section Releases()
    {
        IReadOnlyDictionary<string, ReleaseFigures> figures = load.Summary.Releases();
        return new Section("Releases", "Requests as both sides count them; error against the true price, in dollars.")
        {
            Header = ["release", "client", "model servers", "matched", "p50 ms", "p99 ms", "max ms", "mean error"],
            Rows =
            [
                .. judged.Releases.Select(r =>
                {
                    ReleaseFigures? f = figures.GetValueOrDefault(r.Key);
                    return (string[])
                        [
                            r.Key,
                            Text($"{r.Value.Client:N0}"),
                            Text($"{r.Value.Model:N0}"),
                            Text($"{r.Value.Matched:N0}"),
                            Text($"{f?.LatencyMsP50:0.0}"),
                            Text($"{f?.LatencyMsP99:0.0}"),
                            Text($"{f?.LatencyMsMax:0.0}"),
                            Text($"{f?.MeanAbsoluteError:N0}"),
                        ];
                }),
            ],
        };
    }

    private Section Moves() =>
        new("Moves and holds", "Each move of traffic, and how long requests were held for it, measured by the node.")
        {
            Header = ["rollout", "move"],
            Rows =
            [
                .. stage
                    .Outcomes.Where(o => o.Rollout is not null)
                    .SelectMany(o => Stage.Holds(o.Rollout!).Select(h => (string[])[o.Rollout!.Id, h.Text])),
                .. stage.Rollbacks.Select(r =>
                    (string[])
                        [
                            $"rollback of {r.From}",
                            $"command done in {Stage.Ms(r.Command)}; the last answer of {r.From} came "
                                + $"{Stage.Ms(r.LastAnswer)} after it was sent",
                        ]
                ),
            ],
        };

    private Section Explanations() =>
        new("One customer, explained", "What 'handover explain' says before, during and after the parallel rollout.")
        {
            Header = ["when", "customer", "release", "reason", "rule", "epoch", "latest answers"],
            Rows =
            [
                .. stage.Explanations.Select(e =>
                    (string[])
                        [
                            e.When,
                            e.View.Entity,
                            e.View.Release,
                            e.View.Reason,
                            e.View.Rule,
                            Text($"{e.View.Epoch}"),
                            string.Join(", ", e.View.Answers.Take(5).Select(a => $"{a.Release} (epoch {a.Epoch})")),
                        ]
                ),
            ],
        };

    private string Title(string rollout)
    {
        RolloutView? view = stage.Outcomes.FirstOrDefault(o => o.Rollout?.Id == rollout)?.Rollout;
        return view is null ? rollout : $"{rollout}: {view.From} -> {view.To}, {view.State}";
    }

    private static void Table(StringBuilder markdown, StringBuilder html, Section section)
    {
        if (section.Header.Count == 0)
        {
            return;
        }

        string rule = string.Concat(section.Header.Select(_ => "---|"));
        markdown.Append($"\n| {string.Join(" | ", section.Header)} |\n|{rule}\n");
        html.Append($"<table><tr>{string.Concat(section.Header.Select(h => $"<th>{Escape(h)}</th>"))}</tr>");
        foreach (string[] row in section.Rows)
        {
            markdown.Append($"| {string.Join(" | ", row.Select(c => c.Replace("|", "\\|")))} |\n");
            html.Append($"<tr>{string.Concat(row.Select(c => $"<td>{Escape(c)}</td>"))}</tr>");
        }

        html.Append("</table>");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Escape(string text) => WebUtility.HtmlEncode(text);

    private sealed record Section(string Title, string Text)
    {
        public IReadOnlyList<string> Header { get; init; } = [];

        public IReadOnlyList<string[]> Rows { get; init; } = [];

        public IReadOnlyList<(string Name, string Title, string Svg)> Pictures { get; init; } = [];
    }
}
