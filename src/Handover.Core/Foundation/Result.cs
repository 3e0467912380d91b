namespace Handover.Core.Foundation;

/// <summary>
/// A value, or the problems that stood in its way. Problems are reported all at once, never one by one.
/// </summary>
/// <typeparam name="T">What was asked for.</typeparam>
public sealed record Result<T>
{
    private readonly T? _value;

    private Result(T? value, IReadOnlyList<Problem> problems)
    {
        _value = value;
        Problems = problems;
    }

    /// <summary>What went wrong; empty on success.</summary>
    public IReadOnlyList<Problem> Problems { get; }

    /// <summary>Whether there is a value.</summary>
    public bool Ok => Problems.Count == 0;

    /// <summary>The value; throws when there is none.</summary>
    public T Value
    {
        get
        {
            Invariant.Holds(Ok, $"asked for the value of a failed result: {string.Join("; ", Problems)}");
            return _value!;
        }
    }

    /// <summary>Success, for types that have no implicit conversion (interfaces).</summary>
    public static Result<T> Of(T value) => new(value, []);

    /// <summary>Success.</summary>
    public static implicit operator Result<T>(T value) => new(value, []);

    /// <summary>Failure for one reason.</summary>
    public static implicit operator Result<T>(Problem problem) => new(default, [problem]);

    /// <summary>Failure for several reasons; there must be at least one.</summary>
    public static Result<T> Failed(IReadOnlyList<Problem> problems)
    {
        Invariant.Holds(problems.Count > 0, "a failed result names its problems");
        return new(default, problems);
    }
}
