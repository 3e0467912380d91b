using System.Runtime.CompilerServices;

namespace Handover.Simulation;

/// <summary>
/// The text of a violation, made only when there is one. A checker looks millions of times and finds nothing; text that
/// is made for each look would cost more than the world that is looked at.
/// </summary>
[InterpolatedStringHandler]
public ref struct ViolationText
{
    private DefaultInterpolatedStringHandler _text;

    /// <summary>Begins; <paramref name="wanted"/> says whether there will be a text.</summary>
    public ViolationText(int literals, int holes, bool holds, out bool wanted)
    {
        wanted = !holds;
        _text = wanted ? new DefaultInterpolatedStringHandler(literals, holes) : default;
    }

    public void AppendLiteral(string text) => _text.AppendLiteral(text);

    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    /// <summary>The text.</summary>
    public string Take() => _text.ToStringAndClear();
}
