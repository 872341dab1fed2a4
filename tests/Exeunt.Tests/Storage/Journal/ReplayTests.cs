using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Providers;
using Exeunt.Revocations;
using Exeunt.Storage;
using Exeunt.Storage.Journal;

namespace Exeunt.Tests.Storage.Journal;

/// <summary>What the journal takes is in the ledger once, with its own time and its own cut-off, whatever happens on the way.</summary>
public sealed class ReplayTests : IDisposable
{
    private readonly NodeFixture world = new();

    public void Dispose() => world.Dispose();

    [Fact]
    public async Task P1_an_ending_is_enforced_before_it_is_answered_and_recorded_once_with_its_true_time()
    {
        await using var node = await world.StartAsync();
        var session = await node.SignInAsync(await node.AddUserAsync());
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        var then = world.Clock.GetUtcNow();

        EndOutcome.Ended ended;
        using (world.LockLedger())
        {
            ended = Assert.IsType<EndOutcome.Ended>(await node.LogOutAsync(session));
            Assert.NotNull(ended.Warning);
            Assert.True(node.Refuses(session));
            Assert.False(await node.Recovery.TryAsync());
        }

        world.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True(await node.Recovery.TryAsync());

        Assert.Equal((ended.Event, then, EndReason.User), await node.EndOfAsync(session) is { } end ? (end.Event, end.At, end.Reason) : default);
        var entry = Assert.Single(await node.TrailAsync(), entry => entry.Event == ended.Event);
        Assert.Equal((AuditActions.SessionEnded, then, 1L, session.User, "journaled"), (entry.Action, entry.At, entry.Count, entry.User, entry.Detail));
        Assert.Equal(1, Assert.Single(await node.TrailAsync(), entry => entry.Action == AuditActions.LedgerWasAway).Count);
        Assert.Equal(0, node.Journal.State.Depth);
    }

    [Fact]
    public async Task P2_a_logout_everywhere_ends_what_was_open_then_and_nothing_that_another_node_opened_later()
    {
        await using var node = await world.StartAsync();
        await using var elsewhere = await world.StartOtherAsync();
        var user = await node.AddUserAsync();
        var mine = await node.SignInAsync(user);
        var others = await elsewhere.SignInAsync(user);
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        using (world.LockLedger()) Assert.NotNull(Assert.IsType<EndOutcome.Ended>(await node.LogOutEverywhereAsync(mine)).Warning);

        world.Clock.Advance(TimeSpan.FromMilliseconds(1));
        var later = await elsewhere.SignInAsync(user); // this node is still cut off
        Assert.False(node.Refuses(later));
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True(await node.Recovery.TryAsync());

        Assert.NotNull(await node.EndOfAsync(mine));
        Assert.NotNull(await node.EndOfAsync(others));
        Assert.Null(await node.EndOfAsync(later));
        Assert.Equal(2, Assert.Single(await node.TrailAsync(), entry => entry.Action == AuditActions.SessionsEnded).Count);
    }

    [Fact]
    public async Task P2_one_user_cannot_fill_the_journal_and_everybody_else_still_leaves()
    {
        await using var node = await world.StartAsync();
        var (greedy, other) = (await node.SignInAsync(await node.AddUserAsync()), await node.SignInAsync(await node.AddUserAsync()));
        using (world.LockLedger())
        {
            for (var i = 0; i < JournaledEndings.MostCutOffs; i++) Assert.IsType<EndOutcome.Ended>(await node.LogOutEverywhereAsync(greedy));
            var free = node.Journal.State.FreeBytes;

            await Assert.ThrowsAsync<LedgerUnavailableException>(() => node.LogOutEverywhereAsync(greedy));

            Assert.Equal(free, node.Journal.State.FreeBytes);
            Assert.IsType<EndOutcome.Ended>(await node.LogOutAsync(greedy)); // itself it can always end
            Assert.IsType<EndOutcome.Ended>(await node.LogOutAsync(other));
        }

        Assert.True(await node.Recovery.TryAsync());
        using (world.LockLedger()) Assert.IsType<EndOutcome.Ended>(await node.LogOutEverywhereAsync(other)); // another outage
    }

