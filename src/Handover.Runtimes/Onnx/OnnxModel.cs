// Why: one place that turns bytes into a session that can serve, and every way in which that fails into a sentence.
using Handover.Core.Foundation;
using Microsoft.ML.OnnxRuntime;

namespace Handover.Runtimes.Onnx;

/// <summary>A loaded ONNX model: a session with one thread per call, and what it says of itself.</summary>
internal sealed class OnnxModel : IDisposable
{
    private const long VersionUnset = long.MaxValue;
    private static readonly Lock EnvironmentLock = new();
    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();

    private OnnxModel(InferenceSession session, ModelTensor[] inputs, ModelTensor[] outputs)
    {
        _session = session;
        Inputs = inputs;
        Outputs = outputs;
        InputNames = [.. inputs.Select(t => t.Name)];
        OutputNames = [.. outputs.Select(t => t.Name)];
        ModelMetadata metadata = session.ModelMetadata;
        Properties = metadata.CustomMetadataMap;
        Version = metadata.Version is VersionUnset ? null : metadata.Version.ToString();
        Producer = metadata.ProducerName;
    }

    public IReadOnlyList<ModelTensor> Inputs { get; }

    public IReadOnlyList<ModelTensor> Outputs { get; }

    public string[] InputNames { get; }

    public string[] OutputNames { get; }

    /// <summary>The file's own key/value pairs (<c>metadata_props</c>).</summary>
    public IReadOnlyDictionary<string, string> Properties { get; }

    /// <summary>The file's <c>model_version</c>; null when it was not set.</summary>
    public string? Version { get; }

    public string Producer { get; }

    /// <summary>Loads and warms a model. <paramref name="name"/> is how messages call it.</summary>
    public static Result<OnnxModel> Load(byte[] file, string name)
    {
        if (file.Length == 0)
        {
            return Unusable(name, "the file is empty");
        }

        InferenceSession? session = null;
        try
        {
            session = Open(file);
            Result<ModelTensor[]> inputs = Tensors(name, "input", session.InputNames, session.InputMetadata);
            Result<ModelTensor[]> outputs = Tensors(name, "output", session.OutputNames, session.OutputMetadata);
            Problem[] problems = [.. inputs.Problems, .. outputs.Problems];
            if (problems.Length > 0)
            {
                session.Dispose();
                return Result<OnnxModel>.Failed(problems);
            }

            var model = new OnnxModel(session, inputs.Value, outputs.Value);
            model.Warm();
            return model;
        }
        catch (OnnxRuntimeException e)
        {
            session?.Dispose();
            return Unusable(name, FirstLine(e.Message));
        }
    }

    /// <summary>One call. Throws <see cref="OnnxRuntimeException"/> when the graph refuses the values.</summary>
    public IDisposableReadOnlyCollection<OrtValue> Run(IReadOnlyCollection<OrtValue> inputs, string[] outputs) =>
        _session.Run(_run, InputNames, inputs, outputs);

    public void Dispose()
    {
        _session.Dispose();
        _run.Dispose();
    }

    /// <summary>ONNX Runtime's message without its source position and stack.</summary>
    public static string FirstLine(string message)
    {
        int end = message.AsSpan().IndexOfAny('\n', '\r');
        string line = end < 0 ? message : message[..end];
        return line.Length <= 300 ? line : line[..300] + "…";
    }

    private static InferenceSession Open(byte[] file)
    {
        using var options = new Microsoft.ML.OnnxRuntime.SessionOptions
        {
            // Throughput comes from calls side by side, which the server bounds; threads inside a call would fight
            // them.
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        EnsureQuietEnvironment();
        return new InferenceSession(file, options);
    }

    /// <summary>
    /// The native library prints errors to stderr besides throwing them, unless its environment says otherwise.
    /// </summary>
    private static void EnsureQuietEnvironment()
    {
        lock (EnvironmentLock)
        {
            if (!OrtEnv.IsCreated)
            {
                var creation = new EnvironmentCreationOptions
                {
                    logId = "handover",
                    logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
                };
                OrtEnv.CreateInstanceWithOptions(ref creation);
            }
        }
    }

    private static Result<ModelTensor[]> Tensors(
        string name,
        string kind,
        IReadOnlyList<string> names,
        IReadOnlyDictionary<string, NodeMetadata> metadata
    )
    {
        var tensors = new ModelTensor[names.Count];
        for (int i = 0; i < names.Count; i++)
        {
            NodeMetadata node = metadata[names[i]];
            if (!node.IsTensor && !node.IsString)
            {
                return Unusable(name, $"{kind} '{names[i]}' is a {node.OnnxValueType}, and only tensors can be served");
            }

            if (ElementTypes.DatatypeOf(node.ElementDataType) is not { } datatype)
            {
                return Unusable(
                    name,
                    $"{kind} '{names[i]}' has element type {node.ElementDataType}, which has no form in JSON"
                );
            }

            long[] shape = [.. node.Dimensions.Select(d => d < 0 ? -1L : d)];
            string[] symbols = [.. node.SymbolicDimensions.Select(s => s ?? "")];
            tensors[i] = new(names[i], datatype, node.ElementDataType, shape, symbols);
        }

        return tensors;
    }

    /// <summary>
    /// Runs the graph once with the smallest input, because the first call of a session pays for allocation and
    /// planning. Whether the graph likes these made-up values says nothing about it, so a refusal is not an error.
    /// </summary>
    private void Warm()
    {
        OrtValue[] values = new OrtValue[Inputs.Count];
        try
        {
            for (int i = 0; i < values.Length; i++)
            {
                ModelTensor tensor = Inputs[i];
                long[] shape = [.. tensor.Shape.Select(d => d < 0 ? 1 : d)];
                values[i] =
                    tensor.Datatype == "BYTES"
                        ? OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, shape)
                        : OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, tensor.ElementType, shape);
                if (tensor.Datatype != "BYTES")
                {
                    values[i].GetTensorMutableRawData().Clear();
                }
            }

            using var outputs = Run(values, OutputNames);
        }
        catch (OnnxRuntimeException)
        {
            // See above: only the time that it took matters.
        }
        finally
        {
            foreach (OrtValue? value in values)
            {
                value?.Dispose();
            }
        }
    }

    private static Problem Unusable(string name, string why) =>
        new("model-unusable", $"'{name}' can't be served: {why}.")
        {
            File = name,
            Fix = "Check it with 'handover model inspect FILE'.",
        };
}
