using Handover.Core.Foundation;

namespace Handover.Core.Contracts.Queries;

/// <summary>
/// A function of JMESPath: its name, how many arguments it takes and which of them are expressions. The table is the
/// specification's; what each does is in <see cref="JmesFunctions"/>.
/// </summary>
internal sealed class JmesFunction
{
    private static readonly Dictionary<string, JmesFunction> All = new JmesFunction[]
    {
        new("abs", 1, JmesFunctions.Abs),
        new("avg", 1, JmesFunctions.Avg),
        new("ceil", 1, JmesFunctions.Ceil),
        new("contains", 2, JmesFunctions.Contains),
        new("ends_with", 2, JmesFunctions.EndsWith),
        new("floor", 1, JmesFunctions.Floor),
        new("join", 2, JmesFunctions.Join),
        new("keys", 1, JmesFunctions.Keys),
        new("length", 1, JmesFunctions.Length),
        new("map", 2, 0, JmesFunctions.Map),
        new("max", 1, (e, v) => JmesFunctions.Extreme(e, v[0], +1)),
        new("max_by", 2, 1, (e, v, by) => JmesFunctions.ExtremeBy(e, v, by, +1)),
        new("merge", 1, JmesFunctions.Merge) { AnyNumber = true },
        new("min", 1, (e, v) => JmesFunctions.Extreme(e, v[0], -1)),
        new("min_by", 2, 1, (e, v, by) => JmesFunctions.ExtremeBy(e, v, by, -1)),
        new("not_null", 1, JmesFunctions.NotNull) { AnyNumber = true },
        new("reverse", 1, JmesFunctions.Reverse),
        new("sort", 1, JmesFunctions.Sort),
        new("sort_by", 2, 1, JmesFunctions.SortBy),
        new("starts_with", 2, JmesFunctions.StartsWith),
        new("sum", 1, JmesFunctions.Sum),
        new("to_array", 1, JmesFunctions.ToArray),
        new("to_number", 1, JmesFunctions.ToNumber),
        new("to_string", 1, JmesFunctions.ToText),
        new("type", 1, JmesFunctions.Type),
        new("values", 1, JmesFunctions.Values),
    }.ToDictionary(f => f.Name, StringComparer.Ordinal);

    private readonly int _arguments;
    private readonly int _reference = -1;
    private readonly Func<JmesEvaluation, JmesValue[], JmesNode?, JmesValue> _does;

    private JmesFunction(string name, int arguments, Func<JmesEvaluation, JmesValue[], JmesValue> does)
    {
        (Name, _arguments) = (name, arguments);
        _does = (evaluation, values, _) => does(evaluation, values);
    }

    private JmesFunction(
        string name,
        int arguments,
        int reference,
        Func<JmesEvaluation, JmesValue, JmesNode, JmesValue> does
    )
    {
        (Name, _arguments, _reference) = (name, arguments, reference);
        _does = (evaluation, values, node) => does(evaluation, values[1 - reference], node!);
    }

    /// <summary>As it is called.</summary>
    public string Name { get; }

    private bool AnyNumber { get; init; }

    /// <summary>The function of this name; null when there is none.</summary>
    public static JmesFunction? Find(string name) => All.GetValueOrDefault(name);

    /// <summary>What is wrong with the arguments as they are written; null when nothing is.</summary>
    public string? Refuses(IReadOnlyList<JmesNode> arguments)
    {
        bool enough = AnyNumber ? arguments.Count >= _arguments : arguments.Count == _arguments;
        if (!enough)
        {
            return $"{Name} takes {(AnyNumber ? "at least " : "")}{_arguments} arguments, got {arguments.Count}";
        }

        for (int i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] is JmesNode.Reference != (i == _reference))
            {
                return i == _reference
                    ? $"argument {i + 1} of {Name} is an expression: write it with &"
                    : $"argument {i + 1} of {Name} is a value, not an expression with &";
            }
        }

        return null;
    }

    /// <summary>Evaluates the arguments and calls it.</summary>
    public JmesValue Invoke(JmesEvaluation evaluation, IReadOnlyList<JmesNode> arguments, JmesValue at)
    {
        JmesNode? reference = null;
        var values = new JmesValue[arguments.Count];
        for (int i = 0; i < values.Length; i++)
        {
            if (arguments[i] is JmesNode.Reference given)
            {
                reference = given.Of;
                values[i] = JmesValue.Null;
            }
            else
            {
                values[i] = evaluation.Evaluate(arguments[i], at);
            }
        }

        Invariant.Holds(reference is null == _reference < 0, "the parser has checked the arguments");
        return evaluation.Problem is null ? _does(evaluation, values, reference) : JmesValue.Null;
    }
}
