using Handover.Tests.House;
using Xunit;

namespace Handover.Tests.Contracts;

/// <summary>
/// Where the official suites are: in HANDOVER_CONFORMANCE, or in <c>shared/conformance</c> beside the repository or
/// above it. They belong to others and are not part of the repository; a test without them is skipped with a notice.
/// </summary>
public static class Conformance
{
    public static string Folder(string suite)
    {
        string? root = Environment.GetEnvironmentVariable("HANDOVER_CONFORMANCE");
        for (string? at = Repository.At(""); root is null && at is not null; at = Path.GetDirectoryName(at))
        {
            string beside = Path.Combine(at, "shared", "conformance");
            root = Directory.Exists(beside) ? beside : null;
        }

        string? found = root is null ? null : Path.Combine(root, suite);
        bool here = found is not null && Directory.Exists(found);
        string notice =
            $"the conformance suite {suite} is not here; set HANDOVER_CONFORMANCE to the folder that has it";
        if (root is not null)
        {
            // Where the suites are promised, one that is silently not run would be a check that cannot fail.
            Assert.True(here, notice);
        }

        Assert.SkipUnless(here, notice);
        return found!;
    }
}
