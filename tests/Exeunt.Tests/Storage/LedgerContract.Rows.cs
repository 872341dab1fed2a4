using Exeunt.Accounts;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;

namespace Exeunt.Tests.Storage;

/// <content>Rows come back as they went in.</content>
public abstract partial class LedgerContract
{
    [Fact]
    public async Task A_user_comes_back_as_it_went_in()
    {
        var user = NewUser() with { Roles = ["admin", "odd \"role\", with, commas"], DisabledAt = Time.Millisecond, Name = "Zoë 🎭 \0 Ωmega" };
        await Commit(transaction => transaction.Insert(user));

        Assert.Equivalent(user, await Store.FindUserAsync(user.Id, Ct), strict: true);
        Assert.Equivalent(user, await Store.FindUserByEmailAsync(User.Normalize(user.Email!), Ct), strict: true);
        Assert.Equivalent(user, await Commit(transaction => transaction.UserBySubjectAsync(user.Issuer, user.Subject)), strict: true);
    }

    [Fact]
    public async Task Updating_a_user_keeps_its_identity_and_its_count()
    {
        var user = NewUser();
        var session = NewSession(user);
        await Commit(transaction =>
        {
            transaction.Insert(user with { UnmarkedSessions = 77 });
            transaction.Insert(session);
            transaction.Update(user with { Email = "New@Example.org", Name = null, Roles = ["admin"], PasswordHash = "other", UnmarkedSessions = 99 });
        });

        var stored = await Store.FindUserAsync(user.Id, Ct);

        Assert.Equivalent(
            user with { Email = "New@Example.org", Name = null, Roles = ["admin"], PasswordHash = "other", UnmarkedSessions = 1 }, stored, strict: true);
        Assert.Null(await Store.FindUserByEmailAsync(User.Normalize(user.Email!), Ct));
        Assert.NotNull(await Store.FindUserByEmailAsync(User.Normalize("new@example.ORG"), Ct));
    }

    [Fact]
    public async Task A_session_comes_back_as_it_went_in()
    {
        var (user, outsider) = (NewUser(), NewUser(Them));
        var own = NewSession(user) with { DeviceName = null, UserAgent = "", Address = null };
        var outside = NewSession(outsider, outsideId: "sess_1") with
        {
            AuthenticatedAt = null,
            Secret = [],
            Generations = new(uint.MaxValue, uint.MaxValue - 1, Time.Millisecond),
            End = new(Id.New<EventId>(Time.Millisecond), Time.Millisecond, EndReason.Provider),
        };
        await Commit(transaction =>
        {
            transaction.Insert(user);
            transaction.Insert(outsider);
            transaction.Insert(own);
            transaction.Insert(outside);
        });

        Assert.Equivalent(own, (await Store.FindSessionAsync(own.Id, Ct))!.Session, strict: true);
        Assert.Equivalent(outside, (await Store.FindSessionByOutsideIdAsync(Them, "sess_1", Ct))!.Session, strict: true);
        Assert.Null(await Store.FindSessionByOutsideIdAsync(Us, "sess_1", Ct));
    }

    [Fact]
    public async Task Updating_a_session_replaces_uses_limits_generations_and_end()
    {
        var user = NewUser();
        var session = NewSession(user);
        var later = Time.Millisecond.AddHours(1);
        var used = session with
        {
            LastSeenAt = later,
            ExpiresAt = later.AddDays(7),
            AbsoluteExpiresAt = later.AddDays(29),
            LastTokenExpiresAt = later.AddMinutes(15),
            Generations = new(7, 6, later),
        };
        await Commit(transaction =>
        {
            transaction.Insert(user);
            transaction.Insert(session);
            transaction.Update(used with { Address = "elsewhere" });
        });
        Assert.Equivalent(used, (await Store.FindSessionAsync(session.Id, Ct))!.Session, strict: true);

        var ended = used with { End = new(Id.New<EventId>(later), later, EndReason.User) };
        await Commit(transaction => transaction.Update(ended));

        Assert.Equivalent(ended, (await Store.FindSessionAsync(session.Id, Ct))!.Session, strict: true);
        Assert.Equal(ended.End, (await Store.FindSessionAsync(session.Id, Ct))!.End);
    }

    [Fact]
    public async Task P1_a_recorded_end_is_neither_replaced_nor_taken_away()
    {
        var user = NewUser();
        var session = NewSession(user);
        var first = new SessionEnd(Id.New<EventId>(Time.Millisecond), Time.Millisecond, EndReason.User);
        await Commit(transaction =>
        {
            transaction.Insert(user);
            transaction.Insert(session);
            transaction.Update(session with { End = first });
        });

        var second = new SessionEnd(Id.New<EventId>(Time.Millisecond), Time.Millisecond.AddDays(1), EndReason.Admin);
        await Commit(transaction => transaction.Update(session with { End = second, LastTokenExpiresAt = Time.Millisecond.AddDays(2) }));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Commit(transaction => transaction.Update(session)));

