using System.Globalization;
using System.Text;

namespace Handover.Core.Evidence;

/// <summary>
/// Writes evidence as words in one line of text. Doubles are written by their bits, because a verdict that is
/// recomputed after a restart must be the same to the last bit.
/// </summary>
internal sealed class StateWriter
{
    private readonly StringBuilder _text = new();

    public void Write(long value) => Word(value.ToString(CultureInfo.InvariantCulture));

    public void Write(double value) => Word(BitConverter.DoubleToUInt64Bits(value).ToString("x16"));

    /// <summary>Writes a word without white space.</summary>
    public void Word(string word)
    {
        if (_text.Length > 0)
        {
            _text.Append(' ');
        }

        _text.Append(word);
    }

    public override string ToString() => _text.ToString();
}
