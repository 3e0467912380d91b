namespace Handover.Core.Contracts.Pacts;

/// <summary>
/// Compares header values: spaces after commas do not count; of content types, parameters may stand in any order,
/// further ones may be there, and a charset has no case.
/// </summary>
internal static class PactHeader
{
    public static bool Same(string name, string expected, string actual)
    {
        bool parameters =
            name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)
            || name.Equals("Accept", StringComparison.OrdinalIgnoreCase);
        if (!parameters || !(expected + actual).Contains(';', StringComparison.Ordinal))
        {
            return Parts(expected, ',').SequenceEqual(Parts(actual, ','));
        }

        string[] wanted = Parts(expected, ';');
        string[] found = Parts(actual, ';');
        return wanted[0] == found[0] && wanted.Skip(1).All(w => found.Skip(1).Any(f => SameParameter(w, f)));
    }

    private static bool SameParameter(string wanted, string found)
    {
        bool charset = wanted.StartsWith("charset", StringComparison.OrdinalIgnoreCase);
        return wanted.Equals(found, charset ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);
    }

    private static string[] Parts(string value, char separator) => [.. value.Split(separator).Select(p => p.Trim())];
}
