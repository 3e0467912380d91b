using Handover.Core.Foundation;

namespace Handover.Control.Resources;

/// <summary>
/// Reads resource files. Strict, because a misspelt field that is quietly ignored is a safety that somebody believes in
/// and does not have: every unknown name, wrong type and missing field is told, all at once, with its place.
/// </summary>
public static class ResourceReader
{
    /// <summary>
    /// Reads every document of <paramref name="text"/>; <paramref name="fileName"/> is used in messages.
    /// </summary>
    /// <param name="text">YAML or JSON.</param>
    /// <param name="fileName">For messages.</param>
    /// <param name="files">Gives the text of a file that a resource names; null where there is no directory.</param>
    public static Result<ResourceSet> Read(string text, string fileName, Func<string, Result<string>>? files = null)
    {
        var log = new ReadLog(fileName, files);
        var resources = new List<Resource>();
        foreach (YamlNode document in YamlTree.Read(text, log))
        {
            // A document of nothing but comments is no mistake: files often begin with one.
            if (document is not YamlNode.Scalar { Kind: ScalarKind.Empty } && One(document, log) is { } resource)
            {
                resources.Add(resource with { File = fileName, Line = document.Line });
            }
        }

        if (log.Count > 0)
        {
            return Result<ResourceSet>.Failed(log.Problems);
        }

        return ResourceSet.Join([new ResourceSet(resources)]);
    }

    /// <summary>Reads several texts and joins them; the problems of all of them are told together.</summary>
    public static Result<ResourceSet> ReadAll(
        IEnumerable<(string Text, string FileName)> files,
        Func<string, Result<string>>? named = null
    )
    {
        var read = files.Select(f => Read(f.Text, f.FileName, named)).ToList();
        var problems = read.SelectMany(r => r.Problems).ToList();
        return problems.Count > 0 ? Result<ResourceSet>.Failed(problems) : ResourceSet.Join(read.Select(r => r.Value));
    }

    private static Resource? One(YamlNode document, ReadLog log)
    {
        if (document is not YamlNode.Map map)
        {
            log.Add("wrong-type", document, null, $"a resource is a map of fields, got {document.Describe()}.");
            return null;
        }

        if (KindOf(map, log) is not { } kind)
        {
            return null;
        }

        int before = log.Count;
        var root = new FieldCursor(log, kind.ToString(), "", "", map);
        root.Choice("apiVersion", SupportedFields.ApiVersion);
        FieldCursor? metadata = root.Map("metadata");
        FieldCursor? spec = root.Map("spec");
        if (metadata is null || spec is null)
        {
            return null;
        }

        var head = new ResourceHead(Label(metadata, "name", kind == ResourceKind.FeatureView), metadata);
        Resource resource = Body(kind, head, spec);
        return log.Count == before ? resource : null;
    }

    private static Resource Body(ResourceKind kind, ResourceHead head, FieldCursor spec) =>
        kind switch
        {
            ResourceKind.Service => new Resource.OfService(ServiceForm.Read(head.Name, spec)),
            ResourceKind.Release => new Resource.OfRelease(ReleaseForm.Read(head.Name, head.Service, spec)),
            ResourceKind.Consumer => new Resource.OfConsumer(ConsumerForm.Read(head.Name, head.Service, spec)),
            ResourceKind.FeatureView => new Resource.OfFeatureView(FeatureViewForm.Read(head.Name, spec)),
            ResourceKind.Segment => new Resource.OfSegment(SegmentForm.Read(head.Name, spec)),
            ResourceKind.Rollout => new Resource.OfRollout(RolloutForm.Read(head.Name, head.Service, spec)),
            _ => Invariant.Unreachable<Resource>($"unknown kind {kind}"),
        };

    private static ResourceKind? KindOf(YamlNode.Map map, ReadLog log)
    {
        YamlField? field = map.Fields.FirstOrDefault(f => f.Name == "kind");
        if (field is null)
        {
            string known = $"Known: {string.Join(", ", NameMaps.Kind.All)}.";
            string? near = NearestName.Of("kind", map.Fields.Select(f => f.Name));
            log.Add("missing-field", map, "kind", "is missing.", near is null ? known : $"Is '{near}' meant to be it?");
            return null;
        }

        if (field.Value is not YamlNode.Scalar scalar || scalar.Kind != ScalarKind.Text)
        {
            log.Add("wrong-type", field.Value, "kind", $"needs text, got {field.Value.Describe()}.");
            return null;
        }

        if (NameMaps.Kind.Find(scalar.Text) is { } kind)
        {
            return kind;
        }

        string advice = NearestName.Advice(scalar.Text, NameMaps.Kind.All.ToList());
        log.Add("unknown-kind", scalar, "kind", $"there is no kind '{scalar.Text}'.", advice);
        return null;
    }

    private static string Label(FieldCursor metadata, string field, bool view = false)
    {
        string name = metadata.Text(field);
        bool good = view ? DnsLabel.IsView(name) : DnsLabel.Is(name);
        if (metadata.Find(field) is { } node && node is YamlNode.Scalar { Kind: ScalarKind.Text } && !good)
        {
            string advice = view ? "Use letters, digits, dashes and underscores, at most 63." : DnsLabel.Advice;
            metadata.Bad("bad-name", node, field, $"'{name}' is not a name.", advice);
        }

        return name;
    }

    /// <summary>The name, and the service for kinds that have one.</summary>
    private readonly record struct ResourceHead(string Name, FieldCursor Metadata)
    {
        public string Service => Label(Metadata, "service");
    }
}
