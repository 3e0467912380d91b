namespace Handover.Core.Contracts.Schemas;

/// <summary>Which resource has which dynamic anchors: what a dynamic reference looks up in its scope.</summary>
internal sealed class SchemaScopes
{
    private readonly Dictionary<(int Resource, string Name), SchemaNode> _anchors = [];

    /// <summary>Whether any schema has a dynamic reference that depends on who came before.</summary>
    public bool Dynamic { get; set; }

    public void Add(int resource, string name, SchemaNode node) => _anchors[(resource, name)] = node;

    public SchemaNode? Find(int resource, string name) => _anchors.GetValueOrDefault((resource, name));
}
