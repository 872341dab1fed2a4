using Exeunt.Accounts;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Storage;

namespace Exeunt.Tests.Storage;

/// <content>Listings in pages, and retention in batches.</content>
public abstract partial class LedgerContract
{
    [Fact]
    public async Task Paging_sessions_shows_each_once_while_others_are_opened()
    {
        var (user, other) = (NewUser(), NewUser());
        var sessions = Enumerable.Range(0, 55).Select(i => NewSession(i % 5 == 0 ? other : user, Time.Millisecond.AddMilliseconds(i))).ToList();
        await Commit(transaction =>
        {
            transaction.Insert(user);
            transaction.Insert(other);
            foreach (var session in sessions) transaction.Insert(session);
        });

        var found = await AllPagesAsync(async cursor =>
        {
            var page = await Store.SessionsAsync(new(user.Id, Limit: 10, Cursor: cursor), Ct);
            await Commit(transaction => transaction.Insert(NewSession(user, Time.Millisecond.AddSeconds(10))));
            return page;
        });

        Assert.Equal(
            sessions.Where(session => session.User == user.Id).Select(session => session.Id).OrderByDescending(id => id.Value),
            found.Select(judged => judged.Session.Id));
    }

    [Fact]
    public async Task A_listing_of_the_alive_leaves_out_marked_covered_and_expired()
    {
        var user = NewUser();
        var alive = Enumerable.Range(0, 9).Select(i => NewSession(user, Time.Millisecond.AddSeconds(1), client: i % 2 == 0 ? Web : "mobile")).ToList();
        var covered = Enumerable.Range(0, 40).Select(_ => NewSession(user)).ToList();
        var expired = Enumerable.Range(0, 20).Select(_ => NewSession(user, Time.Millisecond.AddSeconds(1), idle: TimeSpan.FromSeconds(1))).ToList();
        var marked = NewSession(user, Time.Millisecond.AddSeconds(1));
        var cutOff = CutOff(user);
        await Commit(transaction =>
        {
            transaction.Insert(user);
            foreach (var session in alive.Concat(covered).Concat(expired).Append(marked)) transaction.Insert(session);
            cutOff = transaction.Append(cutOff);
            transaction.Update(Ended(marked, cutOff));
        });
        Time.Advance(TimeSpan.FromSeconds(3));

        var found = await AllPagesAsync(cursor => Store.SessionsAsync(new(user.Id, AliveOnly: true, Limit: 4, Cursor: cursor), Ct));
        var mobile = await AllPagesAsync(cursor => Store.SessionsAsync(new(AliveOnly: true, Client: "mobile", Limit: 3, Cursor: cursor), Ct));
        var all = await AllPagesAsync(cursor => Store.SessionsAsync(new(user.Id, Limit: 50, Cursor: cursor), Ct));

        Assert.Equal(alive.Select(session => session.Id).OrderByDescending(id => id.Value), found.Select(judged => judged.Session.Id));
        Assert.Equal(4, mobile.Count);
        Assert.Equal(70, all.Count);
        Assert.Equal(61, all.Count(judged => judged.End is not null));
        Assert.Equal(20, all.Count(judged => judged.End?.Reason == EndReason.IdleTimeout));
    }

