using System.Globalization;
using System.Text;
using Handover.Core.Contracts.Schemas;

namespace Handover.Core.Contracts.Compatibility;

/// <summary>
/// Whether every document that a writer's schema allows is one that a reader's schema accepts. Holds when it is
/// proven; breaks when the writer declares the conflict and, except for meanings, a document shows it; undecided
/// otherwise, with what would decide. Answers have the release as writer, requests have the callers as writer.
/// </summary>
public static class SchemaCompatibility
{
    /// <summary>Compares two schemas.</summary>
    /// <param name="writer">What may be emitted.</param>
    /// <param name="reader">What is accepted.</param>
    /// <returns>
    /// The findings that are not Holds, at most 200, and one that says how many more there are; empty when it holds.
    /// </returns>
    public static IReadOnlyList<SchemaVerdict> Check(JsonSchema writer, JsonSchema reader) =>
        Check(writer, SchemaFacts.Of(writer.Root), reader);

    /// <summary>The same with the writer's facts at hand, for one who compares it with many readers.</summary>
    internal static IReadOnlyList<SchemaVerdict> Check(JsonSchema writer, SchemaFacts facts, JsonSchema reader)
    {
        if (JsonView.Same(writer.Root.Source.Text.View, 0, reader.Root.Source.Text.View, 0))
        {
            return [];
        }

        SchemaFindings findings = new SchemaProof(writer.Scopes, reader.Scopes).Run(facts, reader.Root);
        var witnesses = new SchemaWitness(writer, reader);
        var verdicts = new List<SchemaVerdict>();
        foreach (SchemaFinding finding in findings.Kept)
        {
            string? witness = finding is { Declared: true, OfMeaning: false } ? witnesses.For(finding) : null;
            bool breaks = finding.Declared && (finding.OfMeaning || witness is not null);
            var verdict = new SchemaVerdict(
                PointerOf(finding.Path),
                finding.Rule,
                finding.Old,
                finding.New,
                breaks ? ContractOutcome.Breaks : ContractOutcome.Undecided,
                finding.Why,
                finding.Fix
            )
            {
                Witness = witness,
            };
            if (!verdicts.Exists(v => v.Path == verdict.Path && v.Rule == verdict.Rule && v.New == verdict.New))
            {
                verdicts.Add(verdict);
            }
        }

        if (findings.More > 0)
        {
            verdicts.Add(
                new SchemaVerdict(
                    "",
                    ContractRule.All,
                    null,
                    null,
                    ContractOutcome.Undecided,
                    FormattableString.Invariant($"and {findings.More} more places that are not listed"),
                    "repair those that are listed, then check again"
                )
            );
        }

        return verdicts;
    }

    private static string PointerOf(IReadOnlyList<PathStep> path)
    {
        var pointer = new StringBuilder();
        foreach ((string? name, int item) in path)
        {
            string step = name is null ? item.ToString(CultureInfo.InvariantCulture) : JsonView.Escaped(name);
            pointer.Append('/').Append(step);
        }

        return pointer.ToString();
    }
}

/// <summary>One finding of comparing two schemas.</summary>
/// <param name="Path">RFC 6901 pointer into the documents; empty for their root.</param>
/// <param name="Rule">Which rule spoke.</param>
/// <param name="Old">What the reader relies on; null when it asks for nothing.</param>
/// <param name="New">What the writer declares; null when nothing.</param>
/// <param name="Outcome">Breaks or undecided.</param>
/// <param name="Why">In words.</param>
/// <param name="Fix">What would repair or decide it.</param>
public sealed record SchemaVerdict(
    string Path,
    ContractRule Rule,
    string? Old,
    string? New,
    ContractOutcome Outcome,
    string Why,
    string Fix
)
{
    /// <summary>A document that the writer allows and the reader refuses; always there for a break in form.</summary>
    public string? Witness { get; init; }
}
