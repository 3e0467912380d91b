#pragma warning disable RS0030 // Of the banned System.Diagnostics, only attributes that the compiler reads.
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Handover.Core.Foundation;

/// <summary>
/// Checks for errors of programming. They stay on in Release: a broken invariant stops the operation loudly instead of
/// letting a wrong decision reach live traffic. Errors of operation are values (<see cref="Result{T}"/>), never this.
/// </summary>
public static class Invariant
{
    /// <summary>Throws <see cref="InvariantException"/> unless <paramref name="condition"/> holds.</summary>
    public static void Holds(
        [DoesNotReturnIf(false)] bool condition,
        string because,
        [CallerArgumentExpression(nameof(condition))] string? expression = null
    )
    {
        if (!condition)
        {
            throw new InvariantException($"{because} (broken: {expression})");
        }
    }

    /// <summary>Throws for a case that the code's own logic excludes.</summary>
    [DoesNotReturn]
    public static T Unreachable<T>(string because) => throw new InvariantException(because);
}