    [Fact]
    public async Task CLK_3_a_token_that_names_somebody_elses_session_ends_nothing_once_it_can_be_looked_up()
    {
        const string Clerk = "https://clerk.example";
        await using var node = await world.StartAsync();
        var ada = await node.AddUserAsync() with { Id = Id.New<UserId>(world.Clock.GetUtcNow()), Issuer = Clerk, Subject = "user_ada" };
        var hers = await node.SignInAsync(await node.AddUserAsync()) with { Id = Id.New<SessionId>(world.Clock.GetUtcNow()), User = ada.Id, Issuer = Clerk, Subject = ada.Subject, OutsideId = "sess_1" };
        await node.Ledger.RunAsync(transaction =>
        {
            transaction.Insert(ada);
            transaction.Insert(hers);
            return new ValueTask<int>(0);
        });
        EndSessions eves = new()
        {
            Scope = new EndScope.OneSession(default),
            By = new(ActorKind.User),
            Reason = EndReason.User,
            From = Origin.Here,
            OwnSessionOnly = true,
            Proof = new() { Issuer = Clerk, SessionKey = "sess_1", Outside = new("clerk", "user_eve", null, world.Clock.GetUtcNow().AddMinutes(1)) },
        };

        using (world.LockLedger()) Assert.IsType<EndOutcome.Ended>(await node.Revoker.EndAsync(eves, (_, _) => new((EndSessions?)null)));
        Assert.True(await node.Recovery.TryAsync());

        Assert.Null(await node.EndOfAsync(hers));
        var refused = Assert.Single(await node.TrailAsync(), entry => entry.Action == AuditActions.LogoutRefused);
        Assert.Contains(MirrorSession.Contradiction, refused.Detail);
        Assert.Null(refused.User);
    }

    [Fact]
    public async Task P9_endings_that_a_nodes_memory_gave_back_before_the_journal_came_are_in_the_trail_once_all_the_same()
    {
        await using var node = await world.StartAsync();
        var (one, all) = (await node.SignInAsync(await node.AddUserAsync()), await node.SignInAsync(await node.AddUserAsync()));
        using (world.LockLedger())
        {
            await node.LogOutAsync(one);
            await node.LogOutEverywhereAsync(all);
        }

        // As when a standby has taken over without the commit that had replayed them, and somebody had read it.
        var remembered = node.Journal.After(0, 10).Select((record, i) => record.Revocation! with { Epoch = node.Store.Epoch, Sequence = 1000 + i }).ToList();
        Assert.Equal(2, await node.Store.TakeBackAsync(new(node.Store.Epoch, 1001, remembered), CancellationToken.None));
        Assert.Equal(remembered[0].Event, (await node.EndOfAsync(one))?.Event);
        for (var i = 0; i < 2; i++) // the second time there is nothing left to do
        {
            world.Clock.Advance(TimeSpan.FromMinutes(1));
            Assert.True(await node.Recovery.TryAsync());
        }

        Assert.Equal(0, node.Journal.State.Depth);
        var trail = await node.TrailAsync();
        var ended = Assert.Single(trail, entry => entry.Event == remembered[0].Event);
        Assert.Equal((AuditActions.SessionEnded, 1L, one.Id), (ended.Action, ended.Count, ended.Session));
        var everywhere = Assert.Single(trail, entry => entry.Event == remembered[1].Event);
        Assert.Equal((AuditActions.SessionsEnded, 1L, all.User), (everywhere.Action, everywhere.Count, everywhere.User));
    }

    [Fact]
    public async Task P9_of_two_endings_the_earlier_one_counts_though_it_is_recorded_later()
    {
        await using var node = await world.StartAsync();
        await using var elsewhere = await world.StartOtherAsync();
        var session = await node.SignInAsync(await node.AddUserAsync());
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        var then = world.Clock.GetUtcNow();
        using (world.LockLedger()) await node.LogOutAsync(session);
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await elsewhere.LogOutEverywhereAsync(session);

        Assert.True(await node.Recovery.TryAsync());

        Assert.Equal(then, (await node.EndOfAsync(session))?.At);
    }

    [Fact]
    public async Task P9_an_ending_that_another_node_has_marked_stays_and_the_journaled_one_is_recorded_beside_it()
    {
        await using var node = await world.StartAsync();
        await using var elsewhere = await world.StartOtherAsync();
        var session = await node.SignInAsync(await node.AddUserAsync());
        EndOutcome.Ended journaled;
        using (world.LockLedger()) journaled = (EndOutcome.Ended)await node.LogOutAsync(session);
        var marked = Assert.IsType<EndOutcome.Ended>(await elsewhere.LogOutAsync(session));

        Assert.True(await node.Recovery.TryAsync());

        Assert.Equal(marked.Event, (await node.EndOfAsync(session))?.Event);
        Assert.Equal(AuditActions.LogoutRecorded, Assert.Single(await node.TrailAsync(), entry => entry.Event == journaled.Event).Action);
    }

