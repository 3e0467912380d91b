// Why: every test here needs a configuration directory, a state directory, a runtime and the real executable.
using System.Diagnostics;
using System.Net.Http;
using Handover.Core.Catalog;
using Handover.Ports;
using Handover.Runtimes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Handover.Integration.Runtimes;

/// <summary>A runtime over temporary directories. Disposing it stops everything and removes them.</summary>
internal sealed class RuntimeWorld : IAsyncDisposable
{
    private readonly string _top = Directory.CreateTempSubdirectory("handover-rt-").FullName;

    public RuntimeWorld(Func<RuntimeOptions, RuntimeOptions>? change = null)
    {
        Dir = Path.Combine(_top, "conf");
        State = Path.Combine(Dir, ".handover");
        Directory.CreateDirectory(Dir);
        Options = new RuntimeOptions
        {
            BaseDirectory = Dir,
            StateDirectory = State,
            MembersUrl = service => $"http://127.0.0.1:8080/-/services/{service}/members",
            Self = [Executable],
            DrainWait = TimeSpan.Zero,
            StopGrace = TimeSpan.FromSeconds(5),
            ProbeInterval = TimeSpan.FromMilliseconds(200),
            RestartAfter = TimeSpan.FromMilliseconds(20),
            RemoteStartTimeout = TimeSpan.FromSeconds(2),
        };
        Options = change?.Invoke(Options) ?? Options;
        Runtime = new MemberRuntime(Options, TimeProvider.System, NullLoggerFactory.Instance);
    }

    /// <summary>The program under test, as it was built beside these tests.</summary>
    public static string Executable { get; } = Path.Combine(AppContext.BaseDirectory, "handover");

    public static string Models { get; } = Path.Combine(Root(), "samples", "diamonds", "models");

    public string Dir { get; }

    public string State { get; }

    public RuntimeOptions Options { get; }

    public MemberRuntime Runtime { get; }

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Copies a sample model into the configuration directory.</summary>
    public string Sample(string name)
    {
        File.Copy(Path.Combine(Models, name), Path.Combine(Dir, name), overwrite: true);
        return name;
    }

    public string Write(string name, byte[] content)
    {
        File.WriteAllBytes(Path.Combine(Dir, name), content);
        return name;
    }

    /// <summary>An executable shell script in the configuration directory.</summary>
    public string Script(string name, string body)
    {
        string path = Path.Combine(Dir, name);
        File.WriteAllText(path, "#!/bin/sh\n" + body);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return "./" + name;
    }

    public static Release Release(string name, params (string Name, Member Member)[] members) =>
        new()
        {
            Name = name,
            Service = "price",
            Members = members.ToDictionary(m => m.Name, m => m.Member),
        };

    /// <summary>The process member that serves a sample by the program itself.</summary>
    public Member.Process Served(string model, params string[] more) =>
        new(["handover", "model", "serve", Sample(model), "--port", "{port}", .. more], "/v2/health/ready");

    public HttpClient Client(MemberEndpoint endpoint) =>
        MemberConnection.Client(endpoint, Options.UrlPolicy, TimeSpan.FromSeconds(10));

    public string Log(string release, string member = "model") =>
        Path.Combine(State, "logs", $"price.{release}.{member}.log");

    /// <summary>
    /// Pids whose environment has this world's state directory's mark, i.e. all that its records name.
    /// </summary>
    public static bool IsAlive(int pid)
    {
        string path = $"/proc/{pid}/stat";
        try
        {
            string stat = File.ReadAllText(path);
            return stat[(stat.LastIndexOf(')') + 2)..][0] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Waits until a condition holds, and fails with its name when it does not within 15 seconds.</summary>
    public static async Task UntilAsync(string what, Func<bool> holds)
    {
        var watch = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(15), $"waited too long until {what}");
            await Task.Delay(20, Cancel);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Runtime.DisposeAsync();
        Directory.Delete(_top, recursive: true);
    }

    private static string Root()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Handover.slnx")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return directory ?? throw new InvalidOperationException("these tests run inside the repository");
    }
}
