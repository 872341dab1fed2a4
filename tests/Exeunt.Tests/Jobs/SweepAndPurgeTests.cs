using Exeunt.Audit;
using Exeunt.Hosting;
using Exeunt.Jobs;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Jobs;

/// <summary>Cut-offs end at once; their rows follow, and are forgotten in time, never too early.</summary>
public class SweepAndPurgeTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task P9_of_several_cut_offs_over_a_session_the_earliest_is_its_end()
    {
        var random = Races.Seeded();
        await using var world = await World.OpenAsync();
        var users = new[] { await world.AddUserAsync(), await world.AddUserAsync(), await world.AddUserAsync() };
        List<Session> sessions = [];
        for (var i = 0; i < 120; i++)
        {
            world.Clock.Advance(TimeSpan.FromMilliseconds(random.Next(0, 3)));
            if (random.Chance(0.8)) sessions.Add(await world.SignInAsync(random.Pick(users), random.Pick(["web", "phone"])));
            else await world.EndAsync(random.Pick<EndScope>([new EndScope.AllOf(random.Pick(users).Id), new EndScope.Client("web"), new EndScope.Issuer(World.Us), new EndScope.Everyone()]));
        }

        var cutOffs = await world.Store.RevocationsAfterAsync(0, 1000, Ct);
        var entries = (await world.TrailAsync()).Count;
        world.Clock.Advance(TimeSpan.FromSeconds(1));

        await Sweep(world).RunOnceAsync(Ct);

        foreach (var session in sessions)
        {
            var earliest = cutOffs.FirstOrDefault(c => c.Covers(session.Facts));
            Assert.Equal(earliest is null ? null : new SessionEnd(earliest.Event, earliest.At, earliest.Reason), (await world.LookAsync(session)).Session.End);
        }

        Assert.Equal(entries, (await world.TrailAsync()).Count); // the record of a cut-off speaks for all its rows
        Assert.Empty(await UnsweptAsync(world));
    }

    [Fact]
    public async Task A_session_that_had_expired_before_the_cut_off_is_recorded_as_expired()
    {
        await using var world = await World.OpenAsync(new ExeuntOptions { Sessions = new() { IdleTimeout = TimeSpan.FromMinutes(5) } });
        var session = await world.SignInAsync(await world.AddUserAsync());
        world.Clock.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(0, Assert.IsType<EndOutcome.Ended>(await world.EndAsync(new EndScope.Everyone())).Count);
        world.Clock.Advance(TimeSpan.FromSeconds(1));

        await Sweep(world).RunOnceAsync(Ct);

        Assert.Equal(EndReason.IdleTimeout, (await world.LookAsync(session)).Session.End!.Reason);
        Assert.Single(await world.TrailAsync(new(Action: AuditActions.SessionEnded)));
    }

    [Fact]
    public async Task P1_a_cut_off_is_asked_until_no_new_id_can_fall_under_it_by_time()
    {
        await using var world = await World.OpenAsync();
        var user = await world.AddUserAsync();
        await world.SignInAsync(user);
        await world.EndAsync(new EndScope.AllOf(user.Id));

        await Sweep(world).RunOnceAsync(Ct); // in the same millisecond
        var next = await world.SignInAsync(user);

        Assert.False(world.Index.IsRevoked(next.Facts));
        Assert.Null((await world.LookAsync(next)).End);
        world.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await Sweep(world).RunOnceAsync(Ct);
        Assert.Empty(await UnsweptAsync(world));
    }

    [Fact]
    public async Task P8_a_cut_off_over_more_rows_than_a_batch_holds_is_swept_in_one_round()
    {
        await using var world = await World.OpenAsync(new ExeuntOptions { Sessions = new() { PerAccount = 1000 } });
        var user = await world.AddUserAsync();
        for (var i = 0; i < 450; i++) await world.SignInAsync(user);
        await world.EndAsync(new EndScope.AllOf(user.Id));
        world.Clock.Advance(TimeSpan.FromSeconds(1));

        await Sweep(world).RunOnceAsync(Ct);

        Assert.Equal(0, (await world.Store.FindUserAsync(user.Id, Ct))!.UnmarkedSessions);
        Assert.Empty(await UnsweptAsync(world));
    }

    [Fact]
    public async Task P1_retention_never_takes_a_cut_off_whose_rows_are_not_all_marked()
    {
        await using var world = await World.OpenAsync();
        var session = await world.SignInAsync(await world.AddUserAsync());
        await world.EndAsync(new EndScope.Everyone(), EndReason.Everyone);
        world.Clock.Advance(TimeSpan.FromDays(60)); // every retention has passed, and nobody has swept

        await Purge(world).RunOnceAsync(Ct);

        Assert.Single(await world.Store.RevocationsAfterAsync(0, 10, Ct));
        Assert.Equal(EndReason.Everyone, (await world.LookAsync(session)).End!.Reason);

        await Sweep(world).RunOnceAsync(Ct);
        await Purge(world).RunOnceAsync(Ct);
        Assert.Empty(await world.Store.RevocationsAfterAsync(0, 10, Ct));
        Assert.Null(await world.Store.FindSessionAsync(session.Id, Ct));
    }

    [Fact]
    public async Task Ended_sessions_stay_for_their_retention_and_no_longer()
    {
        await using var world = await World.OpenAsync(new ExeuntOptions { Retention = new() { EndedSessions = TimeSpan.FromDays(2) } });
        var session = await world.SignInAsync(await world.AddUserAsync());
        await world.EndAsync(new EndScope.OneSession(session.Id));

        world.Clock.Advance(TimeSpan.FromDays(2));
        await Purge(world).RunOnceAsync(Ct);
        Assert.NotNull(await world.Store.FindSessionAsync(session.Id, Ct));

        world.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await Purge(world).RunOnceAsync(Ct);
        Assert.Null(await world.Store.FindSessionAsync(session.Id, Ct));
        Assert.True((await world.VerifyAsync()).Holds);
    }

    private static SweepCutOffs Sweep(World world) => new(world.Ledger, world.Revoker);

    private static PurgeExpired Purge(World world) => new(world.Ledger, world.Options);

    private static Task<IReadOnlyList<Revocation>> UnsweptAsync(World world) => world.Ledger.RunAsync(transaction => transaction.UnsweptAsync(100));
}
