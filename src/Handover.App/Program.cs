// Why: the one executable. The shim comes first and by itself: it stands between a node and each model process, so it must
// start fast and need nothing.
using System.Globalization;
using System.Runtime.InteropServices;
using Handover.Runtimes.Onnx;
using Handover.Runtimes.Processes;

if (args is ["shim", .. var shim])
{
    return await Shim.RunAsync(shim);
}

if (args is ["model", "serve", var file, "--port", var port, .. var rest])
{
    using var stop = new CancellationTokenSource();
    Action<PosixSignalContext> end = context =>
    {
        context.Cancel = true;
        stop.Cancel();
    };
    using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, end);
    using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, end);
    var fault = FaultPlan.Parse(rest is ["--fault", var faults, ..] ? faults : null);
    var options = new ModelServeOptions
    {
        File = file,
        Port = int.Parse(port, CultureInfo.InvariantCulture),
        Fault = fault.Value,
    };
    return await ModelServer.RunAsync(options, Console.Out, stop.Token);
}

await Console.Error.WriteLineAsync("usage: handover model serve FILE --port N [--fault errors=5%,delay=80ms]");
return 2;
