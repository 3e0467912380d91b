using System.CommandLine;
using System.Text.Json;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary><c>describe KIND NAME</c>: everything about one thing. For people that is YAML.</summary>
internal static class DescribeCommand
{
    public static Command Build(CliRunner run)
    {
        Argument<string> kind = GetCommand.KindArgument();
        var name = new Argument<string>("NAME") { Description = "Name; SERVICE/NAME for releases and consumers" };
        return run.Handle(
            new Command("describe", "Show everything about one resource") { kind, name },
            async session =>
            {
                string of = session.Parse.GetValue(name)!;
                JsonElement json = await FindAsync(session, session.Parse.GetValue(kind)!.TrimEnd('s'), of);
                if (session.Output.Format == OutputFormat.Table)
                {
                    YamlText.Write(session.Host.Out, json);
                }
                else if (session.Output.Format == OutputFormat.Name)
                {
                    session.Host.Out.WriteLine(of);
                }
                else
                {
                    session.Output.Document(json);
                }

                return ExitCodes.Ok;
            }
        );
    }

    private static async Task<JsonElement> FindAsync(CliSession session, string kind, string name)
    {
        ProtocolJson json = ProtocolJson.Lenient;
        AdminClient api = session.Api;
        switch (kind)
        {
            case "service":
                string service = $"/api/v1/services/{Uri.EscapeDataString(name)}";
                return Json(await api.GetAsync(service, json.ServiceView, session.Cancel), json.ServiceView);
            case "rollout":
                string rollout = $"/api/v1/rollouts/{Uri.EscapeDataString(name)}";
                return Json(await api.GetAsync(rollout, json.RolloutView, session.Cancel), json.RolloutView);
            case "release":
                (string s, string r) = await SplitAsync(session, name);
                string release = $"/api/v1/services/{Uri.EscapeDataString(s)}/releases/{Uri.EscapeDataString(r)}";
                return Json(await api.GetAsync(release, json.ReleaseView, session.Cancel), json.ReleaseView);
            case "consumer":
                (string of, string c) = await SplitAsync(session, name);
                string consumer = $"/api/v1/services/{Uri.EscapeDataString(of)}/consumers/{Uri.EscapeDataString(c)}";
                return Json(await api.GetAsync(consumer, json.ConsumerView, session.Cancel), json.ConsumerView);
            case "segment":
                var segments = await api.ListAsync("/api/v1/segments", json.PageSegmentView, session.Cancel);
                return Json(
                    segments.FirstOrDefault(x => x.Name == name) ?? throw Missing(kind, name),
                    json.SegmentView
                );
            default:
                var views = await api.ListAsync("/api/v1/featureviews", json.PageFeatureViewView, session.Cancel);
                return Json(
                    views.FirstOrDefault(x => x.Name == name) ?? throw Missing(kind, name),
                    json.FeatureViewView
                );
        }
    }

    private static JsonElement Json<T>(T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) =>
        JsonSerializer.SerializeToElement(value, type);

    // With one service the name alone is enough; with several it must say which.
    private static async Task<(string Service, string Name)> SplitAsync(CliSession session, string name)
    {
        string[] parts = name.Split('/', 2);
        if (parts.Length == 2)
        {
            return (parts[0], parts[1]);
        }

        IReadOnlyList<string> services = await GetCommand.ServiceNamesAsync(session, null);
        return services.Count == 1
            ? (services[0], name)
            : throw AdminFailure.Of("ambiguous", 0, $"there are {services.Count} services; write SERVICE/{name}.");
    }

    private static AdminFailure Missing(string kind, string name) =>
        AdminFailure.Of("not-found", 404, $"there is no {kind} named '{name}'.");
}
