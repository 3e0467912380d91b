using Handover.Gateway.Routing;
using Handover.Ports;

namespace Handover.Gateway.Holding;

/// <summary>
/// What callers see while a service is closed (the middle of a switch with one stack): from the first request that had
/// to wait or was refused to the first answer of a model after it. Costs a request one volatile read while nothing is
/// closed.
/// </summary>
internal sealed class ClosingWatch(TimeProvider time)
{
    private volatile Closing? _now;
    private volatile Closing? _newest;

    /// <summary>The closing whose first answer is still awaited; null most of the time.</summary>
    public Closing? Now => _now;

    /// <summary>The newest closing that took place here; null when there was none.</summary>
    public GatewayClosing? Newest => _newest?.View;

    /// <summary>Takes note of a new snapshot; called by its writer, one at a time.</summary>
    public void Swapped(ServiceSnapshot before, ServiceSnapshot after)
    {
        bool shut = after.Routing is { Closed: true };
        bool shutting = shut || after.Hold is { To.Closed: true };
        if (!shutting)
        {
            if (_now is { } current && !current.Shut)
            {
                // The move to closed was given up: nothing was closed.
                _now = null;
            }

            // Where nobody had to wait there is no first answer to wait for.
            _now?.Open();
            _now = _now is { Awaited: true } ? _now : null;
            return;
        }

        if (_now is not { Opened: false })
        {
            _now = new Closing(time, whole: before.Routing is not null, done: c => Done(c));
        }

        if (shut && !_now.Shut)
        {
            _now.Shut = true;
            _newest = _now;
        }
    }

    private void Done(Closing closing)
    {
        if (ReferenceEquals(_now, closing))
        {
            _now = null;
        }
    }

    /// <summary>One closing.</summary>
    internal sealed class Closing(TimeProvider time, bool whole, Action<Closing> done)
    {
        private readonly DateTimeOffset _at = time.GetUtcNow();
        private readonly long _origin = time.GetTimestamp();
        private long _firstWaited = long.MaxValue;
        private long _firstAnswered = long.MaxValue;
        private long _held;
        private long _refused;
        private long _openedAt;
        private volatile bool _opened;

        /// <summary>Whether the routing was closed, and not only about to be.</summary>
        public volatile bool Shut;

        /// <summary>Whether the service is open again.</summary>
        public bool Opened => _opened;

        /// <summary>Whether somebody had to wait, so that a first answer will end the interruption.</summary>
        public bool Awaited => Interlocked.Read(ref _firstWaited) != long.MaxValue;

        /// <summary>What is known so far.</summary>
        public GatewayClosing View
        {
            get
            {
                long waited = Interlocked.Read(ref _firstWaited);
                long answered = Interlocked.Read(ref _firstAnswered);
                return new GatewayClosing(
                    waited == long.MaxValue ? null : _at + time.GetElapsedTime(_origin, waited),
                    answered == long.MaxValue ? null : _at + time.GetElapsedTime(_origin, answered),
                    Interlocked.Read(ref _held),
                    Interlocked.Read(ref _refused),
                    _opened,
                    whole
                );
            }
        }

        /// <summary>The service is open again.</summary>
        public void Open()
        {
            if (!_opened)
            {
                Interlocked.Exchange(ref _openedAt, time.GetTimestamp());
                _opened = true;
            }
        }

        /// <summary>A request had to wait, or was refused at once.</summary>
        /// <param name="arrived">Timestamp of its arrival.</param>
        public void Waited(long arrived) => Least(ref _firstWaited, arrived);

        /// <summary>A request that had waited goes on its way.</summary>
        public void Released() => Interlocked.Increment(ref _held);

        /// <summary>A request that had waited was answered 503.</summary>
        public void Refused() => Interlocked.Increment(ref _refused);

        /// <summary>A model answered a request; the first one ends the interruption.</summary>
        /// <param name="status">Status that its caller got; what is no answer of a model ends nothing.</param>
        /// <param name="began">
        /// Timestamp at which its answer began. What is taken after it was sent may be later than the caller had it.
        /// </param>
        public void Answered(int status, long began)
        {
            if (status is > 0 and < 500 && _opened && Awaited)
            {
                Least(ref _firstAnswered, Math.Max(began, Interlocked.Read(ref _openedAt)));
                done(this);
            }
        }

        private static void Least(ref long target, long value)
        {
            long known = Interlocked.Read(ref target);
            while (value < known)
            {
                long seen = Interlocked.CompareExchange(ref target, value, known);
                if (seen == known)
                {
                    return;
                }

                known = seen;
            }
        }
    }
}
