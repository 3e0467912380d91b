using System.Numerics.Tensors;
using Diamonds.Encoder;

namespace Diamonds.Similar;

/// <summary>
/// An exact vector index in memory: every search looks at every vector, which for tens of thousands of short ones takes
/// well under a millisecond. It is filled while it already answers, as a new version of an index is in production.
/// </summary>
public sealed class FlatIndex(int dimensions, int expected)
{
    private readonly float[] vectors = new float[dimensions * expected];
    private int rows;

    /// <summary>Vectors that are there.</summary>
    public int Rows => Volatile.Read(ref rows);

    /// <summary>Vectors that there will be.</summary>
    public int Expected => expected;

    /// <summary>Appends a vector; called by one thread only.</summary>
    public void Add(ReadOnlySpan<float> vector)
    {
        vector.CopyTo(vectors.AsSpan(rows * dimensions, dimensions));
        Volatile.Write(ref rows, rows + 1);
    }

    /// <summary>The nearest vectors by Euclidean distance, nearest first.</summary>
    public int[] Nearest(ReadOnlySpan<float> vector, int count)
    {
        var best = new PriorityQueue<int, float>(count + 1);
        int known = Rows;
        for (int row = 0; row < known; row++)
        {
            float distance = TensorPrimitives.Distance(vector, vectors.AsSpan(row * dimensions, dimensions));

            // The queue gives the smallest priority first; the farthest must be the first to go.
            best.Enqueue(row, -distance);
            if (best.Count > count)
            {
                best.Dequeue();
            }
        }

        int[] nearest = new int[best.Count];
        for (int i = nearest.Length - 1; i >= 0; i--)
        {
            nearest[i] = best.Dequeue();
        }

        return nearest;
    }

    /// <summary>Embeds the stones one by one, at a given pace.</summary>
    public async Task FillAsync(
        RawRows stones,
        StoneFeatures features,
        EmbeddingSpace space,
        int rowsPerSecond,
        CancellationToken cancel
    )
    {
        await Task.Yield();
        for (int row = 0; row < expected; row++)
        {
            Add(space.Embed(features.Of(stones, row)));
            if (rowsPerSecond > 0 && row % Math.Max(rowsPerSecond / 10, 1) == 0)
            {
                await Task.Delay(100, cancel);
            }
        }
    }
}
