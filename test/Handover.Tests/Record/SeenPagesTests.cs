using Handover.Control.Stores;
using Handover.Core.Evidence;
using Xunit;

namespace Handover.Tests.Record;

/// <summary>Which entities a rollout has seen is written once, in pages, and not all of it at every save.</summary>
public sealed class SeenPagesTests
{
    [Fact]
    public void Many_saves_keep_every_key_in_few_pages()
    {
        using var world = new EvidenceWorld();
        var all = new UnitFilter();
        for (int save = 0; save < 600; save++)
        {
            all.FirstBad("errors", 0, $"c-{save}");
            SeenPage page = all.Page()!;
            Assert.Equal(16, page.Keys.Length);
            Save(world.Store, page);
            all.Kept(page);
        }

        byte[][] pages = [.. world.Store.Seen("p.1")["units"]];
        Assert.InRange(pages.Length, 1, SeenPages.MostPages);
        UnitFilter back = UnitFilter.Load(pages)!;
        Assert.Equal(600, back.Count);
        Assert.True(back.HasBeenBad("errors", 0, "c-0"));
        Assert.True(back.HasBeenBad("errors", 0, "c-599"));
        Assert.Empty(world.Store.Seen("p.2")["units"]);
    }

    [Fact]
    public void A_page_that_replaces_leaves_nothing_of_the_older_ones()
    {
        using var world = new EvidenceWorld();
        Save(world.Store, new SeenPage(new byte[32], false));
        Save(world.Store, new SeenPage(new byte[16], false));
        Save(world.Store, new SeenPage(new byte[64], true));
        Save(world.Store, new SeenPage(new byte[48], false));
        Assert.Equal([64, 48], world.Store.Seen("p.1")["units"].Select(p => p.Length));
    }

    [Fact]
    public void What_an_ended_rollout_has_seen_is_forgotten()
    {
        using var world = new EvidenceWorld();
        Save(world.Store, new SeenPage(new byte[32], false));
        world.Collector.End(world.State);
        Assert.Empty(world.Store.Seen("p.1"));
    }

    private static void Save(RolloutStore store, SeenPage page) =>
        store.SaveEvidence(
            "p.1",
            new EvidenceSave("{}", "{}", 1, [], null) { Seen = new Dictionary<string, SeenPage> { ["units"] = page } }
        );
}
