namespace Diamonds.Demo;

/// <summary>
/// Something that the demo waited for did not come. The message says what it was and where to look.
/// </summary>
public sealed class DemoFailure(string message) : Exception(message);
