using System.Security.Cryptography;
using System.Text;
using Handover.Control.Resources;
using Handover.Core.Catalog;

namespace Handover.Control.Consumers;

/// <summary>
/// Names a release by its content. A release may be deleted and declared again under its old name; what somebody
/// acknowledged is the content, never the name.
/// </summary>
public static class ReleaseDigest
{
    /// <summary><c>sha256:</c> and 64 hex digits over the release's canonical form.</summary>
    public static string Of(Release release) =>
        "sha256:"
        + Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes(ResourceWriter.ToJson(new Resource.OfRelease(release))))
        );
}
