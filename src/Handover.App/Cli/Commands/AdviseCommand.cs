using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary><c>advise</c>: the five questions, asked on a terminal or read from a file; the rest is measured.</summary>
internal static class AdviseCommand
{
    private static readonly (string Name, string Question, string[] Choices)[] Questions =
    [
        ("confidence", "How confident are you in the new model?", ["low", "medium", "high"]),
        ("difference", "How different is it?", ["tuned", "retrained", "architecture", "interface"]),
        ("interruption", "What interruption is tolerable?", ["none", "seconds", "window"]),
        ("maturity", "How mature are your operations?", ["firstDeployments", "onCall", "flagsAndStacks"]),
        ("blastRadius", "What is the blast radius?", ["usersMayDiffer", "consistencyMatters"]),
    ];

    public static Command Build(CliRunner run)
    {
        var service = new Argument<string>("SERVICE");
        var to = new Option<string>("--to") { Required = true, Description = "The release to bring in" };
        var answers = new Option<string?>("--answers") { Description = "File of answers: 'name: value' lines or JSON" };
        return run.Handle(
            new Command("advise", "Say which strategy fits, and why") { service, to, answers },
            async session =>
            {
                string? file = session.Parse.GetValue(answers);
                if (file is null && !session.Interactive)
                {
                    session.Say("error: there is no terminal to ask on; give the answers with --answers FILE.");
                    return ExitCodes.Usage;
                }

                Dictionary<string, string> given = file is null ? Ask(session) : Read(file);
                (AdviceView view, _) = await session.Api.PostAsync(
                    "/api/v1/advice",
                    new AdviceRequest(session.Parse.GetValue(service)!, session.Parse.GetValue(to)!, Answers(given)),
                    ProtocolJson.Default.AdviceRequest,
                    ProtocolJson.Lenient.AdviceView,
                    session.Cancel
                );
                session.Output.One(view, ProtocolJson.Default.AdviceView, v => v.Strategy ?? "none", Show);
                return view.Strategy is null ? ExitCodes.Refused : ExitCodes.Ok;
            }
        );
    }

    private static Dictionary<string, string> Ask(CliSession session)
    {
        var given = new Dictionary<string, string>();
        foreach ((string name, string question, string[] choices) in Questions)
        {
            session.Say(question);
            for (int i = 0; i < choices.Length; i++)
            {
                session.Say($"  {i + 1}. {choices[i]}");
            }

            session.Host.Err.Write("number, or nothing to leave it open: ");
            string answer = session.Host.In.ReadLine()?.Trim() ?? "";
            if (int.TryParse(answer, CultureInfo.InvariantCulture, out int n) && n >= 1 && n <= choices.Length)
            {
                given[name] = choices[n - 1];
            }
            else if (answer.Length > 0)
            {
                given[name] = answer;
            }
        }

        Check(given, "your answer");
        return given;
    }

    private static Dictionary<string, string> Read(string file)
    {
        string text = File.ReadAllText(file);
        try
        {
            Dictionary<string, string> given = text.TrimStart().StartsWith('{')
                ? JsonSerializer.Deserialize<Dictionary<string, string>>(text) ?? []
                : Lines(text, file);
            Check(given, file);
            return given;
        }
        catch (JsonException e)
        {
            throw AdminFailure.Of("bad-answers", 0, $"{file}: {e.Message}");
        }
    }

    private static Dictionary<string, string> Lines(string text, string file)
    {
        var given = new Dictionary<string, string>();
        int number = 0;
        foreach (string line in text.Split('\n').Select(l => l.Split('#')[0].Trim()))
        {
            number++;
            string[] parts = line.Split(':', 2, StringSplitOptions.TrimEntries);
            if (line.Length > 0 && (parts.Length != 2 || !given.TryAdd(parts[0], parts[1].Trim('"', '\''))))
            {
                throw AdminFailure.Of("bad-answers", 0, $"{file}:{number}: write each answer once, as 'name: value'.");
            }
        }

        return given;
    }

    private static void Check(Dictionary<string, string> given, string where)
    {
        foreach ((string name, string value) in given)
        {
            string[]? choices = Questions.FirstOrDefault(q => q.Name == name).Choices;
            if (choices is null)
            {
                string known = string.Join(", ", Questions.Select(q => q.Name));
                throw AdminFailure.Of("bad-answers", 0, $"{where}: there is no question '{name}'; there are {known}.");
            }

            if (!choices.Contains(value))
            {
                string known = string.Join(", ", choices);
                throw AdminFailure.Of(
                    "bad-answers",
                    0,
                    $"{where}: '{value}' does not answer '{name}'; use one of {known}."
                );
            }
        }
    }

    private static AdviceAnswers Answers(Dictionary<string, string> given) =>
        new()
        {
            Confidence = given.GetValueOrDefault("confidence"),
            Difference = given.GetValueOrDefault("difference"),
            Interruption = given.GetValueOrDefault("interruption"),
            Maturity = given.GetValueOrDefault("maturity"),
            BlastRadius = given.GetValueOrDefault("blastRadius"),
        };

    private static void Show(TextWriter output, AdviceView view)
    {
        OutputWriter.Fields(
            output,
            ("strategy", view.Strategy ?? "none: every strategy is refused"),
            ("duration", view.DurationSeconds is { } s ? Durations.Text(TimeSpan.FromSeconds(s)) : null),
            (
                "cost",
                view.Cost is { } c ? $"{c.Amount.ToString(CultureInfo.InvariantCulture)} {c.Currency} extra" : null
            )
        );
        Section(output, "because", view.Reasons);
        Section(output, "refused", [.. view.Refusals.Select(r => $"{r.Strategy}: {r.Reason}")]);
        Section(output, "measured", view.Measured);
        Section(output, "plan", view.Plan);
    }

    private static void Section(TextWriter output, string name, IReadOnlyList<string> lines)
    {
        if (lines.Count > 0)
        {
            output.WriteLine($"{name}:");
        }

        foreach (string line in lines)
        {
            output.WriteLine($"  - {line}");
        }
    }
}
