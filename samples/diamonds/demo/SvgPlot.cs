using System.Globalization;
using System.Net;
using System.Text;

namespace Diamonds.Demo;

/// <summary>
/// A small plot: axes with round ticks, lines, areas, marks. Written by hand, so that the report is one file that needs
/// nothing from anywhere.
/// </summary>
public sealed class SvgPlot
{
    private const double Left = 58;
    private const double Right = 16;
    private const double Bottom = 42;
    private const double MarkRow = 14;
    private readonly StringBuilder body = new();
    private readonly List<(string Name, string Colour, string? Dash)> legend = [];
    private readonly double width;
    private readonly double height;
    private readonly double top;
    private readonly (double Low, double High) x;
    private readonly (double Low, double High) y;
    private readonly bool logarithmic;

    /// <summary>A plot with axes.</summary>
    public SvgPlot(PlotFrame frame)
    {
        (width, height, x, y) = (frame.Width, frame.Height, frame.X, frame.Y);
        logarithmic = frame.Logarithmic;
        top = 30 + (frame.MarkRows * MarkRow);
        Axes(frame);
    }

    /// <summary>A line; a value that is null breaks it.</summary>
    public void Line(string name, string colour, IEnumerable<(double X, double? Y)> points, bool dashed = false)
    {
        var path = new StringBuilder();
        bool pen = false;
        foreach ((double px, double? py) in points)
        {
            if (py is { } value)
            {
                path.Append(Text($"{(pen ? 'L' : 'M')}{X(px):0.#} {Y(value):0.#}"));
            }

            pen = py is not null;
        }

        string? dash = dashed ? "5 3" : null;
        string style = dash is null ? "" : $" stroke-dasharray=\"{dash}\"";
        body.AppendLine($"<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.8\"{style}/>");
        Legend(name, colour, dash);
    }

    /// <summary>The area between two curves.</summary>
    public void Area(string name, string colour, IReadOnlyList<(double X, double Low, double High)> points)
    {
        if (points.Count > 0)
        {
            IEnumerable<string> up = points.Select(p => Text($"{X(p.X):0.#} {Y(p.High):0.#}"));
            IEnumerable<string> down = points.Reverse().Select(p => Text($"{X(p.X):0.#} {Y(p.Low):0.#}"));
            string path = $"M{string.Join('L', up)}L{string.Join('L', down)}Z";
            body.AppendLine($"<path d=\"{path}\" fill=\"{colour}\" fill-opacity=\"0.85\"/>");
        }

        Legend(name, colour, null);
    }

    /// <summary>A horizontal threshold, dashed; all of them share one word in the legend.</summary>
    public void Threshold(string name, string colour, double value)
    {
        body.AppendLine(
            Text($"<path d=\"M{X(x.Low):0.#} {Y(value):0.#}H{X(x.High):0.#}\" stroke=\"{colour}\" ")
                + "stroke-width=\"1.8\" stroke-dasharray=\"5 3\"/>"
        );
        Legend(name, "#333333", "5 3");
    }

    /// <summary>A vertical line with a word above the plot, in one of the rows for words.</summary>
    public void Mark(double at, string text, int row)
    {
        double px = X(at);
        double py = 30 + (row * MarkRow);
        Rule(px, px, py + 3, height - Bottom, "class=\"mark\"");
        body.AppendLine(Text($"<text x=\"{px + 2:0.#}\" y=\"{py:0.#}\" class=\"word\">{Escape(text)}</text>"));
    }

