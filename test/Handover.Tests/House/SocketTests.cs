using Xunit;

namespace Handover.Tests.House;

/// <summary>
/// What a socket of the data path receives is handled on the thread that saw it come. Nothing else may run there: one
/// write to a disk would hold up every caller.
/// </summary>
public sealed class SocketTests
{
    [Fact]
    public void Clients_outside_the_data_path_go_on_elsewhere()
    {
        // The command line is a process of its own.
        var handlers = Sources("SocketsHttpHandler", "new HttpClient()")
            .Where(f => !f.Path.Contains("/Cli/", StringComparison.Ordinal))
            .ToList();
        Assert.InRange(handlers.Count, 4, int.MaxValue);
        Assert.All(handlers, f => Assert.Contains("ConnectCallback", f.Text, StringComparison.Ordinal));
        string[] streams = [.. Sources("new NetworkStream(").Select(f => Path.GetFileName(f.Path)).Order()];
        Assert.Equal(["ElsewhereStream.cs", "MemberClients.cs"], streams);
        Assert.Empty(Sources("new TcpClient", "ClientWebSocket"));
        string[] dials = [.. Sources(".ConnectAsync(").Select(f => Path.GetFileName(f.Path))];
        Assert.Equal(["Dial.cs"], dials);
    }

    [Fact]
    public void UrlPolicy_which_makes_all_the_others_goes_on_elsewhere()
    {
        string text = Sources("class UrlPolicy").Single().Text;
        Assert.Contains("ConnectCallback = ConnectAsync", text, StringComparison.Ordinal);
        Assert.Contains("ElsewhereStream.OfAsync", text, StringComparison.Ordinal);
    }

    private static IEnumerable<(string Path, string Text)> Sources(params string[] any) =>
        Directory
            .EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal))
            .Select(f => (f, File.ReadAllText(f)))
            .Where(f => any.Any(a => f.Item2.Contains(a, StringComparison.Ordinal)));
}
