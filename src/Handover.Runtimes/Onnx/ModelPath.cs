// Why: the protocol has nine paths of one shape; a router with patterns would cost more than the model itself.
namespace Handover.Runtimes.Onnx;

/// <summary>A call of the Open Inference Protocol.</summary>
internal enum ModelCall
{
    /// <summary>Not a path of the protocol.</summary>
    Unknown,

    /// <summary><c>/v2</c>.</summary>
    ServerMetadata,

    /// <summary><c>/v2/health/live</c>.</summary>
    Live,

    /// <summary><c>/v2/health/ready</c>.</summary>
    ServerReady,

    /// <summary><c>/v2/models/{m}[/versions/{v}]</c>.</summary>
    ModelMetadata,

    /// <summary><c>/v2/models/{m}[/versions/{v}]/ready</c>.</summary>
    ModelReady,

    /// <summary><c>/v2/models/{m}[/versions/{v}]/infer</c>.</summary>
    Infer,
}

/// <summary>A parsed request path.</summary>
/// <param name="Call">Which call it is.</param>
/// <param name="Model">The model's name as the caller wrote it; empty where the call has none.</param>
/// <param name="Version">The version that the caller named; null when none.</param>
internal readonly record struct ModelPath(ModelCall Call, string Model, string? Version)
{
    /// <summary>Reads a path; one slash at its end is ignored.</summary>
    public static ModelPath Parse(string path)
    {
        string[] parts = (path.EndsWith('/') ? path[..^1] : path).Split('/');
        return parts switch
        {
            ["", "v2"] => new(ModelCall.ServerMetadata, "", null),
            ["", "v2", "health", "live"] => new(ModelCall.Live, "", null),
            ["", "v2", "health", "ready"] => new(ModelCall.ServerReady, "", null),
            ["", "v2", "models", { Length: > 0 } m, "versions", { Length: > 0 } v, .. var rest] => new(Of(rest), m, v),
            ["", "v2", "models", { Length: > 0 } m, .. var rest] => new(Of(rest), m, null),
            _ => default,
        };
    }

    private static ModelCall Of(string[] rest) =>
        rest switch
        {
            [] => ModelCall.ModelMetadata,
            ["ready"] => ModelCall.ModelReady,
            ["infer"] => ModelCall.Infer,
            _ => ModelCall.Unknown,
        };
}
