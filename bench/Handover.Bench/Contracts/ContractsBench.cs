using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Contracts.Compatibility;
using Handover.Core.Contracts.Schemas;
using Handover.Testkit.Contracts;

namespace Handover.Bench.Contracts;

/// <summary>The figures of contracts: what a check costs, and whether a verdict can be believed.</summary>
internal static class ContractsBench
{
    public static int Run(string[] arguments)
    {
        int pairs = arguments is ["--pairs", var n] ? int.Parse(n, CultureInfo.InvariantCulture) : 100_000;
        var table = new BenchTable("contracts");
        table.Section("checking one answer");
        Answer(table);
        table.Section("1,000 consumers of 200 fields, two releases");
        Matrix(table);
        table.Section("verdicts");
        Cases(table);
        PairRows.Run(table, pairs);
        return table.Finish();
    }

    private static void Answer(BenchTable table)
    {
        string item =
            """{ "type": "object", "required": ["id", "score"], "properties": { "id": { "type": "string" }, "score": { "type": "number", "minimum": 0, "maximum": 1 }, "label": { "enum": ["cheap", "fair", "dear"] } } }""";
        JsonSchema schema = Compile(
            $$"""{ "type": "object", "required": ["items"], "properties": { "items": { "type": "array", "items": {{item}} } } }"""
        );
        string one = """{"id": "product-0001", "score": 0.125, "label": "fair"}""";
        byte[] answer = Encoding.UTF8.GetBytes($"{{\"items\": [{string.Join(", ", Enumerable.Repeat(one, 18))}]}}");
        for (int i = 0; i < 50_000; i++)
        {
            schema.Validate(answer);
        }

        const int Rounds = 100_000;
        long before = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < Rounds; i++)
        {
            schema.Validate(answer);
        }

        double micro = Stopwatch.GetElapsedTime(start).TotalMicroseconds / Rounds;
        double bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Rounds;
        table.Judge($"a valid answer of {answer.Length} bytes", Text($"{micro:0.00} us"), "<= 5 us", micro <= 5);
        table.Judge("allocated for it", Text($"{bytes:0.##} bytes"), "0", bytes == 0);
    }

    private static void Matrix(BenchTable table)
    {
        TensorSpec[] tensors =
        [
            .. Enumerable
                .Range(0, 200)
                .Select(i => new TensorSpec($"field{i}", "FP32", [-1, 1]) { Range = new ValueRange(0, 1) }),
        ];
        Release Named(string name, Signature output) =>
            new()
            {
                Name = name,
                Service = "s",
                Members = new Dictionary<string, Member>(),
                Output = output,
            };
        Consumer[] Reading(Func<int, Signature> accepts) =>
            [.. Enumerable.Range(0, 1_000).Select(i => new Consumer($"c{i}", "s", ConsumerRole.Decision, accepts(i)))];
        var all = new Signature(tensors);
        Judge("tensors", Reading(_ => all), Named("v1", all), Named("v2", all));
        string Schema(int extra) =>
            $$"""{ "type": "object", "title": "{{extra}}", "additionalProperties": false, "properties": { {{string.Join(
                ", ",
                Enumerable.Range(0, 200).Select(i => $"\"field{i}\": {{ \"type\": \"number\", \"minimum\": 0, \"maximum\": 1 }}")
            )}} } }""";
        Signature Written(int i) =>
            new([]) { Document = new ContractDocument(ContractDocumentKind.Schema, $"{i}.json", Schema(i)) };
        Judge("schemas, all different", Reading(i => Written(i + 2)), Named("v1", Written(0)), Named("v2", Written(1)));

        void Judge(string what, Consumer[] consumers, Release stable, Release candidate)
        {
            // The first full check is judged: whoever asks a node that has just started waits for that one. What a node
            // that has checked before takes is told beside it.
            ContractMatrix.Of(consumers.Take(20), stable, candidate);
            (double seconds, double processor, ContractMatrix matrix) = Timed();
            double later = Enumerable.Range(0, 5).Select(_ => Timed().Seconds).Order().ElementAt(2);
            bool ok = seconds < 1 && matrix.Outcome == ContractOutcome.Holds;
            table.Judge(
                what,
                Text($"{seconds:0.00} s, {processor:0.00} s of processor, later {later:0.00} s, {matrix.Outcome}"),
                "< 1 s",
                ok
            );

            (double Seconds, double Processor, ContractMatrix Matrix) Timed()
            {
                TimeSpan used = Environment.CpuUsage.TotalTime;
                long start = Stopwatch.GetTimestamp();
                ContractMatrix found = ContractMatrix.Of(consumers, stable, candidate);
                double taken = Stopwatch.GetElapsedTime(start).TotalSeconds;
                return (taken, (Environment.CpuUsage.TotalTime - used).TotalSeconds, found);
            }
        }
    }

    private static void Cases(BenchTable table)
    {
        string file = Path.Combine(BenchTable.Root(), "testdata", "contracts", "compatibility.ndjson");
        string[] lines = File.ReadAllLines(file);
        int wrongHolds = 0;
        int undecided = 0;
        foreach (string line in lines)
        {
            using JsonDocument test = JsonDocument.Parse(line);
            string verdict = Verdict(
                Compile(test.RootElement.GetProperty("writer").GetRawText()),
                Compile(test.RootElement.GetProperty("reader").GetRawText())
            );
            bool holds = test.RootElement.GetProperty("verdict").GetString() == "holds";
            wrongHolds += verdict == "holds" && !holds ? 1 : 0;
            undecided += verdict == "undecided" ? 1 : 0;
        }

        table.Judge(
            "registry cases: wrong HOLDS",
            Text($"{wrongHolds} of {lines.Length}"),
            "0 of >= 150",
            wrongHolds == 0
        );
        double share = (double)undecided / lines.Length;
        table.Judge("registry cases: UNDECIDED", Text($"{share:P1}"), "<= 10 %", share <= 0.1);
    }

    private static string Verdict(JsonSchema writer, JsonSchema reader)
    {
        IReadOnlyList<SchemaVerdict> found = SchemaCompatibility.Check(writer, reader);
        return found.Count == 0 ? "holds"
            : found.Any(v => v.Outcome == ContractOutcome.Breaks) ? "breaks"
            : "undecided";
    }

    private static JsonSchema Compile(string schema) => JsonSchema.Compile(Encoding.UTF8.GetBytes(schema)).Value;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
