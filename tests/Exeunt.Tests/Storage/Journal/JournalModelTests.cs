using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Storage.Journal;

/// <summary>
/// Random lives of two nodes over one ledger: people sign in and leave, the ledger goes away and comes back, a node crashes anywhere, a replay is cut short.
/// Whatever happens, nothing that was acknowledged is lost and nothing is there twice.
/// </summary>
public sealed class JournalModelTests(ITestOutputHelper output) : IAsyncDisposable
{
    private readonly NodeFixture world = new();
    private readonly List<Known> sessions = [];
    private readonly List<EventId> acknowledged = [];
    private Node node = null!;
    private Node elsewhere = null!;
    private IDisposable? locked;

    public async ValueTask DisposeAsync()
    {
        locked?.Dispose();
        await node.DisposeAsync();
        await elsewhere.DisposeAsync();
        world.Dispose();
    }

    [Fact]
    public async Task P1_nothing_acknowledged_is_lost_and_nothing_is_doubled()
    {
        var random = Races.Seeded(output);
        node = await world.StartAsync();
        elsewhere = await world.StartOtherAsync();
        var users = new List<User>();
        for (var i = 0; i < 3; i++) users.Add(await node.AddUserAsync());

        for (var step = 0; step < (Races.Long ? 2000 : 250); step++)
        {
            world.Clock.Advance(TimeSpan.FromMilliseconds(random.Next(1, 2000)));
            await StepAsync(random, users[random.Next(users.Count)]);
            foreach (var gone in sessions.Where(one => one.IsGone && one.EndedHere)) Assert.True(node.Refuses(gone.Session));
        }

        locked?.Dispose();
        locked = null;
        for (var cut = node.Steps.Count; !await node.Recovery.TryAsync(); cut--) Assert.True(cut > 0); // each cut happens once

        foreach (var one in sessions) Assert.Equal(one.IsGone, await node.EndOfAsync(one.Session) is not null);
        var trail = await node.TrailAsync();
        foreach (var id in acknowledged) Assert.Single(trail, entry => entry.Event == id);
        output.WriteLine($"{sessions.Count} sessions, {acknowledged.Count} endings, {trail.Count(entry => entry.Action == AuditActions.LedgerWasAway)} outages");
    }

    private async Task StepAsync(Random random, User user)
    {
        var alive = sessions.Where(one => !one.IsGone).ToList();
        var one = alive.Count == 0 ? null : alive[random.Next(alive.Count)];
        switch (random.Next(11))
        {
            case <= 2:
                await SignInAsync(random.Next(2) == 0 ? node : elsewhere, user);
                break;
            case <= 4 when one is not null:
                await EndAsync(one, () => node.LogOutAsync(one.Session), gone => gone == one);
                break;
            case 5 when one is not null:
                await EndAsync(one, () => node.LogOutEverywhereAsync(one.Session), gone => gone.Session.User == one.Session.User);
                break;
            case 6 when one is not null && locked is null:
                await EndElsewhereAsync(one);
                break;
            case 7:
                if (locked is null) locked = world.LockLedger();
                break;
            case 8:
                locked?.Dispose();
                locked = null;
                break;
            case 9:
                await node.DisposeAsync();
                node = await world.StartAsync();
                break;
            default:
                if (random.Next(3) == 0) node.Steps.Add(FailOnce());
                await node.Recovery.TryAsync();
                break;
        }
    }

    private async Task SignInAsync(Node where, User user)
    {
        if (locked is not null && where == elsewhere) return; // it would wait for as long as the lock is held
        try
        {
            sessions.Add(new(await where.SignInAsync(user)));
        }
        catch (LedgerUnavailableException)
        {
            // Refused, and so it is not there.
        }
    }

    private async Task EndAsync(Known asking, Func<Task<EndOutcome>> end, Func<Known, bool> covers)
    {
        // The index of this node may know already what the model does not count as ended here; a request with such a token never comes this far.
        if (node.Refuses(asking.Session)) return;
        var ended = Assert.IsType<EndOutcome.Ended>(await end());
        acknowledged.Add(ended.Event);
        foreach (var gone in sessions.Where(covers)) (gone.IsGone, gone.EndedHere) = (true, true);
    }

    private async Task EndElsewhereAsync(Known one)
    {
        if (await elsewhere.LogOutAsync(one.Session) is not EndOutcome.Ended ended) return;
        acknowledged.Add(ended.Event);
        one.IsGone = true;
    }

    // After the commit, before the journal is emptied: where a crash is most delicate.
    private static Func<Task> FailOnce()
    {
        var failed = false;
        return () =>
        {
            if (failed) return Task.CompletedTask;
            failed = true;
            throw new LedgerUnavailableException("Gone again.");
        };
    }

    private sealed class Known(Session session)
    {
        public Session Session => session;

        public bool IsGone { get; set; }

        public bool EndedHere { get; set; }
    }
}
