using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;

namespace Exeunt.Tests.Storage;

/// <content>Cut-offs: what they cover, which one counts, and that nothing slips under them.</content>
public abstract partial class LedgerContract
{
    [Fact]
    public async Task P9_the_earliest_cut_off_wins()
    {
        var user = NewUser();
        var session = NewSession(user);
        var start = Time.Millisecond;
        var everyone = Ending(RevocationScope.Everyone, "", "", SessionId.From(Uuid7.Last(start.AddSeconds(3))), 1, at: start.AddSeconds(3));
        var ofUser = CutOff(user, at: start.AddSeconds(1));
        var ofClient = Ending(RevocationScope.Client, Web, Us, SessionId.From(Uuid7.Last(start.AddSeconds(2))), 1, at: start.AddSeconds(2));
        var tooLow = CutOff(user, upTo: SessionId.From(session.Id.Value - 1), at: start);
        var spared = CutOff(user, except: session.Id.ToString(), at: start);
        var ofOther = CutOff(NewUser(), at: start);
        await Commit(transaction =>
        {
            transaction.Insert(user);
            transaction.Insert(session);
            foreach (var cutOff in (Revocation[])[everyone, ofUser, ofClient, tooLow, spared, ofOther]) transaction.Append(cutOff);
        });

        Assert.Equal(ofUser.Event, (await Commit(transaction => transaction.CutOffOverAsync(session)))?.Event);
        Assert.Equal(new SessionEnd(ofUser.Event, ofUser.At, EndReason.LogoutAll), (await Store.FindSessionAsync(session.Id, Ct))!.End);
        Assert.Equal(everyone.UpTo, await Commit(transaction => transaction.HighestCutOffAsync(Us, user.Subject, Web)));
        Assert.Equal(everyone.UpTo, await Commit(transaction => transaction.HighestCutOffAsync(Them, "stranger", "other")));
    }

    [Fact]
    public async Task Of_two_cut_offs_in_one_millisecond_the_first_in_the_log_wins()
    {
        var user = NewUser();
        var session = NewSession(user);
        var (first, second) = (CutOff(user), CutOff(user));
        await Commit(transaction =>
        {
            transaction.Insert(user);
            transaction.Insert(session);
            transaction.Append(first);
            transaction.Append(second);
        });

        Assert.Equal(first.Event, (await Commit(transaction => transaction.CutOffOverAsync(session)))?.Event);
        Assert.Equal(first.Event, (await Store.FindSessionAsync(session.Id, Ct))!.End?.Event);
    }

    [Fact]
    public async Task A_swept_cut_off_is_asked_no_more()
    {
        var user = NewUser();
        var sessions = Enumerable.Range(0, 25).Select(_ => NewSession(user)).ToList();
        var spared = sessions[7];
        var cutOff = CutOff(user, except: spared.Id.ToString());
        await Commit(transaction =>
        {
            transaction.Insert(user);
            foreach (var session in sessions) transaction.Insert(session);
            cutOff = transaction.Append(cutOff);
        });

        var marked = new HashSet<SessionId>();
        while (await Commit(transaction => transaction.CoveredUnmarkedAsync(cutOff, 10)) is { Count: > 0 } covered)
        {
            Assert.InRange(covered.Count, 1, 10);
            await Commit(transaction =>
            {
                foreach (var session in covered) transaction.Update(Ended(session, cutOff));
            });
            Assert.All(covered, session => Assert.True(marked.Add(session.Id)));
        }

        await Commit(transaction => transaction.MarkSwept(cutOff));

        Assert.Equal(sessions.Where(session => session != spared).Select(session => session.Id).ToHashSet(), marked);
        Assert.Empty(await Commit(transaction => transaction.UnsweptAsync(10)));
        Assert.Null(await Commit(transaction => transaction.CutOffOverAsync(spared)));
        Assert.Equal(1, await CountAsync(new EndScope.AllOf(user.Id)));
        Assert.Equal(1, (await Store.FindUserAsync(user.Id, Ct))!.UnmarkedSessions);
    }

