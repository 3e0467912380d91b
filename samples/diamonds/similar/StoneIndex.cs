using System.Collections.Concurrent;
using System.Globalization;
using Diamonds.Encoder;
using DuckDB.NET.Data;

namespace Diamonds.Similar;

/// <summary>
/// A vector index in memory, held by DuckDB inside the process: a table of vectors of one length, searched exactly. It
/// is filled while it already answers, as a new version of an index is in production. Like any index it takes every
/// vector of the right length, whichever space the vector comes from.
/// </summary>
public sealed class StoneIndex : IDisposable
{
    private readonly int dimensions;
    private readonly DuckDBConnection filler;
    private readonly ConcurrentBag<Search> idle = [];
    private int rows;

    /// <summary>An empty index.</summary>
    /// <param name="dimensions">Length of every vector.</param>
    /// <param name="expected">Vectors that there will be.</param>
    public StoneIndex(int dimensions, int expected)
    {
        (this.dimensions, Expected) = (dimensions, expected);

        // Requests are searched side by side; one search is too short to be worth several threads.
        filler = new DuckDBConnection("Data Source=:memory:;threads=1");
        filler.Open();
        using DuckDBCommand create = filler.CreateCommand();
        create.CommandText = string.Create(
            CultureInfo.InvariantCulture,
            $"CREATE TABLE stones (stone INTEGER, vector FLOAT[{dimensions}])"
        );
        create.ExecuteNonQuery();
    }

    /// <summary>Vectors that are there.</summary>
    public int Rows => Volatile.Read(ref rows);

    /// <summary>Vectors that there will be.</summary>
    public int Expected { get; }

    /// <summary>Appends vectors; called by one thread only.</summary>
    public void Add(IReadOnlyCollection<float[]> vectors)
    {
        using (DuckDBAppender appender = filler.CreateAppender("stones"))
        {
            int stone = rows;
            foreach (float[] vector in vectors)
            {
                appender.CreateRow().AppendValue(stone++).AppendValue(vector).EndRow();
            }
        }

        Volatile.Write(ref rows, rows + vectors.Count);
    }

    /// <summary>The nearest vectors by Euclidean distance, nearest first.</summary>
    public int[] Nearest(float[] vector, int count)
    {
        if (!idle.TryTake(out Search? search))
        {
            search = new Search(filler, dimensions);
        }

        int[] nearest = search.Nearest(vector, count);
        idle.Add(search);
        return nearest;
    }

    /// <summary>Embeds the stones and adds them, at a given pace.</summary>
    public async Task FillAsync(
        RawRows stones,
        StoneFeatures features,
        EmbeddingSpace space,
        int rowsPerSecond,
        CancellationToken cancel
    )
    {
        await Task.Yield();
        int batch = rowsPerSecond > 0 ? Math.Max(rowsPerSecond / 10, 1) : 1000;
        foreach (int[] some in Enumerable.Range(0, Expected).Chunk(batch))
        {
            Add([.. some.Select(row => space.Embed(features.Of(stones, row)))]);
            if (rowsPerSecond > 0)
            {
                await Task.Delay(100, cancel);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Search search in idle)
        {
            search.Dispose();
        }

        filler.Dispose();
    }

    // A connection serves one search at a time, so each has one of its own, with its statement prepared.
    private sealed class Search : IDisposable
    {
        private readonly DuckDBConnection connection;
        private readonly DuckDBCommand command;

        public Search(DuckDBConnection index, int dimensions)
        {
            connection = index.Duplicate();
            connection.Open();
            command = connection.CreateCommand();
            command.CommandText = string.Create(
                CultureInfo.InvariantCulture,
                $"SELECT stone FROM stones ORDER BY array_distance(vector, $1::FLOAT[{dimensions}]), stone LIMIT $2"
            );
        }

        public int[] Nearest(float[] vector, int count)
        {
            command.Parameters.Clear();
            command.Parameters.Add(new DuckDBParameter(vector));
            command.Parameters.Add(new DuckDBParameter(count));
            using DuckDBDataReader reader = command.ExecuteReader();
            var nearest = new List<int>(count);
            while (reader.Read())
            {
                nearest.Add(reader.GetInt32(0));
            }

            return [.. nearest];
        }

        public void Dispose()
        {
            command.Dispose();
            connection.Dispose();
        }
    }
}
