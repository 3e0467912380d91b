using System.Text;
using Handover.Control.Audit;
using Handover.Core.Foundation;
using Xunit;

namespace Handover.Tests.Audit;

public sealed class AuditLogTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("audit-").FullName;

    private string FilePath => Path.Combine(_directory, "audit.jsonl");

    [Fact]
    public void Entries_survive_a_restart_and_verify()
    {
        Write(5);
        using (AuditLog again = Open())
        {
            again.Append("ann", "rollout.pause p.1", "why \"quoted\" \u0001 é 😀\n", "r-6");
            Assert.Equal(6, again.Head.Seq);
            Assert.True(again.Verify().Ok);
        }

        AuditCheck check = AuditLog.Verify(FilePath);
        Assert.True(check.Ok, check.Detail);
        Assert.Equal(6, check.Entries);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public void A_changed_entry_is_found_at_its_line_or_the_next(int line)
    {
        Write(5);
        Edit(lines =>
            lines[line - 1] = lines[line - 1].Replace("\"who\":\"ann\"", "\"who\":\"eve\"", StringComparison.Ordinal)
        );
        AuditCheck check = AuditLog.Verify(FilePath);
        Assert.False(check.Ok);
        Assert.InRange(check.Line, line, line + 1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_removed_entry_is_found(int line)
    {
        Write(5);
        Edit(lines => lines.RemoveAt(line - 1));
        Assert.Equal(line, AuditLog.Verify(FilePath).Line);
    }

    [Fact]
    public void Swapped_entries_are_found()
    {
        Write(5);
        Edit(lines => (lines[1], lines[2]) = (lines[2], lines[1]));
        Assert.Equal(2, AuditLog.Verify(FilePath).Line);
    }

    [Fact]
    public void White_space_that_parses_the_same_is_a_change_too()
    {
        Write(2);
        Edit(lines => lines[0] = lines[0].Replace("\"seq\":1", "\"seq\": 1", StringComparison.Ordinal));
        Assert.Equal(1, AuditLog.Verify(FilePath).Line);
    }

    [Fact]
    public void Entries_cut_off_the_end_are_found_by_the_noted_head()
    {
        Write(5);
        Edit(lines => lines.RemoveRange(3, 2));
        AuditCheck check = AuditLog.Verify(FilePath);
        Assert.Equal(4, check.Line);
        Assert.Contains("cut", check.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_that_starts_on_a_cut_log_records_it_for_ever()
    {
        Write(5);
        Edit(lines => lines.RemoveRange(3, 2));
        using AuditLog log = Open();
        log.Append("ann", "more", "", "r");
        AuditCheck check = log.Verify();
        Assert.Equal(4, check.Line);
        Assert.Equal(AuditLog.EntriesMissing, log.Newest(10, null)[1].What);
    }

    [Fact]
    public void A_torn_last_line_is_repaired_and_the_repair_recorded()
    {
        Write(3);
        byte[] whole = File.ReadAllBytes(FilePath);
        int start = Encoding.UTF8.GetString(whole).TrimEnd('\n').LastIndexOf('\n') + 1;
        for (int keep = 1; keep < whole.Length - start; keep += 37)
        {
            File.WriteAllBytes(FilePath, whole[..(start + keep)]);
            File.Delete(FilePath + ".head");
            using AuditLog log = Open();
            Assert.Equal(3, log.Head.Seq);
            AuditEntry repair = Assert.Single(log.Newest(1, null));
            Assert.Equal("audit.repaired", repair.What);
            Assert.Equal($"{keep}", repair.After["bytesDropped"]);
            Assert.True(log.Verify().Ok);
        }
    }

    [Fact]
    public void A_file_that_is_not_ours_is_refused_and_left_alone()
    {
        File.WriteAllText(FilePath, "hello\n");
        Result<AuditLog> opened = AuditLog.Open(_directory, TimeProvider.System);
        Assert.Equal("audit-damaged", Assert.Single(opened.Problems).Code);
        Assert.Equal("hello\n", File.ReadAllText(FilePath));
    }

    [Fact]
    public void Pages_go_back_from_the_newest()
    {
        Write(5);
        using AuditLog log = Open();
        Assert.Equal([5L, 4L], log.Newest(2, null).Select(e => e.Seq));
        Assert.Equal([3L, 2L], log.Newest(2, 4).Select(e => e.Seq));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private AuditLog Open() => AuditLog.Open(_directory, TimeProvider.System).Value;

    private void Write(int entries)
    {
        using AuditLog log = Open();
        for (int i = 1; i <= entries; i++)
        {
            log.Append("ann", $"thing.change t{i}", "because", $"r-{i}", new() { ["a"] = "1" }, new() { ["a"] = "2" });
        }
    }

    private void Edit(Action<List<string>> edit)
    {
        List<string> lines = [.. File.ReadAllLines(FilePath)];
        edit(lines);
        File.WriteAllText(FilePath, string.Concat(lines.Select(l => l + "\n")));
    }
}