    /// <summary>The picture.</summary>
    public override string ToString()
    {
        var keys = new StringBuilder();
        double at = Left;
        foreach ((string name, string colour, string? dash) in legend)
        {
            string style = dash is null ? "" : $" stroke-dasharray=\"{dash}\"";
            keys.Append(Text($"<path d=\"M{at:0} 9h18\" stroke=\"{colour}\" stroke-width=\"4\"{style}/>"));
            keys.AppendLine(Text($"<text x=\"{at + 23:0}\" y=\"13\">{Escape(name)}</text>"));
            at += 34 + (name.Length * 5.7);
        }

        return Text($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:0} {height:0}\" role=\"img\" ")
            + Text($"width=\"{width:0}\" height=\"{height:0}\" font-family=\"system-ui, sans-serif\" font-size=\"11\">")
            + "<style>svg text{fill:#222;stroke:none}.rule{stroke:#ddd}.mark{stroke:#555;stroke-dasharray:2 3}"
            + ".word{font-size:11px}.axis{stroke:#333}</style>"
            + Text($"<rect width=\"{width:0}\" height=\"{height:0}\" fill=\"#fff\"/>\n{keys}{body}</svg>");
    }

    private void Axes(PlotFrame frame)
    {
        double bottom = height - Bottom;
        foreach (double tick in logarithmic ? Decades(y) : Ticks(y, 5))
        {
            Rule(Left, width - Right, Y(tick), Y(tick), "class=\"rule\"");
            body.AppendLine(
                Text($"<text x=\"{Left - 6}\" y=\"{Y(tick) + 4:0.#}\" text-anchor=\"end\">{tick:0.###}</text>")
            );
        }

        foreach (double tick in Ticks(x, width > 600 ? 12 : 6))
        {
            Rule(X(tick), X(tick), bottom, bottom + 4, "class=\"axis\"");
            body.AppendLine(
                Text($"<text x=\"{X(tick):0.#}\" y=\"{bottom + 17}\" text-anchor=\"middle\">{tick:0.###}</text>")
            );
        }

        body.AppendLine(Text($"<path d=\"M{Left} {top:0.#}V{bottom}H{width - Right}\" fill=\"none\" class=\"axis\"/>"));
        double middle = (Left + width - Right) / 2;
        body.AppendLine(
            Text($"<text x=\"{middle:0}\" y=\"{height - 6}\" text-anchor=\"middle\">{Escape(frame.XLabel)}</text>")
        );
        double half = (top + bottom) / 2;
        body.AppendLine(
            Text($"<text transform=\"rotate(-90 14 {half:0})\" x=\"14\" y=\"{half:0}\" text-anchor=\"middle\">")
                + $"{Escape(frame.YLabel)}</text>"
        );
    }

    private void Rule(double x1, double x2, double y1, double y2, string style) =>
        body.AppendLine(Text($"<line x1=\"{x1:0.#}\" x2=\"{x2:0.#}\" y1=\"{y1:0.#}\" y2=\"{y2:0.#}\" {style}/>"));

    private void Legend(string name, string colour, string? dash)
    {
        if (!legend.Contains((name, colour, dash)))
        {
            legend.Add((name, colour, dash));
        }
    }

    private double X(double value) =>
        Left + ((Math.Clamp(value, x.Low, x.High) - x.Low) / (x.High - x.Low) * (width - Right - Left));

    private double Y(double value)
    {
        double clamped = Math.Clamp(value, y.Low, y.High);
        double part = logarithmic
            ? Math.Log(clamped / y.Low) / Math.Log(y.High / y.Low)
            : (clamped - y.Low) / (y.High - y.Low);
        return height - Bottom - (part * (height - Bottom - top));
    }

    private static IEnumerable<double> Ticks((double Low, double High) range, int wanted)
    {
        double raw = (range.High - range.Low) / wanted;
        double power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        double step =
            power
            * (
                (raw / power) switch
                {
                    <= 1 => 1,
                    <= 2 => 2,
                    <= 5 => 5,
                    _ => 10,
                }
            );
        for (double tick = Math.Ceiling(range.Low / step) * step; tick <= range.High + (step / 1e6); tick += step)
        {
            yield return Math.Abs(tick) < step / 1e6 ? 0 : tick;
        }
    }

    private static IEnumerable<double> Decades((double Low, double High) range)
    {
        for (double decade = Math.Pow(10, Math.Floor(Math.Log10(range.Low))); decade <= range.High; decade *= 10)
        {
            foreach (double tick in new[] { decade, 2 * decade, 5 * decade })
            {
                if (tick >= range.Low && tick <= range.High)
                {
                    yield return tick;
                }
            }
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}

/// <summary>Size, ranges and words of a plot.</summary>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
/// <param name="X">Range of the horizontal axis.</param>
/// <param name="Y">Range of the vertical axis; above 0 when logarithmic.</param>
/// <param name="XLabel">What the horizontal axis shows, with its unit.</param>
/// <param name="YLabel">What the vertical axis shows, with its unit.</param>
/// <param name="Logarithmic">Whether the vertical axis is logarithmic.</param>
/// <param name="MarkRows">Rows for words above the plot.</param>
public sealed record PlotFrame(
    double Width,
    double Height,
    (double Low, double High) X,
    (double Low, double High) Y,
    string XLabel,
    string YLabel,
    bool Logarithmic = false,
    int MarkRows = 0
);
