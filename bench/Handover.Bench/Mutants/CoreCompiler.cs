using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Handover.Bench.Mutants;

/// <summary>
/// Compiles the pure room in this process. All files are parsed once; a mutant parses one file anew, so that it costs a
/// second and not a build.
/// </summary>
internal sealed class CoreCompiler
{
    private static readonly CSharpParseOptions Parse = new(LanguageVersion.Latest, DocumentationMode.None);
    private readonly CSharpCompilation _whole;
    private readonly string _source;

    /// <summary>Reads the sources of the repository at <paramref name="root"/>.</summary>
    public CoreCompiler(string root)
    {
        _source = Path.Combine(root, "src", "Handover.Core");
        string generated = Path.Combine(root, "artifacts", "obj", "Handover.Core");
        string[] own =
        [
            .. Directory
                .EnumerateFiles(generated, "*.cs", SearchOption.AllDirectories)
                .GroupBy(Path.GetFileName)
                .Select(same => same.OrderByDescending(File.GetLastWriteTimeUtc).First()),
        ];
        IEnumerable<string> files = Directory.EnumerateFiles(_source, "*.cs", SearchOption.AllDirectories).Concat(own);
        string platform = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        IEnumerable<MetadataReference> references = Directory
            .EnumerateFiles(platform, "System.*.dll")
            .Where(file => !Path.GetFileName(file).Contains("Native", StringComparison.Ordinal))
            .Select(file => MetadataReference.CreateFromFile(file));
        _whole = CSharpCompilation.Create(
            "Handover.Core",
            files.Select(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file), Parse, file)),
            references,
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary,
                optimizationLevel: OptimizationLevel.Release,
                nullableContextOptions: NullableContextOptions.Enable,
                deterministic: true
            )
        );
    }

    /// <summary>The assembly with one mistake, or with none; the reason when it cannot be compiled.</summary>
    public (byte[]? Assembly, string? Why) Compile(Mutant? mutant)
    {
        CSharpCompilation compilation = _whole;
        if (mutant is not null)
        {
            string path = Path.Combine(_source, mutant.File + ".cs");
            SyntaxTree? old = _whole.SyntaxTrees.FirstOrDefault(t => t.FilePath == path);
            string[] parts = old?.ToString().Split(mutant.Old) ?? [];
            if (old is null || parts.Length != 2)
            {
                return (null, $"the text stands there {Math.Max(0, parts.Length - 1)} times, not once");
            }

            SyntaxTree changed = CSharpSyntaxTree.ParseText(string.Join(mutant.New, parts), Parse, path);
            compilation = _whole.ReplaceSyntaxTree(old, changed);
        }

        using var to = new MemoryStream();
        var result = compilation.Emit(to);
        Diagnostic? error = result.Diagnostics.FirstOrDefault(d => d.Severity == DiagnosticSeverity.Error);
        return result.Success ? (to.ToArray(), null) : (null, error?.ToString());
    }
}
