namespace Handover.Protocol;

/// <summary>Asks for a token.</summary>
/// <param name="Name">Who will hold it; the name stands in the audit log.</param>
/// <param name="Role"><c>viewer operator approver admin</c>.</param>
public sealed record TokenRequest(string Name, string Role);

/// <summary>A new token. It is shown this once: only its hash is kept.</summary>
/// <param name="Name">Who holds it.</param>
/// <param name="Role">What its bearer may do.</param>
/// <param name="Token">The secret.</param>
public sealed record TokenView(string Name, string Role, string Token);