    [Fact]
    public async Task P1_a_replay_that_a_crash_cut_off_is_the_same_as_none_and_as_one()
    {
        var node = await world.StartAsync();
        var user = await node.AddUserAsync();
        var one = await node.SignInAsync(user);
        var other = await node.SignInAsync(user);
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        using (world.LockLedger())
        {
            await node.LogOutAsync(one);
            await node.LogOutEverywhereAsync(other);
        }

        // In the ledger, and not yet out of the journal.
        node.Steps.Add(() => throw new LedgerUnavailableException("Gone again."));
        Assert.False(await node.Recovery.TryAsync());
        await node.DisposeAsync();
        await using var again = await world.StartAsync();
        Assert.Equal(2, again.Journal.State.Depth);
        Assert.True(await again.Recovery.TryAsync());

        Assert.Single(await again.TrailAsync(), entry => entry.Action == AuditActions.SessionEnded);
        Assert.Equal(1, Assert.Single(await again.TrailAsync(), entry => entry.Action == AuditActions.SessionsEnded).Count);
        Assert.Equal(2, (await again.Store.RevocationsAfterAsync(0, 10, CancellationToken.None)).Count);
    }

    [Fact]
    public async Task P2_asking_twice_is_one_logout_and_one_record()
    {
        await using var node = await world.StartAsync();
        var session = await node.SignInAsync(await node.AddUserAsync());
        using (world.LockLedger())
        {
            var first = (EndOutcome.Ended)await node.LogOutAsync(session);
            var again = (EndOutcome.Ended)await node.LogOutAsync(session);

            Assert.Equal((first.Event, 0L), (again.Event, again.Count));
            Assert.Equal(1, node.Journal.State.Depth);
        }
    }

    [Fact]
    public async Task P2_what_needs_the_ledger_to_be_decided_is_refused_at_once()
    {
        await using var node = await world.StartAsync();
        var user = await node.AddUserAsync();
        var session = await node.SignInAsync(user);
        using (world.LockLedger())
        {
            await node.LogOutAsync(session);

            await Assert.ThrowsAsync<LedgerUnavailableException>(() => node.SignInAsync(user));
            await Assert.ThrowsAsync<LedgerUnavailableException>(() => node.Revoker.EndAsync(
                new() { Scope = new EndScope.Everyone(), By = Actor.Operator, Reason = EndReason.Everyone, From = Origin.Here }));
        }
    }

    [Fact]
    public async Task P2_a_full_journal_refuses_and_forgets_nothing()
    {
        await using var node = await world.StartAsync(new() { JournalBytes = 12 * 1024 });
        var user = await node.AddUserAsync();
        var sessions = new List<Exeunt.Sessions.Session>();
        for (var i = 0; i < 20; i++) sessions.Add(await node.SignInAsync(user));
        var taken = 0;
        using (world.LockLedger())
        {
            while (await TryAsync(sessions[taken])) taken++;
            Assert.InRange(taken, 3, 19);
            Assert.False(node.Refuses(sessions[taken])); // nothing was promised
            Assert.False(node.Journal.State.IsWritable);
        }

        Assert.True(await node.Recovery.TryAsync());
        Assert.Equal(taken, (await node.TrailAsync()).Count(entry => entry.Action == AuditActions.SessionEnded));
        Assert.Null(Assert.IsType<EndOutcome.Ended>(await node.LogOutAsync(sessions[taken])).Warning);

        async Task<bool> TryAsync(Exeunt.Sessions.Session session)
        {
            try
            {
                return await node.LogOutAsync(session) is EndOutcome.Ended;
            }
            catch (LedgerUnavailableException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task A_journal_of_another_ledger_is_enforced_and_its_trail_says_where_it_came_from()
    {
        JournalState left;
        await using (var node = await world.StartAsync())
        {
            var session = await node.SignInAsync(await node.AddUserAsync());
            using (world.LockLedger()) await node.LogOutAsync(session);
            left = node.Journal.State;
        }

        using var another = new NodeFixture();
        File.Copy(Path.Combine(world.Folder, "ending.journal"), Path.Combine(another.Folder, "ending.journal"));
        await using var moved = await another.StartAsync();
        Assert.Equal(left.Depth, moved.Journal.State.Depth);
        Assert.True(await moved.Recovery.TryAsync());

        var entry = Assert.Single(await moved.TrailAsync(), entry => entry.Action == AuditActions.LogoutRecorded);
        Assert.StartsWith("journaled in epoch ", entry.Detail, StringComparison.Ordinal);
        Assert.Single(await moved.Store.RevocationsAfterAsync(0, 10, CancellationToken.None));
    }
}