        var stored = (await Store.FindSessionAsync(session.Id, Ct))!.Session;
        Assert.Equal(first, stored.End);
        Assert.Equal(Time.Millisecond.AddDays(2), stored.LastTokenExpiresAt);
        Assert.Equal(0, (await Store.FindUserAsync(user.Id, Ct))!.UnmarkedSessions);
    }

    [Fact]
    public async Task What_is_taken_is_refused()
    {
        var (user, outsider) = (NewUser(), NewUser(Them));
        var session = NewSession(outsider, outsideId: "sess_1");
        await Commit(transaction =>
        {
            transaction.Insert(user);
            transaction.Insert(outsider);
            transaction.Insert(session);
        });

        await Refused(transaction => transaction.Insert(NewUser() with { Email = user.Email!.ToUpperInvariant() }));
        await Refused(transaction => transaction.Insert(NewUser(Them) with { Subject = outsider.Subject }));
        await Refused(transaction => transaction.Insert(NewUser() with { Id = user.Id }));
        await Refused(transaction => transaction.Insert(NewSession(outsider, outsideId: "sess_1")));
        await Refused(transaction => transaction.Insert(NewSession(user) with { Id = session.Id }));
        await Refused(transaction => transaction.Insert(NewSession(NewUser())));
        await Refused(transaction => transaction.Update(NewUser()));
        await Refused(transaction => transaction.Update(NewSession(user)));

        async Task Refused(Action<Exeunt.Storage.ILedgerTransaction> work) => await Assert.ThrowsAsync<InvalidOperationException>(() => Commit(work));
    }

    [Fact]
    public async Task Times_are_kept_to_the_millisecond_and_the_transaction_has_one()
    {
        Time.Advance(TimeSpan.FromTicks(12_345));

        var (first, second) = await Commit(transaction => new ValueTask<(DateTimeOffset, DateTimeOffset)>((transaction.Now, transaction.Now)));

        Assert.Equal(first, second);
        Assert.Equal(0, first.Ticks % TimeSpan.TicksPerMillisecond);
    }

    [Fact]
    public async Task The_latest_token_expiry_only_grows_and_is_never_too_early()
    {
        var expiry = Time.Millisecond.AddMinutes(15);
        await Commit(transaction => transaction.TokenLivesUntil(expiry));
        await Commit(transaction => transaction.TokenLivesUntil(expiry.AddHours(-1)));
        await ReopenAsync();

        var latest = await Commit(transaction => new ValueTask<DateTimeOffset>(transaction.LatestTokenExpiry));

        Assert.InRange(latest, expiry, expiry.AddMinutes(10));
    }

    [Fact]
    public async Task The_newest_session_of_each_scope_is_found()
    {
        var (ada, bob) = (NewUser(), NewUser(Them));
        var first = NewSession(ada, client: "a");
        var second = NewSession(ada, Time.Millisecond.AddSeconds(1), client: "b");
        var third = NewSession(bob, Time.Millisecond.AddSeconds(2), client: "a", outsideId: "x");
        await Commit(transaction =>
        {
            transaction.Insert(ada);
            transaction.Insert(bob);
            transaction.Insert(first);
            transaction.Insert(second);
            transaction.Insert(third);
        });

        Assert.Equal(second.Id, await Newest(new EndScope.AllOf(ada.Id)));
        Assert.Equal(first.Id, await Newest(new EndScope.OneSession(first.Id)));
        Assert.Equal(first.Id, await Newest(new EndScope.Client("a"))); // a client is ours: a provider's of the same name is another
        Assert.Equal(third.Id, await Newest(new EndScope.Issuer(Them)));
        Assert.Equal(third.Id, await Newest(new EndScope.Everyone()));
        Assert.Null(await Newest(new EndScope.AllOf(NewUser().Id)));

        async Task<SessionId?> Newest(EndScope scope) => await Commit(transaction => transaction.NewestSessionAsync(scope));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public async Task The_newest_session_is_the_newest_at_every_moment_of_a_transaction(int lookAtEach)
    {
        var user = NewUser();
        Session[] opened = [.. Enumerable.Range(0, 5).Select(i => NewSession(user, Time.Millisecond.AddSeconds(i)))];
        await Commit(transaction =>
        {
            transaction.Insert(user);
            foreach (var session in opened[..3]) transaction.Insert(session);
        });

        var seen = await Commit(async transaction =>
        {
            List<(SessionId?, long)> seen = [];
            var steps = 0;
            await transaction.SessionAsync(opened[2].Id);
            await EndAsync(2);
            await EndAsync(0);
            await OpenAsync(3);
            await EndAsync(3);
            await EndAsync(1);
            await OpenAsync(4);
            await EndAsync(4);
            return seen;

            async Task EndAsync(int at)
            {
                transaction.Update((await transaction.SessionAsync(opened[at].Id))! with { End = new(Id.New<EventId>(Time.Millisecond), Time.Millisecond, EndReason.User) });
                await LookAsync();
            }

            async Task OpenAsync(int at)
            {
                transaction.Insert(opened[at]);
                await LookAsync();
            }

            async Task LookAsync()
            {
                if (++steps % lookAtEach != 0) return;
                seen.Add((await transaction.NewestSessionAsync(new EndScope.AllOf(user.Id)), await transaction.CountAliveAsync(new EndScope.AllOf(user.Id))));
            }
        });

        (SessionId?, long)[] expected = [(opened[1].Id, 2), (opened[1].Id, 1), (opened[3].Id, 2), (opened[1].Id, 1), (null, 0), (opened[4].Id, 1), (null, 0)];
        Assert.Equal(expected.Where((_, i) => (i + 1) % lookAtEach == 0), seen);
    }
}
