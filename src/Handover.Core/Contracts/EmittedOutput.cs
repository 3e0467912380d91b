using Handover.Core.Catalog;
using Handover.Core.Contracts.Adapters;

namespace Handover.Core.Contracts;

/// <summary>
/// What one release emits toward its consumers, worked out once for all of them: a thousand consumers ask a release
/// for the same two hundred names.
/// </summary>
internal sealed class EmittedOutput
{
    private const string Section = "outputs";

    private readonly Dictionary<string, EmittedTensor> _byName = new(StringComparer.Ordinal);

    public EmittedOutput(Release release)
        : this(AdaptedOutput.Of(release), $"release {release.Name}") => Release = release.Name;

    /// <summary>A bare signature.</summary>
    /// <param name="declared">What may be emitted; null when nothing is declared.</param>
    /// <param name="writer">Who emits, in words.</param>
    public EmittedOutput(Signature? declared, string writer)
    {
        Declared = declared;
        Writer = writer;
        foreach (TensorSpec tensor in declared?.Tensors ?? [])
        {
            _byName.TryAdd(tensor.Name, new EmittedTensor(tensor, ContractSides.PathOf(Section, tensor.Name)));
        }
    }

    /// <summary>The declaration, adapted; null when nothing is declared.</summary>
    public Signature? Declared { get; }

    /// <summary>Who emits, in words, for the sentences.</summary>
    public string Writer { get; }

    /// <summary>The release; null for a bare signature.</summary>
    public string? Release { get; }

    /// <summary>The names of all outputs, for people.</summary>
    public string Names => _byName.Count == 0 ? "nothing" : string.Join(", ", _byName.Keys);

    /// <summary>The output of this name; null when there is none.</summary>
    public EmittedTensor? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The two sides of a comparison with a consumer.</summary>
    public ContractSides Toward(Consumer consumer) =>
        new(Writer, $"consumer {consumer.Name}", consumer.Name, Section) { Release = Release };
}

/// <summary>One output of a release.</summary>
/// <param name="Spec">As it is declared.</param>
/// <param name="Path">JSON pointer to it, one for all findings.</param>
internal sealed record EmittedTensor(TensorSpec Spec, string Path);
