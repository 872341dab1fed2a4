using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Hosting;
using Exeunt.Jobs;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Jobs;

/// <summary>Sessions that end by themselves: at the right instant, told once.</summary>
public class ExpiryTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PCI_8_2_8_fifteen_minutes_idle_are_allowed_and_a_millisecond_more_is_not()
    {
        await using var world = await WithPciAsync();
        var session = await world.SignInAsync(await world.AddUserAsync(), "pos");

        world.Clock.Advance(TimeSpan.FromMinutes(15));
        await Expire(world).RunOnceAsync(Ct);
        Assert.Null((await world.LookAsync(session)).End);

        world.Clock.Advance(Tick);
        var judged = await world.LookAsync(session);
        Assert.Equal((EndReason.IdleTimeout, session.OpenedAt.AddMinutes(15)), (judged.End!.Reason, judged.End.At));

        world.Clock.Advance(TimeSpan.FromMinutes(1) - Tick);
        await Expire(world).RunOnceAsync(Ct);
        var entry = Assert.Single(await world.TrailAsync(new(Action: AuditActions.SessionEnded))).Entry;
        Assert.Equal((session.Id, EndReason.IdleTimeout, session.OpenedAt.AddMinutes(15)), (entry.Session!.Value, entry.Reason!.Value, entry.At));
        Assert.Equal(entry.Event, (await world.LookAsync(session)).End!.Event);
    }

    [Fact]
    public async Task A_session_in_use_ends_at_its_absolute_limit()
    {
        await using var world = await World.OpenAsync(new ExeuntOptions { Sessions = new() { IdleTimeout = TimeSpan.FromHours(2), AbsoluteLifetime = TimeSpan.FromHours(3) } });
        var session = await world.SignInAsync(await world.AddUserAsync());
        world.Clock.Advance(TimeSpan.FromHours(2));
        await world.Ledger.RunAsync(async transaction =>
        {
            var row = (await transaction.SessionAsync(session.Id))!;
            transaction.Update(row with { LastSeenAt = transaction.Now, ExpiresAt = SessionLimits.Of(world.Options, "web").ExpiryAfterUse(transaction.Now, row.AbsoluteExpiresAt) });
            return true;
        });

        world.Clock.Advance(TimeSpan.FromHours(1) + Tick);
        await Expire(world).RunOnceAsync(Ct);

        var entry = Assert.Single(await world.TrailAsync(new(Action: AuditActions.SessionEnded))).Entry;
        Assert.Equal((EndReason.AbsoluteTimeout, session.OpenedAt.AddHours(3)), (entry.Reason!.Value, entry.At));
    }

    [Fact]
    public async Task P9_silent_expiry_that_races_logouts_and_itself_gives_exactly_one_record()
    {
        var random = Races.Seeded();
        await using var world = await WithPciAsync();
        var user = await world.AddUserAsync();
        List<Session> sessions = [];
        for (var i = 0; i < 90; i++)
        {
            sessions.Add(await world.SignInAsync(user, "pos"));
            world.Clock.Advance(TimeSpan.FromSeconds(random.Next(0, 20)));
        }

        for (var round = 0; round < 30; round++)
        {
            world.Clock.Advance(TimeSpan.FromSeconds(random.Next(20, 90)));
            var work = new List<Func<Task<bool>>> { () => RunAsync(Expire(world)), () => RunAsync(Expire(world)), () => RunAsync(new SweepCutOffs(world.Ledger, world.Revoker)) };
            for (var i = 0; i < 3; i++)
            {
                var session = random.Pick(sessions);
                work.Add(async () => await world.EndAsync(new EndScope.OneSession(session.Id), EndReason.User) is not null);
            }

            await Races.AtOnceAsync(work);
        }

        world.Clock.Advance(TimeSpan.FromHours(1));
        await Expire(world).RunOnceAsync(Ct);
        var ended = (await world.TrailAsync(new(Action: AuditActions.SessionEnded))).Select(r => r.Entry).ToDictionary(e => e.Session!.Value);
        Assert.Equal(sessions.Count, ended.Count);
        foreach (var session in sessions)
        {
            var row = (await world.LookAsync(session)).Session.End!;
            Assert.Equal((row.Event, row.Reason, row.At), (ended[session.Id].Event!.Value, ended[session.Id].Reason!.Value, ended[session.Id].At));
        }

        Assert.Equal(0, (await world.Store.FindUserAsync(user.Id, Ct))!.UnmarkedSessions);
    }

    [Fact]
    public async Task Expiry_revokes_only_what_a_token_could_still_be_alive_for()
    {
        await using var world = await WithPciAsync();
        var user = await world.AddUserAsync();
        var quiet = await world.SignInAsync(user, "pos");
        var shortened = await world.SignInAsync(user);
        await world.Ledger.RunAsync(async transaction =>
        {
            var row = (await transaction.SessionAsync(shortened.Id))!;
            transaction.Update(row with { ExpiresAt = transaction.Now.AddMinutes(5), LastTokenExpiresAt = transaction.Now.AddDays(1) });
            return true;
        });

        world.Clock.Advance(TimeSpan.FromMinutes(16));
        await Expire(world).RunOnceAsync(Ct);

        var revocation = Assert.Single(await world.Store.RevocationsAfterAsync(0, 10, Ct));
        Assert.Equal(shortened.Id.ToString(), revocation.Key);
        Assert.True(world.Index.IsRevoked(shortened.Facts));
        Assert.NotNull((await world.LookAsync(quiet)).Session.End);
    }

    [Fact]
    public async Task More_expired_sessions_than_a_batch_holds_are_all_marked_in_one_round()
    {
        await using var world = await World.OpenAsync(new ExeuntOptions { Sessions = new() { IdleTimeout = TimeSpan.FromMinutes(5), PerAccount = 1000 } });
        var user = await world.AddUserAsync();
        for (var i = 0; i < 450; i++) await world.SignInAsync(user);
        world.Clock.Advance(TimeSpan.FromMinutes(6));

        await Expire(world).RunOnceAsync(Ct);

        Assert.Equal(450, (await world.TrailAsync(new(Action: AuditActions.SessionEnded))).Count);
        Assert.Equal(0, (await world.Store.FindUserAsync(user.Id, Ct))!.UnmarkedSessions);
    }

    private static Task<World> WithPciAsync() => World.OpenAsync(new ExeuntOptions { Clients = [new() { Id = "pos", Preset = "pci" }] });

    private static ExpireSessions Expire(World world) => new(world.Ledger, world.Revoker);

    private static async Task<bool> RunAsync(IJob job)
    {
        await job.RunOnceAsync(Ct);
        return true;
    }
}
