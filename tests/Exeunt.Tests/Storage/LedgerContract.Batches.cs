using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;

namespace Exeunt.Tests.Storage;

/// <content>Transactions: all or nothing, and everybody reads what was written before.</content>
public abstract partial class LedgerContract
{
    [Fact]
    public async Task A_transaction_that_throws_leaves_nothing()
    {
        var user = NewUser();
        await Commit(transaction => transaction.Insert(user));
        var before = await Store.AuditHeadsAsync(Ct);

        await Assert.ThrowsAsync<TimeoutException>(() => Commit(transaction =>
        {
            transaction.Insert(NewSession(user));
            transaction.Append(CutOff(user));
            transaction.Append(Entry());
            transaction.TokenLivesUntil(Time.Millisecond.AddDays(9));
            throw new TimeoutException();
        }));

        Assert.Empty(await Store.RevocationsAfterAsync(0, 10, Ct));
        Assert.Empty((await Store.SessionsAsync(new(), Ct)).Items);
        Assert.Equivalent(before, await Store.AuditHeadsAsync(Ct), strict: true);
        Assert.Equal(0, (await Store.FindUserAsync(user.Id, Ct))!.UnmarkedSessions);
        var fresh = NewSession(user);
        await Commit(async transaction =>
        {
            Assert.Null(await transaction.CutOffOverAsync(fresh));
            Assert.Null(await transaction.HighestCutOffAsync(user.Issuer, user.Subject, Web));
            Assert.True(transaction.LatestTokenExpiry < Time.Millisecond);
            return 0;
        });
    }

    [Fact]
    public async Task A_sweep_that_is_rolled_back_leaves_its_cut_off_in_force()
    {
        var user = NewUser();
        var session = NewSession(user);
        var cutOff = CutOff(user);
        await Commit(transaction =>
        {
            transaction.Insert(user);
            transaction.Insert(session);
            cutOff = transaction.Append(cutOff);
        });

        await Assert.ThrowsAsync<TimeoutException>(() => Commit(transaction =>
        {
            transaction.MarkSwept(cutOff);
            throw new TimeoutException();
        }));

        Assert.Equal(cutOff.Event, (await Commit(transaction => transaction.CutOffOverAsync(session)))?.Event);
        Assert.Equal(cutOff.Event, (await Store.FindSessionAsync(session.Id, Ct))!.End?.Event);
    }

    [Fact]
    public async Task Every_operation_reads_what_was_written_before_it_in_its_batch()
    {
        var user = NewUser();
        var session = NewSession(user);
        await Commit(async transaction =>
        {
            transaction.Insert(user);
            transaction.Insert(session);
            Assert.NotNull(await transaction.UserAsync(user.Id));
            Assert.Equal(1, (await transaction.UserAsync(user.Id))!.UnmarkedSessions);
            Assert.NotNull(await transaction.SessionAsync(session.Id));
            Assert.Equal(1, await transaction.CountAliveAsync(new EndScope.AllOf(user.Id)));

            var cutOff = transaction.Append(CutOff(user));
            Assert.Equal(cutOff.Event, (await transaction.CutOffOverAsync(session))?.Event);
            Assert.Equal(0, await transaction.CountAliveAsync(new EndScope.AllOf(user.Id)));
            Assert.Equal(cutOff.UpTo, await transaction.HighestCutOffAsync(user.Issuer, user.Subject, Web));
            Assert.Null(await transaction.OldestAliveAsync(user.Id));

            transaction.Update(Ended(session, cutOff));
            Assert.NotNull((await transaction.SessionAsync(session.Id))!.End);
            Assert.Empty(await transaction.CoveredUnmarkedAsync(cutOff, 10));
            return 0;
        });
    }

    [Fact]
    public async Task In_the_ledger_nobody_pays_for_the_failure_of_another()
    {
        var owners = Enumerable.Range(0, 40).Select(_ => NewUser()).ToList();
        List<Revocation> told = [];
        await using var ledger = StartLedger(told.AddRange);

        var operations = owners.Select((user, i) => ledger.RunAsync(transaction =>
        {
            transaction.Insert(user);
            transaction.Append(CutOff(user));
            transaction.Append(Entry(user: user));
            if (i % 10 == 3) throw new TimeoutException();
            return ValueTask.FromResult(i);
        })).ToList();
        var outcomes = await Task.WhenAll(operations.Select(async operation => await Record.ExceptionAsync(() => operation)));

        for (var i = 0; i < owners.Count; i++)
        {
            Assert.Equal(i % 10 == 3, outcomes[i] is TimeoutException);
            Assert.Equal(i % 10 == 3, await Store.FindUserAsync(owners[i].Id, Ct) is null);
        }

        var log = await Store.RevocationsAfterAsync(0, 100, Ct);
        Assert.Equal(36, log.Count);
        Assert.Equal(log.Select(revocation => revocation.Sequence), told.Select(revocation => revocation.Sequence));
        await VerifyChainAsync();
    }

