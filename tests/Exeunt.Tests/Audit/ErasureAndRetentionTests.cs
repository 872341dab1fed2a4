using Exeunt.Audit;
using Exeunt.Hosting;
using Exeunt.Jobs;
using Exeunt.Revocations;
using Exeunt.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Exeunt.Tests.Audit;

/// <summary>What may leave the trail, and that it still verifies.</summary>
public class ErasureAndRetentionTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task P9_erased_values_are_gone_from_the_file_and_the_chain_still_verifies()
    {
        await using var world = await World.OpenAsync();
        var (ada, bob) = (await world.AddUserAsync(), await world.AddUserAsync());
        await world.SignInAsync(ada, from: new("203.0.113.77", "AdasBrowser/1"));
        await world.SignInAsync(bob, from: new("203.0.113.78", "BobsBrowser/1"));
        await world.EndAsync(new EndScope.AllOf(ada.Id));

        var changed = await new ErasePersonal(world.Ledger).HandleAsync(ada.Id, Actor.Operator, Origin.Here);

        Assert.Equal(2, changed); // an entry and a session
        var trail = await world.TrailAsync();
        Assert.All(trail.Where(r => r.Entry.User == ada.Id), r => Assert.Null(r.Entry.Address ?? r.Entry.UserAgent));
        Assert.Contains(trail, r => r.Entry.Address == "203.0.113.78");
        var verdict = await world.VerifyAsync();
        Assert.True(verdict.Holds, verdict.Break?.What);
        Assert.Equal(1, verdict.Erased);
        world.Tamper(db => Assert.Equal(0, db.Sql("""
            select (select count(*) from audit_personal where address = '203.0.113.77' or agent like 'Adas%') + (select count(*) from sessions where address = '203.0.113.77')
            """).Number()));
        Assert.Equal(0, await new ErasePersonal(world.Ledger).HandleAsync(ada.Id, Actor.Operator, Origin.Here));
    }

    [Fact]
    public async Task P9_retention_cuts_at_a_signed_checkpoint_which_becomes_the_anchor()
    {
        await using var world = await World.OpenAsync();
        var ada = await world.AddUserAsync();
        for (var i = 0; i < 1200; i++) await world.SignInAsync(ada, $"client{i % 3}"); // more than two batches
        await world.SignCheckpointAsync();
        var signed = (await world.Store.AuditHeadsAsync(Ct))[0].Number - 1;
        world.Clock.Advance(TimeSpan.FromDays(300));
        await world.SignInAsync(ada); // younger than the retention: stays
        await world.SignCheckpointAsync();
        world.Clock.Advance(TimeSpan.FromDays(101));
        var known = await world.SignCheckpointAsync();

        await Cut(world).RunOnceAsync(Ct);

        var head = (await world.Store.AuditHeadsAsync(Ct))[0];
        Assert.Equal(signed, head.AnchorNumber);
        var verdict = await world.VerifyAsync(known);
        Assert.True(verdict.Holds, verdict.Break?.What);
        Assert.Equal(head.Number - head.AnchorNumber, verdict.Entries);
        await Cut(world).RunOnceAsync(Ct);
        Assert.Equal(head, (await world.Store.AuditHeadsAsync(Ct))[0] with { Hash = head.Hash, AnchorHash = head.AnchorHash });
    }

    [Fact]
    public async Task P9_a_trail_that_does_not_fit_its_checkpoints_is_evidence_and_is_not_cut()
    {
        await using var world = await World.OpenAsync();
        await world.SignInAsync(await world.AddUserAsync());
        await world.SignCheckpointAsync();
        world.Clock.Advance(TimeSpan.FromDays(500));
        world.Tamper(db => db.Execute("update audit set hash = randomblob(32) where n = (select max(n) - 1 from audit)"));

        await Cut(world).RunOnceAsync(Ct);

        Assert.Equal(0, (await world.Store.AuditHeadsAsync(Ct))[0].AnchorNumber);
    }

    [Fact]
    public async Task Nothing_is_cut_before_its_time()
    {
        await using var world = await World.OpenAsync(new ExeuntOptions { Retention = new() { Audit = TimeSpan.FromDays(10) } });
        await world.SignInAsync(await world.AddUserAsync());
        await world.SignCheckpointAsync();

        world.Clock.Advance(TimeSpan.FromDays(10) - TimeSpan.FromMilliseconds(1));
        await Cut(world).RunOnceAsync(Ct);
        Assert.Equal(0, (await world.Store.AuditHeadsAsync(Ct))[0].AnchorNumber);

        world.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await Cut(world).RunOnceAsync(Ct);
        Assert.NotEqual(0, (await world.Store.AuditHeadsAsync(Ct))[0].AnchorNumber);
    }

    private static CutAudit Cut(World world) => new(world.Ledger, world.Keys, world.Options, NullLogger<CutAudit>.Instance);
}
