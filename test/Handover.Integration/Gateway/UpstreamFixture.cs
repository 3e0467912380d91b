using System.Text;
using Handover.Testkit;
using Xunit;

namespace Handover.Integration.Gateway;

/// <summary>
/// One member that says what the case in <c>x-case</c> wants, before two gateways: one with connections of its own,
/// one with the framework's.
/// </summary>
public sealed class UpstreamFixture : IAsyncLifetime
{
    private static readonly UpstreamCase Good = UpstreamCases.All["length"];

    internal ScriptedMember Member { get; private set; } = null!;

    internal GatewayHarness Direct { get; private set; } = null!;

    internal GatewayHarness Framework { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Member = ScriptedMember.Start(Say);
        Direct = await GatewayHarness.StartAsync(h => h.Stable = Member.Address);
        Framework = await GatewayHarness.StartAsync(h => (h.Stable, h.Direct) = (Member.Address, false));
    }

    public async ValueTask DisposeAsync()
    {
        await Direct.DisposeAsync();
        await Framework.DisposeAsync();
        await Member.DisposeAsync();
    }

    /// <summary>Asks for a case; what a caller sees of it.</summary>
    /// <param name="gateway">Through which gateway.</param>
    /// <param name="name">The case.</param>
    /// <param name="cut">How its bytes are cut: one piece, or a piece at each multiple of this.</param>
    internal static async Task<UpstreamSeen> AskAsync(GatewayHarness gateway, string name, int cut)
    {
        try
        {
            using HttpResponseMessage answer = await gateway.InferAsync(
                "c-1",
                "{\"a\":1}",
                r => r.Headers.TryAddWithoutValidation("x-case", $"{name} {cut}")
            );
            string body = await answer.Content.ReadAsStringAsync();
            var fields = answer
                .Headers.NonValidated.Concat(answer.Content.Headers.NonValidated)
                .Concat(answer.TrailingHeaders.NonValidated)
                .Where(f => f.Key is not ("Date" or "Handover-Request-Id"))
                .Select(f => $"{f.Key.ToUpperInvariant()}: {f.Value}")
                .Order(StringComparer.Ordinal);
            return new UpstreamSeen((int)answer.StatusCode, string.Join('\n', fields), body);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return new UpstreamSeen(0, "", "broken off");
        }
    }

    private static Script Say(string request)
    {
        string? line = request.Split("\r\n").FirstOrDefault(l => l.StartsWith("x-case: ", StringComparison.Ordinal));
        string[] words = (line ?? "x-case: length 0")["x-case: ".Length..].Split(' ');
        UpstreamCase said = UpstreamCases.All.GetValueOrDefault(words[0], Good);
        int cut = int.Parse(words[1], System.Globalization.CultureInfo.InvariantCulture);
        return new Script(cut == 0 ? [said.Answer] : Pieces(said.Answer, cut), said.Closes)
        {
            Pause = TimeSpan.FromMilliseconds(cut == 0 ? 2 : 1),
        };
    }

    // Not more packets than a test has time for: what is left goes in one.
    private static List<string> Pieces(string text, int cut)
    {
        const int Most = 40;
        var pieces = new List<string>();
        for (int at = 0; at < text.Length; at += cut)
        {
            bool last = pieces.Count == Most;
            pieces.Add(last ? text[at..] : text.Substring(at, Math.Min(cut, text.Length - at)));
            if (last)
            {
                break;
            }
        }

        return pieces;
    }
}

/// <summary>What a caller saw of an answer.</summary>
/// <param name="Status">0 when it broke off.</param>
/// <param name="Fields">Header fields and trailers, sorted, without those that differ each time.</param>
/// <param name="Body">The body.</param>
internal sealed record UpstreamSeen(int Status, string Fields, string Body);