    [Theory]
    [InlineData(RevocationScope.User)]
    [InlineData(RevocationScope.Client)]
    [InlineData(RevocationScope.Issuer)]
    [InlineData(RevocationScope.Everyone)]
    public async Task Covered_rows_are_found_for_every_scope_inside_and_outside(RevocationScope scope)
    {
        var (ada, bob, eve) = (NewUser(), NewUser(Them), NewUser(Them));
        List<Session> sessions =
        [
            NewSession(ada), NewSession(ada, client: "other"), NewSession(ada, Time.Millisecond.AddSeconds(5)),
            NewSession(bob, outsideId: "b1"), NewSession(bob, outsideId: "b2") with { AuthenticatedAt = null },
            NewSession(eve, Time.Millisecond.AddSeconds(5), outsideId: "e1"), NewSession(eve, client: "other", outsideId: "e2"),
        ];
        var upTo = SessionId.From(Uuid7.Last(Time.Millisecond));
        var second = Time.Millisecond.ToUnixTimeSeconds();
        foreach (var (issuer, key) in ((string, string)[])[(Us, ada.Subject), (Them, bob.Subject), (Us, Web), (Them, Web), (Us, ""), (Them, ""), ("", "")])
        {
            var cutOff = Ending(scope, key, issuer, upTo, second);
            var expected = sessions.Where(session => cutOff.Covers(session.Facts)).Select(session => session.Id).ToHashSet();

            var found = await Commit(async transaction =>
            {
                if (await transaction.UserAsync(ada.Id) is null)
                {
                    foreach (var user in (Exeunt.Accounts.User[])[ada, bob, eve]) transaction.Insert(user);
                    foreach (var session in sessions) transaction.Insert(session);
                }

                return await transaction.CoveredUnmarkedAsync(cutOff, 100);
            });

            Assert.Equal(expected.OrderBy(id => id.Value), found.Select(session => session.Id));
            for (var i = 0; i < found.Count; i++)
            {
                var (after, at) = (found[i].Id, i);
                var rest = await Commit(transaction => transaction.CoveredUnmarkedAsync(cutOff, 2, after));
                Assert.Equal(found.Skip(at + 1).Take(2).Select(session => session.Id), rest.Select(session => session.Id));
            }
        }
    }

    [Fact]
    public async Task P1_a_thousand_sessions_of_one_millisecond_are_judged_rightly_around_a_cut_off()
    {
        var user = NewUser();
        await Commit(transaction => transaction.Insert(user));
        await using var ledger = StartLedger();

        // Time stands. Half of the sessions are opened before a logout everywhere, half after it, as sign-in and the Revoker do it.
        var before = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => ledger.RunAsync(OpenAsync)));
        var cutOff = await ledger.RunAsync(async transaction =>
        {
            var newest = await transaction.NewestSessionAsync(new EndScope.AllOf(user.Id));
            var now = Uuid7.Last(transaction.Now);
            return transaction.Append(CutOff(user, upTo: SessionId.From(UInt128.Max(now, newest?.Value ?? default))));
        });
        var after = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => ledger.RunAsync(OpenAsync)));

        Assert.All(before, session => Assert.True(session.Id.Value <= cutOff.UpTo!.Value.Value));
        Assert.All(after, session => Assert.True(session.Id.Value > cutOff.UpTo!.Value.Value));
        Assert.Equal(1000, before.Concat(after).Select(session => session.Id).Distinct().Count());
        Assert.Equal(500, await CountAsync(new EndScope.AllOf(user.Id)));
        foreach (var session in before) Assert.NotNull((await Store.FindSessionAsync(session.Id, Ct))!.End);
        foreach (var session in after) Assert.Null((await Store.FindSessionAsync(session.Id, Ct))!.End);

        async ValueTask<Session> OpenAsync(Exeunt.Storage.ILedgerTransaction transaction)
        {
            var session = NewSession(user, transaction.Now);
            if (await transaction.HighestCutOffAsync(user.Issuer, user.Subject, session.Client) is { } highest && session.Id.Value <= highest.Value)
                session = session with { Id = Id.New<SessionId>(Uuid7.TimeOf(highest.Value).AddMilliseconds(1)) };

            transaction.Insert(session);
            return session;
        }
    }

    [Fact]
    public async Task Expired_sessions_are_found_oldest_first_and_only_while_unmarked()
    {
        var user = NewUser();
        var sessions = Enumerable.Range(1, 6).Select(hours => NewSession(user, idle: TimeSpan.FromHours(hours))).ToList();
        await Commit(transaction =>
        {
            transaction.Insert(user);
            foreach (var session in Enumerable.Reverse(sessions)) transaction.Insert(session);
            transaction.Update(sessions[1] with { End = new(Id.New<EventId>(Time.Millisecond), Time.Millisecond, EndReason.User) });
        });
        Time.Advance(TimeSpan.FromHours(4)); // the fourth may still be used at this very instant
        Assert.Equal([sessions[0].Id, sessions[2].Id], (await Commit(transaction => transaction.ExpiredUnmarkedAsync(10))).Sessions.Select(session => session.Id));
        Time.Advance(TimeSpan.FromMilliseconds(1));

        var expired = await Commit(transaction => transaction.ExpiredUnmarkedAsync(10));
        var some = await Commit(transaction => transaction.ExpiredUnmarkedAsync(2));
        var others = await Commit(transaction => transaction.ExpiredUnmarkedAsync(10, from: some.Next!.Value));

        Assert.Equal((null, sessions[2].ExpiresAt, null), (expired.Next, some.Next, others.Next));
        Assert.Equal([sessions[0].Id, sessions[2].Id, sessions[3].Id], expired.Sessions.Select(session => session.Id));
        Assert.Equal([sessions[0].Id, sessions[2].Id], some.Sessions.Select(session => session.Id));
        Assert.Equal([sessions[2].Id, sessions[3].Id], others.Sessions.Select(session => session.Id));
        Assert.Equal(
            sessions[4].Id.Value < sessions[5].Id.Value ? sessions[4].Id : sessions[5].Id,
            (await Commit(transaction => transaction.OldestAliveAsync(user.Id)))?.Id);
    }
}
