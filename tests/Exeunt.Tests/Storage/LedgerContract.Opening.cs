using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Storage;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Storage;

/// <content>Opening, several processes, and databases that were put back from an older copy.</content>
public abstract partial class LedgerContract
{
    [Fact]
    public async Task Opening_says_whether_the_ledger_is_new()
    {
        await CloseAllAsync();
        await DropAsync();

        Assert.Equal(new LedgerOpening(Created: true, RolledBack: false, TakenBack: 0), (await OpenWithReportAsync()).Report);
        var (store, report) = await OpenWithReportAsync();
        Assert.Equal(new LedgerOpening(Created: false, RolledBack: false, TakenBack: 0), report);
        Assert.NotEmpty(store.Epoch);
    }

    [Fact]
    public async Task Closing_a_ledger_twice_is_closing_it_once()
    {
        var ledger = await OpenAsync();

        await ledger.DisposeAsync();
        await ledger.DisposeAsync();

        Assert.NotEmpty((await OpenAsync()).Epoch);
    }

    [Fact]
    public async Task Two_ledgers_never_share_an_epoch_or_a_chain()
    {
        var (epoch, chain) = (Store.Epoch, (await Store.AuditHeadsAsync(Ct))[0].Chain);
        await CloseAllAsync();
        await DropAsync();
        Store = await OpenAsync();

        Assert.NotEqual(epoch, Store.Epoch);
        Assert.NotEqual(chain, (await Store.AuditHeadsAsync(Ct))[0].Chain);
    }

    [Fact]
    public async Task Two_processes_see_what_the_other_wrote()
    {
        var other = await OpenAsync();
        var user = NewUser();
        var session = NewSession(user);
        await Commit(transaction =>
        {
            transaction.Insert(user);
            transaction.Insert(session);
            transaction.Append(Entry());
        });

        var cutOff = await CommitTo(other, async transaction =>
        {
            Assert.NotNull(await transaction.SessionAsync(session.Id));
            transaction.Append(Entry());
            transaction.TokenLivesUntil(Time.Millisecond.AddDays(3));
            return transaction.Append(CutOff(user));
        });

        Assert.Equal(cutOff.Event, (await Commit(transaction => transaction.CutOffOverAsync(session)))?.Event);
        Assert.Equal(cutOff.UpTo, await Commit(transaction => transaction.HighestCutOffAsync(Us, user.Subject, Web)));
        Assert.True(await Commit(transaction => new ValueTask<DateTimeOffset>(transaction.LatestTokenExpiry)) >= Time.Millisecond.AddDays(3));
        Assert.Equal(cutOff.Sequence, (await AppendAsync(Ending(RevocationScope.Token, "jti"))).Previous);
        await Commit(transaction => transaction.MarkSwept(cutOff));
        Assert.Null(await CommitTo(other, transaction => transaction.CutOffOverAsync(session)));
        await CommitTo(other, transaction =>
        {
            transaction.Append(Entry());
            return ValueTask.FromResult(0);
        });
        Assert.Equal(4, await VerifyChainAsync());
    }

    [Fact]
    public async Task P2_whoever_opens_the_ledger_beside_a_process_that_commits_without_a_pause_gets_its_turn()
    {
        using var done = new CancellationTokenSource();
        var writes = 0;
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var writing = Task.Run(async () =>
        {
            for (; !done.IsCancellationRequested; writes++, begun.TrySetResult()) await Commit(transaction => transaction.Append(Entry()));
        }, Ct);

        const int Rounds = 30;
        try
        {
            await begun.Task.WaitAsync(Ct);
            for (var round = 0; round < Rounds; round++)
            {
                await using var other = Connect(Time);
                await other.OpenAsync(NodeMemory.Empty, Ct);
                await other.CommitAsync(transaction =>
                {
                    transaction.Append(Entry());
                    return ValueTask.CompletedTask;
                });
            }
        }
        finally
        {
            await done.CancelAsync();
            await writing;
        }

        Assert.Equal(1 + Rounds + writes, await VerifyChainAsync());
    }

    [Fact]
    public async Task News_of_another_process_wakes_whoever_waits()
    {
        var other = await OpenAsync(TimeProvider.System); // whoever waits needs a clock that goes
        await WaitUntilQuietAsync(other);
        var waiting = HeardAsync(other);

        var ending = await AppendAsync(Ending(RevocationScope.Token, "jti"));

        Assert.Equal(ending, await waiting);

        static async Task<Revocation> HeardAsync(ILedgerStore store)
        {
            while (true)
            {
                await store.WaitForNewsAsync(Ct);
                if (await store.RevocationsAfterAsync(0, 1, Ct) is [var news]) return news;
            }
        }

        static async Task WaitUntilQuietAsync(ILedgerStore store) => await store.WaitForNewsAsync(Ct);
    }

