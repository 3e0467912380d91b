using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Handover.Core.Foundation;

namespace Handover.Control.Security;

/// <summary>
/// The tokens that open the admin API. Only SHA-256 hashes are kept: a token is 256 random bits, so nothing slower is
/// needed, and a stolen file opens nothing. The first start writes one admin token for the command line on this
/// machine.
/// </summary>
public sealed class TokenStore
{
    private const string Prefix = "hov_";
    private const int MostTokens = 1000;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _path;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private IReadOnlyList<StoredToken> _tokens;

    private TokenStore(string path, TimeProvider clock, IReadOnlyList<StoredToken> tokens)
    {
        _path = path;
        _clock = clock;
        _tokens = tokens;
    }

    /// <summary>Where the command line finds the admin token.</summary>
    public static string AdminTokenPath(string stateDirectory) => Path.Combine(stateDirectory, "admin.token");

    /// <summary>
    /// Opens the store in a state directory, which is made for this user alone. Writes <c>admin.token</c> (mode 0600)
    /// when there is none. A token file that others may read, or that is a link, is refused rather than trusted.
    /// </summary>
    public static Result<TokenStore> Open(string stateDirectory, TimeProvider clock)
    {
        try
        {
            MakePrivate(stateDirectory);
            string path = Path.Combine(stateDirectory, "tokens.json");
            Result<IReadOnlyList<StoredToken>> stored = Read(path);
            if (!stored.Ok)
            {
                return Result<TokenStore>.Failed(stored.Problems);
            }

            var store = new TokenStore(path, clock, stored.Value);
            Problem? trouble = store.EnsureAdmin(AdminTokenPath(stateDirectory));
            return trouble is null ? store : trouble;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Problem(
                "state-unwritable",
                $"the tokens in {stateDirectory} cannot be read or written: {e.Message}"
            )
            {
                Fix = "Give the user that runs Handover the directory, or name another one with --state.",
            };
        }
    }

    /// <summary>
    /// Makes a token for a person or a program and returns it; it cannot be had again. Names are unique, because the
    /// name is who the audit log says it was.
    /// </summary>
    public Result<string> Create(string name, Role role)
    {
        if (name.Length is 0 or > 63 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '@'))
        {
            return new Problem("bad-name", $"'{name}' cannot be the name of a token.")
            {
                Fix = "Use 1 to 63 letters, digits, dots, dashes, underscores or @.",
                Field = "name",
            };
        }

        lock (_gate)
        {
            if (_tokens.Any(t => string.Equals(t.Name, name, StringComparison.Ordinal)))
            {
                return new Problem("conflict", $"there is a token named '{name}' already.")
                {
                    Fix = "Choose another name.",
                };
            }

            if (_tokens.Count >= MostTokens)
            {
                return new Problem("too-many", $"there are {MostTokens} tokens already; no more are kept.");
            }

            string token = NewToken();
            Keep(new StoredToken(name, role.Text(), HashOf(token), _clock.GetUtcNow()));
            return token;
        }
    }

    /// <summary>
    /// Who presents this token; null when nobody who is known. Takes the same time whichever token matches.
    /// </summary>
    public Caller? Verify(string token)
    {
        if (token.Length > 256)
        {
            return null;
        }

        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(token));
        StoredToken? found = null;
        foreach (StoredToken candidate in Volatile.Read(ref _tokens))
        {
            if (CryptographicOperations.FixedTimeEquals(hash, candidate.Hash))
            {
                found = candidate;
            }
        }

        return found is not null && Roles.Parse(found.Role) is { } role ? new Caller(found.Name, role) : null;
    }

    private Problem? EnsureAdmin(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists && file.LinkTarget is null)
        {
            string token = NewToken();
            using (FileStream stream = CreatePrivate(path))
            {
                stream.Write(Encoding.ASCII.GetBytes(token + "\n"));
                stream.Flush(flushToDisk: true);
            }

            Replace("admin", token);
            return null;
        }

        if (file.LinkTarget is not null || (OperatingSystem.IsLinux() && File.GetUnixFileMode(path) != OwnerOnly))
        {
            return new Problem("token-exposed", $"{path} is a link, or other users may read it.")
            {
                Fix = "Remove it; the next start writes a new one.",
            };
        }

        string present = File.ReadAllText(path).Trim();
        if (Verify(present) is null)
        {
            Replace("admin", present);
        }

        return null;
    }

    private void Replace(string name, string token)
    {
        lock (_gate)
        {
            _tokens = [.. _tokens.Where(t => !string.Equals(t.Name, name, StringComparison.Ordinal))];
            Keep(new StoredToken(name, Role.Admin.Text(), HashOf(token), _clock.GetUtcNow()));
        }
    }

    private void Keep(StoredToken token)
    {
        IReadOnlyList<StoredToken> next = [.. _tokens, token];
        string fresh = _path + ".new";
        File.Delete(fresh);
        using (FileStream stream = CreatePrivate(fresh))
        {
            JsonSerializer.Serialize(stream, next.Select(Line.Of).ToArray());
            stream.Flush(flushToDisk: true);
        }

        File.Move(fresh, _path, overwrite: true);
        Volatile.Write(ref _tokens, next);
    }

    private static Result<IReadOnlyList<StoredToken>> Read(string path)
    {
        if (!File.Exists(path))
        {
            return Result<IReadOnlyList<StoredToken>>.Of([]);
        }

        try
        {
            Line[] lines = JsonSerializer.Deserialize<Line[]>(File.ReadAllBytes(path)) ?? [];
            return Result<IReadOnlyList<StoredToken>>.Of([.. lines.Select(l => l.ToToken())]);
        }
        catch (Exception e) when (e is JsonException or FormatException or ArgumentNullException)
        {
            return new Problem("tokens-damaged", $"the tokens cannot be read: {e.Message}")
            {
                File = path,
                Fix = "Restore the file from a backup, or remove it: the admin token stays, others must be made again.",
            };
        }
    }

    private static void MakePrivate(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
            return;
        }

        Directory.CreateDirectory(directory, OwnerOnly | UnixFileMode.UserExecute);
    }

    private static FileStream CreatePrivate(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return new FileStream(path, options);
    }

    private static string NewToken() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    private static byte[] HashOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private sealed record Line(string Name, string Role, string Sha256, DateTimeOffset CreatedAt)
    {
        public static Line Of(StoredToken t) => new(t.Name, t.Role, Convert.ToHexStringLower(t.Hash), t.CreatedAt);

        public StoredToken ToToken() => new(Name, Role, Convert.FromHexString(Sha256), CreatedAt);
    }
}

/// <summary>Who asks.</summary>
/// <param name="Name">The token's name; <c>anonymous</c> for a read without a token on loopback.</param>
/// <param name="Role">What the caller may do.</param>
public sealed record Caller(string Name, Role Role)
{
    /// <summary>A reader on this machine who showed no token.</summary>
    public static Caller Anonymous { get; } = new("anonymous", Role.Viewer);
}

internal sealed record StoredToken(string Name, string Role, byte[] Hash, DateTimeOffset CreatedAt);
