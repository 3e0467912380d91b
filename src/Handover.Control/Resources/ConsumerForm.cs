using Handover.Core.Catalog;

namespace Handover.Control.Resources;

/// <summary>The <c>spec</c> of a Consumer.</summary>
internal static class ConsumerForm
{
    public static Consumer Read(string name, string service, FieldCursor spec)
    {
        ConsumerRole role = spec.Choice("role", NameMaps.Role, ConsumerRole.Decision);
        Signature accepts = SignatureForm.Read(spec.Map("accepts")) ?? new Signature([]);
        return new Consumer(name, service, role, accepts)
        {
            AcknowledgeRequired = spec.Choice("acknowledge", "automatic") == "required",
        };
    }
}
