// Why: a model process runs other people's code. It needs the machine's settings and nothing that opens a door.
namespace Handover.Runtimes.Processes;

/// <summary>Which of the node's environment variables a process member gets.</summary>
internal static class ProcessEnvironment
{
    private static readonly string[] SecretWords =
    [
        "TOKEN",
        "SECRET",
        "PASSWORD",
        "PASSWD",
        "PASSPHRASE",
        "CREDENTIAL",
        "API_KEY",
        "APIKEY",
        "ACCESS_KEY",
        "PRIVATE_KEY",
        "AUTH_SOCK",
    ];

    /// <summary>
    /// False for Handover's own variables, for names that speak of secrets, and for values that are URLs with a
    /// password.
    /// </summary>
    public static bool MayPass(string name, string? value)
    {
        if (name.StartsWith("HANDOVER_", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        bool secret = Array.Exists(SecretWords, w => name.Contains(w, StringComparison.OrdinalIgnoreCase));
        return !secret && !HasPassword(value ?? "");
    }

    private static bool HasPassword(string value) =>
        Uri.TryCreate(value, UriKind.Absolute, out Uri? url) && url.UserInfo.Contains(':');
}
