using Handover.Core.Catalog;

namespace Handover.Control.Resources;

/// <summary>The <c>spec</c> of a FeatureView.</summary>
internal static class FeatureViewForm
{
    public static FeatureView Read(string name, FieldCursor spec)
    {
        var versions = new List<FeatureViewVersion>();
        foreach (FieldCursor map in spec.Maps("versions"))
        {
            int number = (int)map.Whole("version", 1, 1, int.MaxValue);
            if (versions.Any(v => v.Version == number))
            {
                map.Bad("duplicate-name", map.Node, "version", $"version {number} is declared twice.");
            }

            List<FeatureField> fields =
            [
                .. map.Maps("fields").Select(f => new FeatureField(f.Text("name"), f.Choice("datatype", ""))),
            ];
            versions.Add(new FeatureViewVersion(number, fields));
        }

        if (spec.Find("versions") is YamlNode.List { Items.Count: 0 } empty)
        {
            spec.Bad("empty-list", empty, "versions", "needs at least one version.");
        }

        return new FeatureView(name, versions);
    }
}
