using System.Globalization;
using Handover.Core.Catalog;
using Handover.Core.Foundation;

namespace Handover.Core.Divergence;

/// <summary>What counts as the same answer.</summary>
public sealed record Tolerances
{
    /// <summary>Numbers 5 % apart are the same, everything else must be equal.</summary>
    public static Tolerances Default { get; } = new();

    /// <summary>Bit for bit: for a runtime swap with the same weights.</summary>
    public static Tolerances Exact { get; } = new() { Absolute = 0, Relative = 0 };

    /// <summary>For chat answers: content is free text, and how many tokens it took is no difference.</summary>
    public static Tolerances OpenAi { get; } =
        new()
        {
            Kinds = new Dictionary<string, OutputKind>(StringComparer.Ordinal)
            {
                ["content"] = OutputKind.Text,
                ["prompt_tokens"] = OutputKind.Ignored,
                ["completion_tokens"] = OutputKind.Ignored,
            },
        };

    /// <summary>Absolute part of the tolerance of numbers, in the output's unit. Default 1e-9.</summary>
    public double Absolute { get; init; } = 1e-9;

    /// <summary>Relative part of the tolerance of numbers, of the larger magnitude. Default 5 %.</summary>
    public double Relative { get; init; } = 0.05;

    /// <summary>
    /// Units in the last place (of an FP64) up to which numbers are the same whatever their size. Default 0.
    /// </summary>
    public long Ulps { get; init; }

    /// <summary>
    /// Where numbers decide something: values on different sides of it are never the same. Null: nowhere.
    /// </summary>
    public double? Threshold { get; init; }

    /// <summary>Which way across <see cref="Threshold"/> does harm. Default either.</summary>
    public HarmfulFlip Harm { get; init; }

    /// <summary>
    /// Total variation up to which probability vectors with the same top class are the same. Default 5 %.
    /// </summary>
    public double TotalVariation { get; init; } = 0.05;

    /// <summary>Rank-biased overlap from which rankings are the same. Default 0.95.</summary>
    public double RankOverlap { get; init; } = 0.95;

    /// <summary>Token F1 from which free texts are the same. Default 0.9.</summary>
    public double TextF1 { get; init; } = 0.9;

    /// <summary>Mean overlap of matched boxes from which two sets of boxes are the same. Default 0.9.</summary>
    public double BoxOverlap { get; init; } = 0.9;

    /// <summary>Cosine from which vectors of one space are the same. Default 0.99.</summary>
    public double Cosine { get; init; } = 0.99;

    /// <summary>Neighbour overlap from which two spaces agree. Default 0.8.</summary>
    public double NeighbourOverlap { get; init; } = 0.8;

    /// <summary>
    /// Whether both releases declare the same space for their vectors. Without it a cosine of one vector with the other
    /// would be a number without a meaning, so that only neighbours are compared. Default false.
    /// </summary>
    public bool SameSpace { get; init; }

    /// <summary>
    /// How outputs are read whose datatype does not say it all, by name of the output or folded JSON pointer.
    /// </summary>
    public IReadOnlyDictionary<string, OutputKind> Kinds { get; init; } = new Dictionary<string, OutputKind>();

    /// <summary>What counts as the same at single paths and below them; null: these tolerances everywhere.</summary>
    public IReadOnlyDictionary<string, Tolerances>? ByPath { get; init; }

    /// <summary>Paths that are reported at most. Default 2,000.</summary>
    public int MostPaths { get; init; } = 2_000;

    /// <summary>
    /// Hash of everything that decides what is the same, as 16 hexadecimal digits. It is part of the hash of a
    /// rollout's gates: evidence that was gathered by other rules is evidence of something else.
    /// </summary>
    public string Fingerprint()
    {
        string text = string.Join(
            '\n',
            [
                Own(),
                .. Kinds.OrderBy(k => k.Key, StringComparer.Ordinal).Select(k => $"{k.Key} {k.Value}"),
                .. (ByPath ?? new Dictionary<string, Tolerances>())
                    .OrderBy(p => p.Key, StringComparer.Ordinal)
                    .Select(p => $"{p.Key} {p.Value.Own()}"),
            ]
        );
        return $"{Murmur3.Hash(text):x8}{Murmur3.Hash("2" + text):x8}";
    }

    private string Own() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Absolute:R} {Relative:R} {Ulps} {Threshold:R} {Harm} {TotalVariation:R} {RankOverlap:R} {TextF1:R} {BoxOverlap:R} {Cosine:R} {NeighbourOverlap:R} {SameSpace}"
        );

    /// <summary>What the value at a path is: the longest path above it that <see cref="Kinds"/> names decides.</summary>
    public OutputKind KindOf(string path) => Longest(Kinds, path, OutputKind.Auto);

    /// <summary>What counts as the same at a path: the longest path above it that is named decides.</summary>
    public Tolerances For(string path) => ByPath is null ? this : Longest(ByPath, path, this);

    /// <summary>What the longest path above a path is named with; <paramref name="otherwise"/> for none.</summary>
    internal static T Longest<T>(IReadOnlyDictionary<string, T> named, string path, T otherwise) =>
        Longest(named, path) is { } found ? found.Value : otherwise;

    /// <summary>The longest path above a path that is named, and with what; null when none is.</summary>
    internal static KeyValuePair<string, T>? Longest<T>(IReadOnlyDictionary<string, T> named, string path)
    {
        while (named.Count > 0)
        {
            if (named.TryGetValue(path, out T? found))
            {
                return new(path, found);
            }

            int above = path.LastIndexOf('/');
            if (above <= 0)
            {
                return null;
            }

            path = path[..above];
        }

        return null;
    }
}
