namespace Handover.Simulation;

/// <summary>All known bugs, by name.</summary>
public static class Mutations
{
    private static readonly Dictionary<string, Func<Mutation>> All = new(StringComparer.Ordinal)
    {
        ["none"] = () => Mutation.None,
    };

    public static IEnumerable<string> Names => All.Keys;

    public static Func<Mutation>? Find(string name) => All.GetValueOrDefault(name);
}