    [Fact]
    public async Task A_database_from_an_older_copy_is_noticed_and_takes_back_what_the_node_remembers()
    {
        var (user, outsider) = (NewUser(), NewUser(Them));
        var (own, untouched) = (NewSession(user), NewSession(user));
        var (mirrored, covered) = (NewSession(outsider, outsideId: "sess_1"), NewSession(outsider, outsideId: "sess_2"));
        var known = Ending(RevocationScope.Token, "jti");
        await Commit(transaction =>
        {
            transaction.Insert(user);
            transaction.Insert(outsider);
            foreach (var session in (Exeunt.Sessions.Session[])[own, mirrored, covered, untouched]) transaction.Insert(session);
            known = transaction.Append(known);
        });
        var epoch = Store.Epoch;
        await CloseAllAsync();
        await BackUpAsync();

        Store = await OpenAsync();
        Revocation[] lost =
        [
            known,
            await AppendAsync(Ending(RevocationScope.Session, own.Id.ToString()) with { Reason = EndReason.User }),
            await AppendAsync(Ending(RevocationScope.Session, "sess_1", Them) with { Reason = EndReason.Provider }),
            await AppendAsync(CutOff(outsider, except: "sess_1")),
            await AppendAsync(Ending(RevocationScope.Token, "expired") with { Expires = Time.Millisecond.AddSeconds(1) }),
        ];
        await CloseAllAsync();
        await RestoreAsync();
        Time.Advance(TimeSpan.FromSeconds(5));

        var (store, report) = await OpenWithReportAsync(remembered: new(epoch, lost[^1].Sequence, lost));
        Store = store;

        Assert.Equal(new LedgerOpening(Created: false, RolledBack: true, TakenBack: 3), report);
        Assert.NotEqual(epoch, store.Epoch);
        var log = await store.RevocationsAfterAsync(0, 100, Ct);
        Assert.Equal(lost.Take(4).Select(revocation => revocation.Event), log.Select(revocation => revocation.Event));
        Assert.All(log, revocation => Assert.Equal(store.Epoch, revocation.Epoch));
        Assert.Equal(new(lost[1].Event, lost[1].At, EndReason.User), (await store.FindSessionAsync(own.Id, Ct))!.Session.End);
        Assert.Equal(lost[2].Event, (await store.FindSessionAsync(mirrored.Id, Ct))!.Session.End?.Event);
        Assert.Equal(lost[3].Event, (await store.FindSessionAsync(covered.Id, Ct))!.End?.Event);
        Assert.Null((await store.FindSessionAsync(untouched.Id, Ct))!.End);
        Assert.Equal(lost[3].Event, (await Commit(transaction => transaction.CutOffOverAsync(covered)))?.Event);
        Assert.Equal(1, (await store.FindUserAsync(user.Id, Ct))!.UnmarkedSessions);
        Assert.Equal(3, Assert.Single((await store.AuditAsync(new(Action: AuditActions.StateRolledBack), Ct)).Items).Entry.Count);
        await VerifyChainAsync();

        // Noticed once: who remembers the new epoch finds nothing strange, nor does one who has seen no more than the old copy held.
        await CloseAllAsync();
        Assert.False((await OpenWithReportAsync(remembered: new(store.Epoch, log[^1].Sequence, log))).Report.RolledBack);
        Assert.False((await OpenWithReportAsync(remembered: new(epoch, known.Sequence, [known]))).Report.RolledBack);
    }

    [Fact]
    public async Task A_node_that_remembers_more_of_a_past_epoch_still_writes_it_back()
    {
        var epoch = Store.Epoch;
        await CloseAllAsync();
        await BackUpAsync();
        Store = await OpenAsync();
        var first = await AppendAsync(Ending(RevocationScope.Token, "first"));
        var second = await AppendAsync(Ending(RevocationScope.Token, "second"));
        await CloseAllAsync();
        await RestoreAsync();

        Assert.Equal(1, (await OpenWithReportAsync(remembered: new(epoch, first.Sequence, [first]))).Report.TakenBack);
        var (store, report) = await OpenWithReportAsync(remembered: new(epoch, second.Sequence, [first, second]));

        Assert.Equal(new LedgerOpening(Created: false, RolledBack: true, TakenBack: 1), report);
        Assert.Equal([first.Event, second.Event], (await store.RevocationsAfterAsync(0, 10, Ct)).Select(revocation => revocation.Event));
    }

    [Fact]
    public async Task An_empty_database_in_the_place_of_a_remembered_one_is_a_rolled_back_one()
    {
        var ending = await AppendAsync(CutOff(NewUser()));
        var memory = new NodeMemory(Store.Epoch, ending.Sequence, [ending]);
        await CloseAllAsync();
        await DropAsync();

        var (store, report) = await OpenWithReportAsync(remembered: memory);

        Assert.Equal(new LedgerOpening(Created: true, RolledBack: true, TakenBack: 1), report);
        Assert.Equal(ending.Event, Assert.Single(await store.RevocationsAfterAsync(0, 10, Ct)).Event);
    }

    [Fact]
    public async Task Ledger_time_is_never_behind_what_the_ledger_holds()
    {
        Time.Advance(TimeSpan.FromMinutes(5));
        await Commit(transaction => transaction.Append(Entry()));
        var user = NewUser();
        var session = NewSession(user, Time.Millisecond.AddMinutes(5));
        var behind = new TestClock(Time.GetUtcNow().AddHours(-2));

        Assert.True((await OpenAsync(behind)).Clock.GetUtcNow() >= Time.Millisecond);

        await Commit(transaction =>
        {
            transaction.Insert(user);
            transaction.Insert(session);
        });
        Assert.True((await OpenAsync(behind)).Clock.GetUtcNow() >= session.OpenedAt);
    }
}