    [Fact]
    public async Task Accounts_are_found_by_id_and_by_prefix_of_address_or_name()
    {
        var ada = NewUser() with { Email = "Ada@Example.org", Name = "Lovelace" };
        var adam = NewUser() with { Email = "zz@example.org", Name = "ädam 100%_" };
        var eve = NewUser() with { Email = "adobe@example.org", Name = null };
        var mirrored = NewUser(Them);
        await Commit(transaction =>
        {
            foreach (var user in (User[])[ada, adam, eve, mirrored]) transaction.Insert(user);
        });

        Assert.Equal([ada.Id], await FindAsync(ada.Id.ToString()));
        Assert.Equal([ada.Id], await FindAsync("aDA@"));
        Assert.Equal([ada.Id, eve.Id], await FindAsync("AD"));
        Assert.Equal([adam.Id], await FindAsync("Ä"));
        Assert.Equal([ada.Id], await FindAsync(" love"));
        Assert.Empty(await FindAsync("%"));
        Assert.Empty(await FindAsync("_"));
        Assert.Empty(await FindAsync(mirrored.Id.ToString()[..^1] + (mirrored.Id.ToString()[^1] == '0' ? '1' : '0')));
        Assert.Equal([ada.Id, adam.Id, eve.Id, mirrored.Id], await FindAsync(null));

        async Task<List<UserId>> FindAsync(string? search) =>
            [.. (await AllPagesAsync(cursor => Store.UsersAsync(new(search, Limit: 1, Cursor: cursor), Ct))).Select(user => user.Id)
                .OrderBy(id => Array.FindIndex((User[])[ada, adam, eve, mirrored], user => user.Id == id))];
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAA==")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAA!")]
    [InlineData("' or 1=1 --           ")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_cursor_that_no_page_gave_out_is_refused(string cursor)
    {
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.SessionsAsync(new(Cursor: cursor), Ct));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.UsersAsync(new(Cursor: cursor), Ct));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.AuditAsync(new(Cursor: cursor), Ct));
    }

    [Fact]
    public async Task P8_retention_goes_in_bounded_batches_and_spares_what_still_matters()
    {
        var (user, outsider) = (NewUser(), NewUser(Them));
        var ended = Enumerable.Range(0, 23).Select(_ => NewSession(user)).ToList();
        var (unmarked, endedLate, mirrored) = (NewSession(user), NewSession(user), NewSession(outsider, outsideId: "sess_1"));
        var ofMirrored = Ending(RevocationScope.Session, "sess_1", Them) with { Expires = Time.Millisecond.AddDays(60) };
        var points = Enumerable.Range(0, 11).Select(i => Ending(RevocationScope.Token, $"jti-{i}")).ToList();
        var unswept = CutOff(NewUser());
        var swept = CutOff(NewUser());
        await Commit(transaction =>
        {
            transaction.Insert(user);
            transaction.Insert(outsider);
            foreach (var session in ended.Append(unmarked).Append(endedLate).Append(mirrored)) transaction.Insert(session);
            foreach (var point in points) transaction.Append(point);
            foreach (var session in ended) transaction.Update(Ended(session, points[0]));
            transaction.Update(Ended(mirrored, transaction.Append(ofMirrored)));
            transaction.Append(unswept);
            transaction.MarkSwept(transaction.Append(swept));
        });
        Time.Advance(TimeSpan.FromDays(40));
        await Commit(transaction => transaction.Update(endedLate with { End = new(Id.New<EventId>(Time.Millisecond), Time.Millisecond, EndReason.User) }));

        List<int> batches = [];
        var limits = new PurgeLimits(Time.Millisecond.AddDays(-7), Time.Millisecond);
        while (await Commit(transaction => transaction.PurgeAsync(limits, 10)) is > 0 and var gone) batches.Add(gone);

        Assert.Equal(23 + 11 + 1, batches.Sum());
        Assert.All(batches, gone => Assert.InRange(gone, 1, 10));
        Assert.Equal([ofMirrored.Event, unswept.Event], (await Store.RevocationsAfterAsync(0, 100, Ct)).Select(revocation => revocation.Event));
        Assert.Equal(
            new[] { unmarked.Id, endedLate.Id, mirrored.Id }.OrderByDescending(id => id.Value),
            (await Store.SessionsAsync(new(), Ct)).Items.Select(judged => judged.Session.Id));
        Assert.Equal(unswept.Event, Assert.Single(await Commit(transaction => transaction.UnsweptAsync(10))).Event);
    }

    [Fact]
    public async Task A_place_in_the_log_is_never_given_away_twice()
    {
        var last = await AppendAsync(Ending(RevocationScope.Token, "jti"));
        Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(1, await Commit(transaction => transaction.PurgeAsync(new(Time.Millisecond, Time.Millisecond), 10)));
        await ReopenAsync();

        var next = await AppendAsync(Ending(RevocationScope.Token, "jti"));

        Assert.True(next.Sequence > last.Sequence);
        Assert.Equal(last.Sequence, next.Previous);
    }

    protected static async Task<List<T>> AllPagesAsync<T>(Func<string?, ValueTask<Page<T>>> read)
    {
        var all = new List<T>();
        string? cursor = null;
        do
        {
            var page = await read(cursor);
            all.AddRange(page.Items);
            cursor = page.Next;
        }
        while (cursor is not null);

        return all;
    }
}
