using CsCheck;
using Handover.Control.Evidence;
using Handover.Core.Foundation;
using Handover.Core.Traffic;
using Handover.Ports;
using Xunit;

namespace Handover.Tests.Record;

/// <summary>
/// Answers that wait for the others to the same request: whatever comes in whatever order, they are found, what waits
/// stays within its bounds, and it is what it is counted to be.
/// </summary>
public sealed class WaitingAnswersTests
{
    private const int Most = 8;
    private const long MostBytes = 300;

    [Fact]
    public void Halves_find_each_other_and_stay_within_both_bounds()
    {
        Gen.Select(Gen.Int[0, 12], Gen.Bool, Gen.Int[0, 120])
            .Array[0, 80]
            .Sample(asked =>
            {
                var buffer = new PairBuffer(Most, MostBytes);
                var twin = new List<(string Id, bool Live, int Size)>();
                foreach ((int id, bool live, int size) in asked.DistinctBy(a => (a.Item1, a.Item2)))
                {
                    Exchange answer = Of($"r-{id}", live ? Purpose.Live : Purpose.Shadow, size);
                    Exchange? other = buffer.Add(answer);
                    int at = twin.FindIndex(t => t.Id == answer.RequestId);
                    if (other is not null)
                    {
                        Assert.Equal(
                            (answer.RequestId, twin[at].Size),
                            (other.RequestId, other.Response!.Value.Length)
                        );
                        Assert.NotEqual(answer.Purpose, other.Purpose);
                        twin.RemoveAt(at);
                        continue;
                    }

                    // Never there, or given up without a byte.
                    twin.RemoveAll(t => t.Id == answer.RequestId);
                    twin.Add((answer.RequestId, live, size));
                    while (twin.Sum(t => t.Size) > buffer.Bytes)
                    {
                        twin.RemoveAt(0);
                    }

                    Assert.Equal(twin.Sum(t => (long)t.Size), buffer.Bytes);
                    Assert.True(buffer.Bytes <= Math.Max(MostBytes, size), $"{buffer.Bytes} bytes wait");
                }
            });
    }

    [Fact]
    public void A_large_answer_pushes_out_the_oldest_and_is_kept_itself()
    {
        var pairs = new PairBuffer(Most, MostBytes);
        Assert.Null(pairs.Add(Of("old", Purpose.Live, 200)));
        Assert.Null(pairs.Add(Of("large", Purpose.Live, 1000)));
        Assert.Equal((1, 1000), (pairs.Dropped, pairs.Bytes));
        Assert.Null(pairs.Add(Of("old", Purpose.Shadow, 1)));
        Assert.Equal((2, 1), (pairs.Dropped, pairs.Bytes));
    }

    [Fact]
    public void Three_answers_find_each_other_in_any_order_and_what_waits_is_bounded()
    {
        var buffer = new TripleBuffer(Most, MostBytes);
        Purpose[] order = [Purpose.Redraw, Purpose.Live, Purpose.Shadow];
        for (int i = 0; i < 20; i++)
        {
            Assert.Null(buffer.Add(Of($"r-{i}", order[i % 3], 40)));
            Assert.Null(buffer.Add(Of($"r-{i}", order[(i + 1) % 3], 40)));
            Assert.Equal(80, buffer.Bytes);
            TripleBuffer.Triple all = buffer.Add(Of($"r-{i}", order[(i + 2) % 3], 40))!;
            Assert.Equal((Purpose.Live, Purpose.Redraw), (all.First!.Purpose, all.Second!.Purpose));
            Assert.Equal((Purpose.Shadow, 0L), (all.Candidate!.Purpose, buffer.Bytes));
        }

        for (int i = 0; i < 50; i++)
        {
            Assert.Null(buffer.Add(Of($"w-{i}", Purpose.Live, 100)));
            Assert.True(buffer.Bytes <= MostBytes, $"{buffer.Bytes} bytes wait");
        }

        Assert.Equal(MostBytes, buffer.Bytes);
    }

    private static Exchange Of(string id, Purpose purpose, int size) =>
        new()
        {
            RequestId = id,
            Service = "price",
            Release = purpose is Purpose.Shadow ? "v2" : "v1",
            Epoch = 1,
            Reason = AssignReason.Stable,
            Purpose = purpose,
            CandidateShare = Share.None,
            At = DateTimeOffset.UnixEpoch,
            Latency = TimeSpan.FromMilliseconds(1),
            Status = 200,
            Outcome = ExchangeOutcome.Ok,
            Inference = true,
            Method = "POST",
            Path = "/",
            Request = new byte[1000],
            Response = new byte[size],
        };
}
