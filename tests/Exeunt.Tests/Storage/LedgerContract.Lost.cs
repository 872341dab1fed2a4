using Exeunt.Audit;
using Exeunt.Feed;
using Exeunt.Guard;
using Exeunt.Hosting;
using Exeunt.Jobs;
using Exeunt.Protocol.Feed;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;
using Exeunt.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Exeunt.Tests.Storage;

/// <content>A database that is put back from an older copy under nodes that run.</content>
public abstract partial class LedgerContract
{
    private readonly TemporaryFolder memories = new();

    /// <summary>Copies the database aside while stores are open; their connections may break.</summary>
    protected abstract Task BackUpWhileOpenAsync();

    /// <summary>Puts that copy back while stores are open; their connections may break.</summary>
    protected abstract Task RestoreWhileOpenAsync();

    [Fact]
    public async Task P1_a_database_that_is_put_back_under_running_nodes_is_noticed_and_nobody_comes_back()
    {
        var user = NewUser();
        var (left, elsewhere, staying) = (NewSession(user), NewSession(user), NewSession(user));
        await Commit(transaction =>
        {
            transaction.Insert(user);
            foreach (var session in (Exeunt.Sessions.Session[])[left, elsewhere, staying]) transaction.Insert(session);
            transaction.Append(Ending(RevocationScope.Token, "before"));
        });
        using var a = await ReadingNodeAsync(Store);
        using var b = await ReadingNodeAsync(await OpenAsync());
        await BackUpWhileOpenAsync();
        var known = await AppendAsync(Ending(RevocationScope.Session, left.Id.ToString()));
        foreach (var node in (ReadingNode[])[a, b]) await node.News.CatchUpAsync(Ct);
        var before = a.Feed.Newest;

        // Its database fails before anybody, its own memory included, has read this one back.
        var last = await CommitTo(b.Store, transaction => new ValueTask<Revocation>(transaction.Append(Ending(RevocationScope.Session, elsewhere.Id.ToString()))));
        b.Take(last);
        await RestoreWhileOpenAsync();
        for (var round = 0; round < 2; round++)
            foreach (var node in (ReadingNode[])[b, a]) await node.News.CatchUpAsync(Ct);

        var place = await Store.RevocationPlaceAsync(Ct);
        Assert.NotEqual(before.Epoch, place.Epoch);
        var log = await Store.RevocationsAfterAsync(0, 100, Ct);
        Assert.Contains(log, revocation => revocation.Event == known.Event);
        Assert.Contains(log, revocation => revocation.Event == last.Event);
        foreach (var node in (ReadingNode[])[a, b])
        {
            Assert.True(node.Index.IsRevoked(left.Facts));
            Assert.True(node.Index.IsRevoked(elsewhere.Facts));
            Assert.False(node.Index.IsRevoked(staying.Facts));
            Assert.Equal(place, node.Feed.Newest);
            Assert.Null(node.Feed.Join(before)); // its readers are given the snapshot
            Assert.Null(node.Feed.FirstFor(before));
        }

        Assert.Equal(known.Event, (await Store.FindSessionAsync(left.Id, Ct))!.Session.End?.Event);
        Assert.Equal(last.Event, (await Store.FindSessionAsync(elsewhere.Id, Ct))!.Session.End?.Event);
        Assert.Null((await Store.FindSessionAsync(staying.Id, Ct))!.End);
        Assert.NotEmpty((await Store.AuditAsync(new(Action: AuditActions.StateRolledBack), Ct)).Items);
        await VerifyChainAsync();

        // It is noticed once by each, and a restart finds nothing strange.
        foreach (var node in (ReadingNode[])[a, b]) await node.News.CatchUpAsync(Ct);
        Assert.Equal(place, await Store.RevocationPlaceAsync(Ct));
        await CloseAllAsync();
        Assert.False((await OpenWithReportAsync(remembered: b.Remembered)).Report.RolledBack);
    }

