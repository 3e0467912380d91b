using CsCheck;
using Handover.Control.Resources;
using Handover.Core.Foundation;
using Xunit;

namespace Handover.Tests.Resources;

public sealed class ResourceReaderProperties
{
    private static readonly string Canonical = Form(ResourceReader.Read(Examples.Everything, "x").Value);

    private static readonly string[] Inserts =
    [
        "",
        "\n",
        "\t",
        "---\n",
        "&a ",
        "*a",
        "{",
        "]",
        ": ",
        "\"",
        "'",
        "\0",
        "\ud800",
        "é",
        "- ",
    ];

    /// <summary>One edit of a valid file: a character replaced, put in, or a run of them cut out.</summary>
    private static readonly Gen<string> Mutated = Gen.Select(
        Gen.Int[0, Examples.Everything.Length - 1],
        Gen.Int[0, 12],
        Gen.OneOf(Gen.Char[' ', '~'].Select(c => c.ToString()), Gen.Int[0, Inserts.Length - 1].Select(i => Inserts[i])),
        (at, cut, insert) =>
            Examples.Everything[..at] + insert + Examples.Everything[Math.Min(Examples.Everything.Length, at + cut)..]
    );

    [Fact]
    public void Any_mutation_of_a_valid_file_is_read_the_same_way_twice_or_is_a_problem_with_a_line() =>
        Mutated.Sample(
            text =>
            {
                Result<ResourceSet> read = ResourceReader.Read(text, "x");
                if (!read.Ok)
                {
                    Assert.DoesNotContain(read.Problems, p => p is not { File: "x", Line: > 0, Column: > 0 });
                    return;
                }

                // What is accepted means the same after it was written and read again: nothing was silently ignored.
                string form = Form(read.Value);
                Assert.Equal(form, Form(Again(read.Value)));
            },
            iter: 1000,
            seed: "0N0XIzNsQ0O2",
            threads: 1
        );

    [Fact]
    public void A_mutation_of_a_comment_or_of_blanks_changes_nothing()
    {
        string text = Examples.Everything.Replace("\n", " # a comment\n", StringComparison.Ordinal);
        Assert.Equal(Canonical, Form(ResourceReader.Read(text, "x").Value));
        string windows = Examples.Everything.Replace("\n", "\r\n", StringComparison.Ordinal);
        Assert.Equal(Canonical, Form(ResourceReader.Read(windows, "x").Value));
    }

    [Fact]
    public void Durations_sizes_ratios_and_shares_survive_being_written_and_read()
    {
        Gen.Long[0, (long)Units.MaxDuration.TotalMilliseconds]
            .Sample(
                ms =>
                    Units.TryDuration(Units.Duration(TimeSpan.FromMilliseconds(ms)), out TimeSpan back)
                    && back == TimeSpan.FromMilliseconds(ms),
                threads: 1
            );
        Gen.Long[0, 1L << 50].Sample(b => Units.TrySize(Units.Size(b), out long back) && back == b, threads: 1);
        Gen.Double[0, 1].Sample(r => Math.Abs(Back(r) - r) < 1e-15, threads: 1);
        Gen.Int[0, 10000].Sample(r => Back(r / 10000.0).Equals(r / 10000.0), threads: 1);
        Gen.Int[0, Share.Whole]
            .Sample(p => Units.TryShare(Units.Share(new Share(p)), out Share back) && back.Parts == p, threads: 1);
    }

    [Fact]
    public void The_nearest_name_is_found_by_the_plain_definition_of_distance() =>
        Gen.Select(Gen.String[Gen.Char['a', 'c'], 0, 6], Gen.String[Gen.Char['a', 'c'], 0, 6])
            .Sample((a, b) => Assert.Equal(DistanceOracle(a, b), NearestName.Distance(a, b)), iter: 2000, threads: 1);

    private static double Back(double r) => Units.TryRatio(Units.Ratio(new Ratio(r)), out Ratio back) ? back.Value : -1;

    private static int DistanceOracle(string a, string b)
    {
        if (a.Length == 0 || b.Length == 0)
        {
            return a.Length + b.Length;
        }

        int best = Math.Min(DistanceOracle(a[..^1], b) + 1, DistanceOracle(a, b[..^1]) + 1);
        best = Math.Min(best, DistanceOracle(a[..^1], b[..^1]) + (a[^1] == b[^1] ? 0 : 1));
        bool swapped = a.Length > 1 && b.Length > 1 && a[^1] == b[^2] && a[^2] == b[^1];
        return swapped ? Math.Min(best, DistanceOracle(a[..^2], b[..^2]) + 1) : best;
    }

    private static ResourceSet Again(ResourceSet set) =>
        ResourceReader.ReadAll(set.Resources.Select(r => (ResourceWriter.ToJson(r), r.Key.Id))).Value;

    private static string Form(ResourceSet set) => string.Join('\n', set.Resources.Select(ResourceWriter.ToJson));
}
