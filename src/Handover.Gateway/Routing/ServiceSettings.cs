using Handover.Core.Catalog;
using Handover.Core.Contracts.Adapters;
using Handover.Core.Rollouts;
using Handover.Gateway.Forwarding;
using Handover.Ports;

namespace Handover.Gateway.Routing;

/// <summary>What was declared for a service, with clients in the place of endpoints.</summary>
/// <param name="Service">The declaration.</param>
/// <param name="Releases">Release -> member -> where it runs.</param>
/// <param name="Mirror">Copies of live requests.</param>
/// <param name="Flag">The organisation's flag.</param>
/// <param name="PinKeys">Keys for pins.</param>
/// <param name="Adapters">How answers are rewritten, by release.</param>
/// <param name="OverrideTokenHashes">Who may name a release.</param>
/// <param name="Tokens">Who verifies callers' tokens; null where no claim is read.</param>
internal sealed record ServiceSettings(
    Service Service,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, MemberPool>> Releases,
    MirrorConfiguration? Mirror,
    OutsideFlag? Flag,
    IReadOnlyList<byte[]> PinKeys,
    IReadOnlyDictionary<string, AnswerAdapter> Adapters,
    IReadOnlyList<string> OverrideTokenHashes,
    TokenDesk? Tokens = null
);