    [Fact]
    public async Task P1_a_database_that_was_put_back_is_noticed_also_when_other_endings_have_taken_the_lost_places()
    {
        await AppendAsync(Ending(RevocationScope.Token, "before"));
        using var node = await ReadingNodeAsync(Store);
        var other = await OpenAsync();
        await BackUpWhileOpenAsync();
        var lost = new List<Revocation>();
        for (var i = 0; i < 3; i++) lost.Add(await AppendAsync(Ending(RevocationScope.Session, NewSession(NewUser()).Id.ToString())));
        await node.News.CatchUpAsync(Ct);
        var before = node.Feed.Newest;
        await RestoreWhileOpenAsync();
        for (var i = 0; i < 5; i++)
        {
            var ending = Ending(RevocationScope.Session, NewSession(NewUser()).Id.ToString());
            lost.Add(await CommitTo(other, transaction => new ValueTask<Revocation>(transaction.Append(ending))));
        }

        var grown = await Store.RevocationPlaceAsync(Ct);
        Assert.True(grown.Epoch == before.Epoch && grown.Sequence > before.Sequence); // the number alone says nothing

        await node.News.CatchUpAsync(Ct);

        Assert.NotEqual(before.Epoch, node.Feed.Newest.Epoch);
        Assert.Equal(lost.Select(one => one.Event).ToHashSet(), (await Store.RevocationsAfterAsync(1, 100, Ct)).Select(one => one.Event).ToHashSet());
        Assert.All(lost, one => Assert.True(node.Index.IsRevoked(new TokenFacts { Issuer = one.Issuer, Subject = "", Session = one.Key })));
        Assert.Null(node.Feed.FirstFor(before));
    }

    [Fact]
    public async Task P1_a_database_that_was_put_back_is_noticed_also_when_the_newest_ending_of_this_node_follows_on_others_in_the_lost_places()
    {
        await AppendAsync(Ending(RevocationScope.Token, "before"));
        using var node = await ReadingNodeAsync(Store);
        var other = await OpenAsync();
        await BackUpWhileOpenAsync();
        var lost = await AppendAsync(Ending(RevocationScope.Session, NewSession(NewUser()).Id.ToString()));
        await node.News.CatchUpAsync(Ct);
        var before = node.Feed.Newest;
        await RestoreWhileOpenAsync();
        await CommitTo(other, transaction => new ValueTask<Revocation>(transaction.Append(Ending(RevocationScope.Token, "in its place"))));
        var own = await AppendAsync(Ending(RevocationScope.Token, "own"));
        Assert.Equal((before.Epoch, before.Sequence), (own.Epoch, own.Previous)); // by its number it follows on what was read
        node.Take(own);

        await node.News.CatchUpAsync(Ct);

        Assert.NotEqual(before.Epoch, node.Feed.Newest.Epoch);
        var log = await Store.RevocationsAfterAsync(0, 100, Ct);
        foreach (var known in (Revocation[])[lost, own]) Assert.Contains(log, one => one.Event == known.Event);
    }

    [Fact]
    public async Task P1_a_node_that_starts_notices_that_other_endings_have_taken_the_places_it_remembers()
    {
        await AppendAsync(Ending(RevocationScope.Token, "before"));
        using var node = await ReadingNodeAsync(Store);
        await BackUpWhileOpenAsync();
        var lost = await AppendAsync(Ending(RevocationScope.Token, "lost"));
        await node.News.CatchUpAsync(Ct);
        await node.Memory.StartAsync(Ct);
        while (node.Remembered.Newest?.Event != lost.Event) await Task.Yield();
        await node.Memory.StopAsync(Ct);
        await RestoreWhileOpenAsync();
        for (var i = 0; i < 3; i++) await AppendAsync(Ending(RevocationScope.Token, $"after {i}"));
        await CloseAllAsync();

        var (store, report) = await OpenWithReportAsync(remembered: node.Remembered);

        Assert.Equal(new LedgerOpening(Created: false, RolledBack: true, TakenBack: 1), report);
        Assert.Contains(await store.RevocationsAfterAsync(0, 100, Ct), one => one.Event == lost.Event);
    }

