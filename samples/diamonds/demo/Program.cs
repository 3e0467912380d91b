// Shows the main job end to end on live traffic, and lets a separate judge count what went wrong.
using System.Runtime.InteropServices;
using Diamonds.Demo;

DemoOptions? options = DemoOptions.Parse(args, AppContext.BaseDirectory, out string problem);
if (options is null)
{
    await Console.Error.WriteLineAsync($"demo: {problem}");
    return 2;
}

// Not disposed: a second signal's handler may still be running when its registration is gone.
var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    return await new DemoRun(options).RunAsync(stop.Token);
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    await Console.Error.WriteLineAsync("demo: interrupted; the node is stopped");
    return 130;
}
catch (Exception e) when (e is DemoFailure or HttpRequestException or TaskCanceledException or IOException)
{
    await Console.Error.WriteLineAsync($"demo: {e.Message}\ndemo: the node's log is {options.NodeLog}");
    return 1;
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}
