namespace Handover.Core.Catalog;

/// <summary>One running part of a release: a closed family by who runs it.</summary>
public abstract record Member
{
    private Member() { }

    /// <summary>An ONNX file served by ONNX Runtime in this process.</summary>
    /// <param name="File">Path relative to the configuration directory.</param>
    /// <param name="Sha256">Lower-case hex digest of the file; null when not pinned.</param>
    public sealed record Onnx(string File, string? Sha256) : Member;

    /// <summary>A command that Handover starts, watches and stops.</summary>
    /// <param name="Command">Program and arguments; <c>{port}</c> is replaced by the port it must listen on.</param>
    /// <param name="Ready">Path that answers 200 once the process can serve.</param>
    public sealed record Process(IReadOnlyList<string> Command, string Ready) : Member
    {
        /// <summary>How long it may take from start to ready; default 60 s.</summary>
        public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(60);
    }

    /// <summary>A server that somebody else runs.</summary>
    /// <param name="Endpoints">Base addresses; requests are spread over those that are ready.</param>
    /// <param name="Ready">Path that answers 200 while the server can serve.</param>
    public sealed record Http(IReadOnlyList<Uri> Endpoints, string Ready) : Member;
}
