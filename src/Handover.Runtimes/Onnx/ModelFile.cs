// Why: the bytes that were checked must be the bytes that are loaded, so they are read once.
using System.Security.Cryptography;
using Handover.Core.Foundation;

namespace Handover.Runtimes.Onnx;

/// <summary>The bytes of a model file and their digest.</summary>
/// <param name="Bytes">The whole file.</param>
/// <param name="Sha256">Lower-case hex.</param>
internal sealed record ModelFile(byte[] Bytes, string Sha256)
{
    /// <summary>Largest file that is read into memory.</summary>
    private const long MaxBytes = 2_000_000_000;

    /// <summary>Reads <paramref name="path"/>; <paramref name="name"/> is how messages call it.</summary>
    public static async Task<Result<ModelFile>> ReadAsync(string path, string name, CancellationToken cancel)
    {
        try
        {
            if (new FileInfo(path).Length > MaxBytes)
            {
                return new Problem("model-too-large", $"'{name}' is larger than {MaxBytes} bytes.") { File = name };
            }

            byte[] bytes = await File.ReadAllBytesAsync(path, cancel);
            return new ModelFile(bytes, Convert.ToHexStringLower(SHA256.HashData(bytes)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Problem("file-unreadable", $"'{name}' can't be read: {e.Message}") { File = name };
        }
    }

    /// <summary>
    /// What is wrong when the file is not the declared one; null when it is, or when none was declared.
    /// </summary>
    public Problem? Differs(string? declared, string name) =>
        declared is null || declared.Equals(Sha256, StringComparison.OrdinalIgnoreCase)
            ? null
            : new("digest-mismatch", $"'{name}' has sha256 {Sha256}, and the release declares {declared}.")
            {
                File = name,
                Field = "sha256",
                Fix = "Restore the declared file, or declare a new release with this file's digest.",
            };
}
