using Handover.Core.Foundation;
using Handover.Protocol;

namespace Handover.Control.Labels;

/// <summary>Counts what becomes of the lines of one push.</summary>
internal sealed class LabelTally
{
    private const int ErrorsTold = 100;

    private readonly List<LineError> _errors = [];
    private long _accepted;
    private long _rejected;
    private long _duplicate;
    private long _conflicting;

    /// <summary>Accepted ones whose answers are not recorded yet.</summary>
    public long Waiting { get; set; }

    /// <summary>Lines that were no labels.</summary>
    public long Malformed { get; private set; }

    public LabelReceipt Receipt =>
        new(_accepted, _rejected, [.. _errors.OrderBy(e => e.Line)])
        {
            Waiting = Waiting,
            Duplicate = _duplicate,
            Conflicting = _conflicting,
        };

    /// <summary>What was read, or null after counting why it is nothing.</summary>
    public T? Parsed<T>(long number, bool tooLong, Func<Result<T>> read)
        where T : class
    {
        Result<T> label = tooLong ? new Problem("bad-label", "is too long.") : read();
        if (label.Ok)
        {
            return label.Value;
        }

        Malformed++;
        Reject(number, label.Problems[0].Message);
        return null;
    }

    public void Count(long number, LabelLine label, LabelFate fate)
    {
        switch (fate)
        {
            case LabelFate.Taken:
                _accepted++;
                break;
            case LabelFate.Duplicate:
                _duplicate++;
                break;
            case LabelFate.Conflicting:
                _conflicting++;
                string what = label.Metric.Length == 0 ? "truth" : $"value of {label.Metric}";
                Reject(number, $"request {label.RequestId} has another {what} already, which stays.");
                break;
            default:
                Reject(number, "too many labels wait for their answers; push it again later.");
                break;
        }
    }

    private void Reject(long number, string detail)
    {
        _rejected++;
        if (_errors.Count < ErrorsTold)
        {
            _errors.Add(new LineError(number, detail));
        }
    }
}
