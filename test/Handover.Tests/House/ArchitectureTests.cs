using System.Xml.Linq;
using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using Handover.Core.Foundation;
using Xunit;

namespace Handover.Tests.House;

/// <summary>
/// The drawing of ARCHITECTURE.md, held against the code: which project and which room may know which.
/// </summary>
public sealed class ArchitectureTests
{
    private static readonly Dictionary<string, string[]> Edges = new(StringComparer.Ordinal)
    {
        ["Core"] = [],
        ["Protocol"] = [],
        ["Ports"] = ["Core"],
        ["Gateway"] = ["Core", "Protocol", "Ports"],
        ["Runtimes"] = ["Core", "Protocol", "Ports"],
        ["Control"] = ["Core", "Protocol", "Ports"],
        ["App"] = ["Core", "Protocol", "Ports", "Gateway", "Runtimes", "Control"],
    };

    // Foundation < Catalog < Traffic, Payloads, Evidence < Moves, Ledger, Divergence, Gates, Contracts < Rollouts <
    // Advice
    private static readonly Dictionary<string, int> Floors = new(StringComparer.Ordinal)
    {
        ["Foundation"] = 0,
        ["Catalog"] = 1,
        ["Traffic"] = 2,
        ["Payloads"] = 2,
        ["Evidence"] = 2,
        ["Moves"] = 3,
        ["Ledger"] = 3,
        ["Divergence"] = 3,
        ["Gates"] = 3,
        ["Contracts"] = 3,
        ["Rollouts"] = 4,
        ["Advice"] = 5,
    };

    private static readonly Architecture Core = new ArchLoader().LoadAssemblies(typeof(Share).Assembly).Build();

    [Fact]
    public void Projects_refer_only_to_whom_they_may()
    {
        foreach (string file in Directory.EnumerateFiles(Repository.At("src"), "*.csproj", SearchOption.AllDirectories))
        {
            string name = Path.GetFileNameWithoutExtension(file)["Handover.".Length..];
            Assert.True(Edges.ContainsKey(name), $"{file}: a new src project needs an ADR and a row in this test");
            string[] refers =
            [
                .. XDocument
                    .Load(file)
                    .Descendants("ProjectReference")
                    .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value)["Handover.".Length..]),
            ];
            Assert.Empty(refers.Except(Edges[name]));
        }
    }

    [Fact]
    public void Core_has_no_package_and_no_framework_beyond_the_runtime()
    {
        XDocument project = XDocument.Load(Repository.At("src/Handover.Core/Handover.Core.csproj"));
        Assert.Empty(project.Descendants("PackageReference"));
        Assert.Empty(project.Descendants("FrameworkReference"));
    }

    [Fact]
    public void Rooms_of_Core_know_only_the_floors_below_and_themselves()
    {
        var wrong = new SortedSet<string>(StringComparer.Ordinal);
        foreach (IType type in Core.Types)
        {
            string? room = Room(type);
            foreach (string other in type.Dependencies.Select(d => Room(d.Target)).OfType<string>())
            {
                if (room is not null && other != room && Floors[other] >= Floors[room])
                {
                    wrong.Add($"{type.FullName} ({room}) knows {other}");
                }
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_room_of_Core_is_known()
    {
        IEnumerable<string> rooms = Directory
            .EnumerateDirectories(Repository.At("src/Handover.Core"))
            .Select(Path.GetFileName)!;
        Assert.Empty(rooms.Except(Floors.Keys).Except(["bin", "obj"]));
    }

    [Fact]
    public void Nothing_in_Core_can_be_awaited()
    {
        IEnumerable<string> awaitable = typeof(Share)
            .Assembly.GetTypes()
            .SelectMany(t => t.GetMethods())
            .Where(m => m.DeclaringType!.Assembly == typeof(Share).Assembly)
            .Where(m => m.ReturnType.GetMethod("GetAwaiter") is not null)
            .Select(m => $"{m.DeclaringType}.{m.Name}");
        Assert.Empty(awaitable);
    }

    private static string? Room(IType type)
    {
        string name = type.Namespace.FullName;
        return name.StartsWith("Handover.Core.", StringComparison.Ordinal) ? name.Split('.')[2] : null;
    }
}