    [Fact]
    public async Task A_place_that_was_purged_is_not_taken_for_a_lost_one()
    {
        await AppendAsync(Ending(RevocationScope.Token, "short") with { Expires = Time.Millisecond.AddSeconds(1) });
        using var node = await ReadingNodeAsync(Store);
        Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(1, await Commit(transaction => transaction.PurgeAsync(new(Time.Millisecond, Time.Millisecond), 10)));

        await node.News.CatchUpAsync(Ct);
        await AppendAsync(Ending(RevocationScope.Token, "next"));
        await node.News.CatchUpAsync(Ct);

        Assert.Equal((Store.Epoch, 2), (node.Feed.Newest.Epoch, node.Feed.Newest.Sequence));
        Assert.Empty((await Store.AuditAsync(new(Action: AuditActions.StateRolledBack), Ct)).Items);
    }

    [Fact]
    public async Task P2_a_session_that_the_ledger_has_lost_ends_once_however_often_it_is_asked_to_and_whoever_leaves_beside_it()
    {
        var (user, rules) = (NewUser(), new RevocationRules(new ExeuntOptions(), Us));
        var (here, lost) = (NewSession(user), NewSession(user));
        await Commit(transaction =>
        {
            transaction.Insert(user);
            transaction.Insert(here);
        });
        await using var ledger = StartLedger();
        var revoker = new Revoker(ledger, rules);

        var allAreQueued = new TaskCompletionSource(); // so that they are one batch
        var before = ledger.RunAsync(async _ =>
        {
            await allAreQueued.Task;
            return 0;
        });
        Task<EndOutcome>[] leaving = [LeaveAsync(lost), LeaveAsync(here), LeaveAsync(lost)];
        allAreQueued.SetResult();
        await before;
        var together = await Task.WhenAll(leaving);
        var again = await LeaveAsync(lost);

        Assert.All(together[..2], outcome => Assert.Equal(1, Assert.IsType<EndOutcome.Ended>(outcome).Count));
        Assert.IsType<EndOutcome.AlreadyEnded>(again);
        var log = await Store.RevocationsAfterAsync(0, 10, Ct);
        Assert.Equal(2, log.Count);
        Assert.Equal(lost.Id.ToString(), Assert.Single(log, one => one.Event == EventId.From(lost.Id.Value)).Key);
        Assert.Equal(2, (await Store.AuditAsync(new(Action: AuditActions.SessionEnded), Ct)).Items.Count);

        Task<EndOutcome> LeaveAsync(Exeunt.Sessions.Session session) => revoker.EndAsync(new()
        {
            Scope = new EndScope.OneSession(session.Id),
            By = new(ActorKind.User, user.Id, session.Id),
            Reason = EndReason.User,
            From = Origin.Here,
            OwnSessionOnly = true,
            Proof = new() { Issuer = Us, SessionKey = session.Id.ToString(), Session = session.Id },
        });
    }

    private async Task<ReadingNode> ReadingNodeAsync(ILedgerStore store)
    {
        var node = new ReadingNode(store, Path.Combine(memories.Path, $"{Directory.GetFiles(memories.Path).Length}.memory"));
        await node.Memory.BeginAsync(Ct);
        await node.News.CatchUpAsync(Ct);
        return node;
    }

    /// <summary>What of a node reads the log.</summary>
    private sealed class ReadingNode : IDisposable
    {
        private readonly string path;

        public ReadingNode(ILedgerStore store, string path)
        {
            (Store, this.path) = (store, path);
            Memory = new(path, store, NullLogger<NodeMemoryKeeper>.Instance);
            Feed = new(store.Clock, new ConnectedGuards(new(), store.Clock));
            News = new(store, Index, Feed, new SessionStreams(new()), NullLogger<NewsReader>.Instance, memory: Memory);
        }

        public ILedgerStore Store { get; }

        public RevocationIndex Index { get; } = new();

        public RevocationFeed Feed { get; }

        public NodeMemoryKeeper Memory { get; }

        public NewsReader News { get; }

        public NodeMemory Remembered => NodeMemoryKeeper.Read(path, out _);

        /// <summary>What is done with a commit of its own.</summary>
        public void Take(Revocation committed) => Exeunt.Hosting.ExeuntServices.Committed([committed], Index, Memory, News);

        public void Dispose()
        {
            News.Dispose();
            Memory.Dispose();
        }
    }
}
