namespace Handover.Core.Foundation;

/// <summary>An error of programming: some state that must never exist was reached. Never caught to continue.</summary>
public sealed class InvariantException(string message) : Exception(message);
