using Handover.Core.Foundation;

namespace Handover.Control.Resources;

/// <summary>Resources that were read together and are applied together, all or none.</summary>
/// <param name="Resources">In the order they were declared; their keys are unique.</param>
public sealed record ResourceSet(IReadOnlyList<Resource> Resources)
{
    /// <summary>Nothing.</summary>
    public static ResourceSet Empty { get; } = new([]);

    /// <summary>Puts the sets of several files together; the same resource in two of them is a problem.</summary>
    public static Result<ResourceSet> Join(IEnumerable<ResourceSet> sets)
    {
        var all = new List<Resource>();
        var problems = new List<Problem>();
        var seen = new Dictionary<string, Resource>(StringComparer.Ordinal);
        foreach (Resource resource in sets.SelectMany(s => s.Resources))
        {
            if (seen.TryAdd(resource.Key.Id, resource))
            {
                all.Add(resource);
                continue;
            }

            Resource first = seen[resource.Key.Id];
            problems.Add(
                new Problem("duplicate-resource", $"{resource.Key} is declared twice.")
                {
                    File = resource.File,
                    Line = resource.Line,
                    Column = resource.Line > 0 ? 1 : 0,
                    Field = "metadata.name",
                    Fix = $"It was first declared in {first.File}:{first.Line}; keep one of the two.",
                }
            );
        }

        return problems.Count > 0 ? Result<ResourceSet>.Failed(problems) : new ResourceSet(all);
    }
}
