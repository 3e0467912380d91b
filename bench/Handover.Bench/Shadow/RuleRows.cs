using System.Diagnostics;
using System.Globalization;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Traffic;

namespace Handover.Bench.Shadow;

/// <summary>
/// What twenty segments cost each request: the gateway's own choice of a release over a routing that names twenty rules
/// of every kind of operator, none of which may end the walk early.
/// </summary>
internal static class RuleRows
{
    private const int Rounds = 201;
    private const int PerRound = 2_000;

    private static readonly string[] Rules =
    [
        """{"==":[{"var":"tenant"},"acme"]}""",
        """{"!=":[{"var":"tenant"},"globex"]}""",
        """{"in":[{"var":"country"},["de","at","ch"]]}""",
        """{"starts_with":[{"var":"email"},"ops-"]}""",
        """{"ends_with":[{"var":"email"},"@example.com"]}""",
        """{"sem_ver":[{"var":"version"},">=","2.1.0"]}""",
        """{"sem_ver":[{"var":"version"},"^","2.0.0"]}""",
        """{">=":[{"var":"age"},18]}""",
        """{"<":[{"var":"age"},99]}""",
        """{"and":[{"==":[{"var":"plan"},"gold"]},{"in":[{"var":"country"},["fr","it"]]}]}""",
        """{"or":[{"==":[{"var":"plan"},"free"]},{"==":[{"var":"plan"},"gold"]}]}""",
        """{"!":[{"var":"beta"}]}""",
        """{"!!":[{"var":"beta"}]}""",
        """{"in":["shop",{"var":"channel"}]}""",
        """{"fractional":[{"cat":["early:",{"var":"targetingKey"}]},[true,20],[false,80]]}""",
        """{"fractional":[{"cat":["late:",{"var":"targetingKey"}]},[true,50],[false,50]]}""",
        """{"missing":["tenant","country"]}""",
        """{"if":[{"==":[{"var":"plan"},"gold"]},true,{"<=":[{"var":"age"},30]}]}""",
        """{"==":[{"%":[{"var":"age"},2]},0]}""",
        """{"and":[{"!":[{"==":[{"var":"tenant"},"umbrella"]}]},{">":[{"+":[{"var":"age"},1]},21]}]}""",
    ];

    public static void Run(BenchTable table)
    {
        table.Section("Segments: the choice of a release under twenty rules, one core");
        Routing routing = Routing.Only("price", "v1") with
        {
            Candidate = "v2",
            Share = Share.FromPercent(5),
            Salt = "price-v2",
            Segments =
            [
                .. Rules.Select(
                    (text, i) => new SegmentShare(new Segment($"s{i}", Rule.Read(text)), Share.FromPercent(i))
                ),
            ],
        };
        string[] entities = [.. Enumerable.Range(0, 64).Select(i => $"c-{i:0000}")];
        var attributes = new Dictionary<string, string>
        {
            ["tenant"] = "initech",
            ["country"] = "ch",
            ["email"] = "jo@example.com",
            ["version"] = "2.4.1",
            ["age"] = "42",
            ["plan"] = "free",
            ["channel"] = "web-shop-2",
        };
        double[] nanoseconds = new double[Rounds];
        long allocated = 0;
        int candidates = 0;
        for (int round = -20; round < Rounds; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            long began = Stopwatch.GetTimestamp();
            for (int i = 0; i < PerRound; i++)
            {
                Assigned assigned = Assignment.Assign(routing, entities[i % entities.Length], attributes);
                candidates += assigned.Release.Length == 2 && assigned.Release[1] == '2' ? 1 : 0;
            }

            if (round >= 0)
            {
                nanoseconds[round] = Stopwatch.GetElapsedTime(began).TotalNanoseconds / PerRound;
                allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            }
        }

        Array.Sort(nanoseconds);
        double median = nanoseconds[Rounds / 2];
        Judge("median of 201 rounds", $"{median:0} ns (fastest {nanoseconds[0]:0} ns)", "<= 1,000 ns", median <= 1000);
        Judge("allocated, all rounds", $"{allocated} bytes", "0 bytes", allocated == 0);
        table.Tell("requests that the candidate got", $"{(double)candidates / ((Rounds + 20) * PerRound):P1}");

        void Judge(string what, FormattableString measured, string target, bool ok) =>
            table.Judge($"20 rules: {what}", measured.ToString(CultureInfo.InvariantCulture), target, ok);
    }
}
