using System.Globalization;
using System.Text;
using Handover.Core.Payloads;

namespace Handover.Control.Api;

/// <summary>An answer whose bytes are no text, written for people: one line per tensor.</summary>
internal static class TensorText
{
    /// <summary>The tensors; what is longer than <paramref name="most"/> characters ends with an ellipsis.</summary>
    public static string Of(TypedAnswer answer, int most)
    {
        var text = new StringBuilder();
        foreach (TypedTensor tensor in answer.Tensors)
        {
            text.Append(text.Length == 0 ? "" : "\n")
                .Append(CultureInfo.InvariantCulture, $"{tensor.Name} {tensor.Datatype}")
                .Append(CultureInfo.InvariantCulture, $"[{string.Join(", ", tensor.Shape)}]: ");
            for (int i = 0; i < tensor.Count && text.Length <= most; i++)
            {
                string value =
                    tensor.Texts.Count > 0
                        ? tensor.Texts[i]
                        : tensor.Numbers[i].ToString("G9", CultureInfo.InvariantCulture);
                text.Append(i == 0 ? "" : ", ").Append(value);
            }
        }

        return text.Length <= most ? text.ToString() : $"{text.ToString(0, most)}…";
    }
}
