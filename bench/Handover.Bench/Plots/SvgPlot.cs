using System.Globalization;
using System.Text;

namespace Handover.Bench.Plots;

/// <summary>
/// A line plot as SVG: small, without a library, and the same bytes for the same numbers, so that a changed picture is
/// a changed measurement.
/// </summary>
/// <param name="title">What is shown.</param>
/// <param name="x">The horizontal axis.</param>
/// <param name="y">The vertical axis.</param>
internal sealed class SvgPlot(string title, PlotAxis x, PlotAxis y)
{
    private const double Width = 760;
    private const double Height = 440;
    private const double Left = 74;
    private const double Top = 44;
    private const double Right = 190;
    private const double Bottom = 56;
    private readonly StringBuilder _lines = new();
    private readonly List<(string Name, string Colour)> _names = [];

    /// <summary>Adds a line; with a name it is listed beside the plot.</summary>
    public void Line(string? name, string colour, IEnumerable<(double X, double Y)> points, bool dashed = false)
    {
        string path = string.Join(' ', points.Select(p => $"{N(At(p.X))},{N(Up(p.Y))}"));
        string dash = dashed ? " stroke-dasharray=\"6 4\"" : "";
        string width = name is null ? "1" : "2";
        _lines.Append(
            $"<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"{dash} points=\"{path}\"/>\n"
        );
        if (name is not null)
        {
            _names.Add((name, colour));
        }
    }

    /// <summary>The whole picture.</summary>
    public override string ToString()
    {
        var to = new StringBuilder();
        to.Append(
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {N(Width)} {N(Height)}\" "
                + "font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n"
        );
        to.Append($"<title>{title}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
        Text(to, Left, 26, title, "start", 15);
        foreach (double tick in x.Ticks)
        {
            Grid(to, At(tick), Top, At(tick), Height - Bottom);
            Text(to, At(tick), Height - Bottom + 18, x.Word(tick), "middle");
        }

        foreach (double tick in y.Ticks)
        {
            Grid(to, Left, Up(tick), Width - Right, Up(tick));
            Text(to, Left - 8, Up(tick) + 4, y.Word(tick), "end");
        }

        Text(to, (Left + Width - Right) / 2, Height - 14, x.Name, "middle");
        to.Append(
            $"<text transform=\"translate(18 {N((Top + Height - Bottom) / 2)}) rotate(-90)\" "
                + $"text-anchor=\"middle\" fill=\"#333333\">{y.Name}</text>\n"
        );
        to.Append(_lines);
        for (int i = 0; i < _names.Count; i++)
        {
            double at = Top + 14 + (20 * i);
            double from = Width - Right + 14;
            to.Append(
                $"<line x1=\"{N(from)}\" y1=\"{N(at - 4)}\" x2=\"{N(from + 20)}\" y2=\"{N(at - 4)}\" "
                    + $"stroke=\"{_names[i].Colour}\" stroke-width=\"3\"/>\n"
            );
            Text(to, from + 26, at, _names[i].Name, "start");
        }

        return to.Append("</svg>\n").ToString();
    }

    private static void Grid(StringBuilder to, double x1, double y1, double x2, double y2) =>
        to.Append($"<line x1=\"{N(x1)}\" y1=\"{N(y1)}\" x2=\"{N(x2)}\" y2=\"{N(y2)}\" stroke=\"#dddddd\"/>\n");

    private static void Text(StringBuilder to, double at, double down, string text, string anchor, int size = 12) =>
        to.Append(
            $"<text x=\"{N(at)}\" y=\"{N(down)}\" text-anchor=\"{anchor}\" font-size=\"{size}\" "
                + $"fill=\"#333333\">{text}</text>\n"
        );

    private static string N(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);

    private double At(double value) => Left + (x.Part(value) * (Width - Left - Right));

    private double Up(double value) => Height - Bottom - (y.Part(value) * (Height - Top - Bottom));
}

/// <summary>One axis.</summary>
/// <param name="Name">What it measures, with its unit.</param>
/// <param name="Ticks">Values with a line, ascending; the first and the last are the ends.</param>
/// <param name="Logarithmic">Whether equal factors are equally far.</param>
internal sealed record PlotAxis(string Name, double[] Ticks, bool Logarithmic = false)
{
    /// <summary>Where a value lies, in [0, 1]; values beyond the ends lie at the end.</summary>
    public double Part(double value)
    {
        double clamped = Math.Clamp(value, Ticks[0], Ticks[^1]);
        return (Scale(clamped) - Scale(Ticks[0])) / (Scale(Ticks[^1]) - Scale(Ticks[0]));
    }

    /// <summary>A tick's value in words.</summary>
    public string Word(double tick) =>
        tick.ToString(Math.Abs(tick) >= 1_000 ? "#,0" : "0.##", CultureInfo.InvariantCulture);

    private double Scale(double value) => Logarithmic ? Math.Log(value) : value;
}
