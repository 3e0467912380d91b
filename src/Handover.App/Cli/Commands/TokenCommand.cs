using System.CommandLine;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary><c>token create</c>: prints the token once; only its hash is kept.</summary>
internal static class TokenCommand
{
    public static Command Build(CliRunner run)
    {
        var name = new Argument<string>("NAME") { Description = "Who will hold it" };
        var role = new Option<string>("--role")
        {
            Required = true,
            Description = "viewer, operator, approver or admin",
        };
        role.AcceptOnlyFromAmong("viewer", "operator", "approver", "admin");
        Command create = run.Handle(
            new Command("create", "Make a token; it is shown once") { name, role },
            async session =>
            {
                string who = session.Parse.GetValue(name)!;
                string what = session.Parse.GetValue(role)!;
                if (session.OnlyDry($"make a token for {who} with role {what}"))
                {
                    return ExitCodes.Ok;
                }

                (TokenView token, _) = await session.Api.PostAsync(
                    "/api/v1/tokens",
                    new TokenRequest(who, what),
                    ProtocolJson.Default.TokenRequest,
                    ProtocolJson.Lenient.TokenView,
                    session.Cancel
                );
                session.Say($"token of {token.Name} ({token.Role}); it is not shown again:");
                session.Output.One(token, ProtocolJson.Default.TokenView, t => t.Token, (o, t) => o.WriteLine(t.Token));
                return ExitCodes.Ok;
            }
        );
        return new Command("token", "Who may use the API") { create };
    }
}
