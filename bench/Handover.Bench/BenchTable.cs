using System.Text.Json;
using System.Text.Json.Nodes;

namespace Handover.Bench;

/// <summary>
/// The table of one bench: a row per figure, each judged against its target, printed and kept as JSON.
/// </summary>
public sealed class BenchTable(string name)
{
    private readonly JsonArray _rows = [];
    private int _ok;
    private int _missed;

    /// <summary>A figure with a target.</summary>
    public void Judge(string figure, string measured, string target, bool ok)
    {
        _ok += ok ? 1 : 0;
        _missed += ok ? 0 : 1;
        Row(figure, measured, target, ok ? "ok" : "miss");
    }

    /// <summary>A figure for comparison, without a target.</summary>
    public void Tell(string figure, string measured) => Row(figure, measured, "", "");

    /// <summary>A headline.</summary>
    public void Section(string title) => Console.WriteLine($"\n{title}");

    /// <summary>Writes <c>artifacts/bench/NAME.json</c>, prints the last line and gives the exit code.</summary>
    public int Finish()
    {
        string folder = Path.Combine(Root(), "artifacts", "bench");
        Directory.CreateDirectory(folder);
        var document = new JsonObject
        {
            ["bench"] = name,
            ["ok"] = _ok,
            ["miss"] = _missed,
            ["rows"] = _rows,
        };
        File.WriteAllText(
            Path.Combine(folder, name + ".json"),
            document.ToJsonString(new JsonSerializerOptions { WriteIndented = true })
        );
        Console.WriteLine($"\nbench {name}: {_ok} ok, {_missed} miss");
        return _missed == 0 ? 0 : 1;
    }

    /// <summary>The repository; the working directory when the program runs elsewhere.</summary>
    public static string Root()
    {
        string? at = AppContext.BaseDirectory;
        while (at is not null && !File.Exists(Path.Combine(at, "Handover.slnx")))
        {
            at = Path.GetDirectoryName(at);
        }

        return at ?? Directory.GetCurrentDirectory();
    }

    private void Row(string figure, string measured, string target, string verdict)
    {
        Console.WriteLine($"  {verdict, -4} {figure, -66} {measured, -46} {target}");
        _rows.Add(
            new JsonObject
            {
                ["figure"] = figure,
                ["measured"] = measured,
                ["target"] = target,
                ["verdict"] = verdict,
            }
        );
    }
}