    [Fact]
    public async Task Sequences_rise_and_each_names_the_one_before()
    {
        var user = NewUser();
        await Commit(transaction => transaction.Insert(user));
        List<Revocation> committed = [];
        for (var i = 0; i < 5; i++)
        {
            committed.AddRange(await Commit(transaction =>
            {
                transaction.Append(Ending(RevocationScope.Session, NewSession(user).Id.ToString()));
                transaction.Append(Ending(RevocationScope.Token, $"jti-{i}"));
            }));
            await Assert.ThrowsAsync<TimeoutException>(() => Commit(transaction =>
            {
                transaction.Append(Ending(RevocationScope.Token, "lost"));
                throw new TimeoutException();
            }));
            if (i == 2) await ReopenAsync();
        }

        var log = await Store.RevocationsAfterAsync(0, 100, Ct);

        Assert.Equivalent(committed, log, strict: true);
        Assert.Equal(10, log.Count);
        Assert.All(log, revocation => Assert.Equal(Store.Epoch, revocation.Epoch));
        Assert.All(log.Zip(log.Skip(1)), pair =>
        {
            Assert.True(pair.First.Sequence < pair.Second.Sequence);
            Assert.Equal(pair.First.Sequence, pair.Second.Previous);
        });
        Assert.Equal(0, log[0].Previous);
        Assert.Equal(log.Skip(4).Take(3), await Store.RevocationsAfterAsync(log[3].Sequence, 3, Ct));
    }

    [Fact]
    public async Task An_ending_is_recorded_once()
    {
        var user = NewUser();
        var ending = CutOff(user) with { Except = NewSession(user).Id.ToString() };
        var first = await AppendAsync(ending);
        var again = await AppendAsync(ending with { At = ending.At.AddDays(1) });
        var otherKey = await AppendAsync(ending with { Key = "other" });

        Assert.Equal(first, again);
        Assert.Equal([first, otherKey], await Store.RevocationsAfterAsync(0, 10, Ct));
        Assert.Equal(first.Sequence, otherKey.Previous);
    }

    [Fact]
    public async Task A_prolonged_revocation_keeps_its_place_and_is_never_shortened()
    {
        var ending = await Commit(transaction => new ValueTask<Revocation>(transaction.Append(Ending(RevocationScope.Session, "sess_1", Them))));
        var longer = ending.Expires.AddDays(30);
        await Commit(transaction => transaction.Prolong(ending, longer));
        await Commit(transaction => transaction.Prolong(ending, longer.AddDays(-1)));

        Assert.Equal(ending with { Expires = longer }, Assert.Single(await Store.RevocationsAfterAsync(0, 10, Ct)));
    }

    [Fact]
    public async Task Reopening_keeps_everything()
    {
        var user = NewUser();
        var session = NewSession(user);
        var cutOff = CutOff(user);
        await Commit(transaction =>
        {
            transaction.Insert(user);
            transaction.Insert(session);
            cutOff = transaction.Append(cutOff);
            transaction.Append(Entry(user: user));
        });
        var (epoch, heads) = (Store.Epoch, await Store.AuditHeadsAsync(Ct));

        await ReopenAsync(new NodeMemory(epoch, cutOff.Sequence, [cutOff]));

        Assert.Equal(epoch, Store.Epoch);
        Assert.Equivalent(heads, await Store.AuditHeadsAsync(Ct), strict: true);
        Assert.Equal(cutOff.Event, (await Commit(transaction => transaction.CutOffOverAsync(session)))?.Event);
        Assert.Equal(cutOff, Assert.Single(await Commit(transaction => transaction.UnsweptAsync(10))));
        Assert.Equal(new SessionEnd(cutOff.Event, cutOff.At, cutOff.Reason), (await Store.FindSessionAsync(session.Id, Ct))!.End);
    }
}
