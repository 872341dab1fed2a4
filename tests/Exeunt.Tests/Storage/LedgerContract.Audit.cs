using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Tests.Storage;

/// <content>The audit trail: chained, queried, cut and erased, and it verifies after everything.</content>
public abstract partial class LedgerContract
{
    [Fact]
    public async Task The_chain_opens_with_an_entry_that_says_so()
    {
        var head = Assert.Single(await Store.AuditHeadsAsync(Ct));
        var opened = Assert.Single(await Store.AuditChainAsync(head.Chain, 0, 10, Ct));

        Assert.Equal((AuditActions.ChainOpened, 1L, ActorKind.Job), (opened.Entry.Action, opened.Number, opened.Entry.By.Kind));
        Assert.Equal((1L, 0L), (head.Number, head.AnchorNumber));
        Assert.Equal(AuditChain.Origin, head.AnchorHash);
        Assert.Equal(opened.Hash, head.Hash);
    }

    [Fact]
    public async Task An_entry_comes_back_as_it_went_in_and_verifies()
    {
        var entry = new AuditEntry
        {
            At = Time.Millisecond,
            Action = AuditActions.SessionEnded,
            By = new(ActorKind.Admin, NewUser().Id, NewSession(NewUser()).Id, "a name"),
            User = NewUser().Id,
            Session = NewSession(NewUser()).Id,
            Event = Id.New<EventId>(Time.Millisecond),
            Reason = EndReason.Admin,
            Count = 0,
            Client = "",
            Detail = "with \0 and 🎭",
            Address = "2001:db8::1",
            UserAgent = "",
            Claimed = "O'Hara\0<script>",
        };
        await Commit(transaction => transaction.Append(entry));

        var stored = (await Store.AuditAsync(new(NewestFirst: true, Limit: 1), Ct)).Items[0];

        Assert.Equal(entry, stored.Entry);
        await VerifyChainAsync();
    }

    [Fact]
    public async Task The_chain_continues_over_batches_failures_and_restarts()
    {
        for (var i = 0; i < 6; i++)
        {
            await Commit(transaction =>
            {
                transaction.Append(Entry());
                transaction.Append(Entry(AuditActions.LogoutRefused));
            });
            await Assert.ThrowsAsync<TimeoutException>(() => Commit(transaction =>
            {
                transaction.Append(Entry());
                throw new TimeoutException();
            }));
            if (i % 2 == 1) await ReopenAsync();
        }

        Assert.Equal(13, await VerifyChainAsync());
    }

    [Fact]
    public async Task The_trail_is_queried_by_user_action_reason_and_time()
    {
        var random = new Random(20260314);
        User[] people = [NewUser(), NewUser(), NewUser()];
        string[] actions = [AuditActions.SignedIn, AuditActions.SessionEnded, AuditActions.SignInFailed];
        List<AuditEntry> entries = [(await Store.AuditAsync(new(), Ct)).Items[0].Entry];
        for (var i = 0; i < 200; i++)
        {
            if (random.Next(3) == 0) Time.Advance(TimeSpan.FromSeconds(random.Next(1, 90)));
            var action = actions[random.Next(3)];
            var entry = Entry(action, people[random.Next(3)]) with { Reason = action == AuditActions.SessionEnded ? (EndReason)random.Next(1, 4) : null };
            entries.Add(entry);
            await Commit(transaction => transaction.Append(entry));
        }

        var middle = entries[100].At;
        var queries =
            from newestFirst in (bool[])[false, true]
            from user in (UserId?[])[null, people[1].Id]
            from action in (string?[])[null, AuditActions.SessionEnded]
            from reason in (EndReason?[])[null, EndReason.OtherDevice]
            from span in ((DateTimeOffset? From, DateTimeOffset? To)[])[(null, null), (middle, null), (null, middle), (middle, middle.AddMinutes(10))]
            select new AuditQuery(user, action, reason, span.From, span.To, newestFirst, Limit: 7);
        foreach (var query in queries)
        {
            var expected = entries.Where(entry =>
                (query.User is null || entry.User == query.User) && (query.Action is null || entry.Action == query.Action)
                && (query.Reason is null || entry.Reason == query.Reason)
                && (query.From is null || entry.At >= query.From) && (query.To is null || entry.At < query.To));

            var found = await AllPagesAsync(cursor => Store.AuditAsync(query with { Cursor = cursor }, Ct));

            Assert.Equal(query.NewestFirst ? expected.Reverse() : expected, found.Select(record => record.Entry));
        }
    }

    [Fact]
    public async Task Retention_cuts_the_oldest_and_the_rest_still_verifies()
    {
        await Commit(transaction =>
        {
            for (var i = 0; i < 30; i++) transaction.Append(Entry());
        });
        var head = (await Store.AuditHeadsAsync(Ct))[0];
        var atCut = (await Store.AuditChainAsync(head.Chain, 19, 1, Ct))[0];

        Assert.Equal(12, await Commit(transaction => transaction.DeleteAuditAsync(head.Chain, 20, 12)));
        Assert.Equal(19, await VerifyChainAsync());
        Assert.Equal(8, await Commit(transaction => transaction.DeleteAuditAsync(head.Chain, 20, 12)));
        Assert.Equal(0, await Commit(transaction => transaction.DeleteAuditAsync(head.Chain, 20, 12)));

        var cut = (await Store.AuditHeadsAsync(Ct))[0];
        Assert.Equal((20L, 31L), (cut.AnchorNumber, cut.Number));
        Assert.Equal(atCut.Hash, cut.AnchorHash);
        Assert.Equal(11, await VerifyChainAsync());
    }

    [Fact]
    public async Task A_chain_of_which_nothing_is_left_goes_on_from_its_anchor()
    {
        await Commit(transaction => transaction.Append(Entry()));
        var head = (await Store.AuditHeadsAsync(Ct))[0];
        Assert.Equal(2, await Commit(transaction => transaction.DeleteAuditAsync(head.Chain, 2, 10)));
        await ReopenAsync();

        var cut = (await Store.AuditHeadsAsync(Ct))[0];
        Assert.Equal((2L, 2L), (cut.Number, cut.AnchorNumber));
        Assert.Equal(head.Hash, cut.Hash);

        await Commit(transaction => transaction.Append(Entry()));
        Assert.Equal(1, await VerifyChainAsync());
        Assert.Equal(3, (await Store.AuditHeadsAsync(Ct))[0].Number);
    }

    [Fact]
    public async Task Personal_values_of_a_user_are_erased_and_the_chain_still_verifies()
    {
        var (ada, admin) = (NewUser(), NewUser());
        var byHer = Entry(user: ada);
        var failed = Entry(AuditActions.SignInFailed) with { User = ada.Id, Claimed = "ada@example.org" };
        var byAdmin = Entry(AuditActions.SessionEnded) with
        {
            User = ada.Id,
            By = new(ActorKind.Admin, admin.Id),
            Claimed = "ada's phone",
            Address = "198.51.100.1",
        };
        var byHerOnAdmin = Entry(AuditActions.AccountDisabled) with { User = admin.Id, By = new(ActorKind.Admin, ada.Id) };
        var another = Entry(user: admin) with { Claimed = "stays" };
        await Commit(transaction =>
        {
            foreach (var entry in (AuditEntry[])[byHer, failed, byAdmin, byHerOnAdmin, another]) transaction.Append(entry);
        });

        var erased = 0;
        while (await Commit(transaction => transaction.ErasePersonalAsync(ada.Id, 2)) is > 0 and var some) erased += some;

        Assert.Equal(4, erased);
        var kept = (await Store.AuditAsync(new(), Ct)).Items.Skip(1).Select(record => record.Entry);
        Assert.Equal(
            [
                byHer with { Address = null, UserAgent = null },
                failed with { Address = null, UserAgent = null, Claimed = null },
                byAdmin with { Claimed = null },
                byHerOnAdmin with { Address = null, UserAgent = null },
                another,
            ],
            kept);
        await VerifyChainAsync();
    }

    [Fact]
    public async Task Checkpoints_are_listed_newest_first()
    {
        await Commit(transaction =>
        {
            for (var i = 1; i <= 5; i++) transaction.AppendCheckpoint(Time.Millisecond.AddSeconds(i), $"jws-{i}");
        });
        await ReopenAsync();

        var first = await Store.CheckpointsAsync(null, 2, Ct);
        var rest = await Store.CheckpointsAsync(first[^1].Number, 10, Ct);

        Assert.Equal(["jws-5", "jws-4", "jws-3", "jws-2", "jws-1"], first.Concat(rest).Select(checkpoint => checkpoint.Jws));
        Assert.Equal(Time.Millisecond.AddSeconds(5), first[0].At);
    }

    [Fact]
    public async Task Entries_are_counted_by_reason_hour_day_and_device()
    {
        var noon = DateTimeOffset.FromUnixTimeMilliseconds(Time.Millisecond.ToUnixTimeMilliseconds() / 86_400_000 * 86_400_000).AddHours(12);
        await Commit(transaction =>
        {
            transaction.Append(Entry(at: noon) with { Device = "Firefox on Windows" });
            transaction.Append(Entry(at: noon.AddMinutes(59)));
            transaction.Append(Entry(AuditActions.SessionEnded, at: noon.AddHours(1)) with { Reason = EndReason.User, Device = "Firefox on Windows" });
            transaction.Append(Entry(AuditActions.SessionsEnded, at: noon.AddDays(1)) with { Reason = EndReason.Admin, Count = 7 });
            transaction.Append(Entry(AuditActions.SignInFailed, at: noon));
            transaction.Append(Entry(AuditActions.FailuresCounted, at: noon) with { Count = 25, Detail = AuditActions.SignInFailed });
            transaction.Append(Entry(AuditActions.FailuresCounted, at: noon) with { Count = 99, Detail = AuditActions.LogoutRefused });
            transaction.Append(Entry(at: noon.AddDays(2)));
        });

        var (hour, day, next) = ($"{noon:yyyy-MM-ddTHH}", $"{noon:yyyy-MM-dd}", $"{noon.AddDays(1):yyyy-MM-dd}");
        Assert.Equal([new(null, 0, 0, 26, 2), new("user", 1, 1, 0, 0), new("admin", 1, 7, 0, 0)], await TallyAsync(AuditGroup.Reason), Unordered);
        Assert.Equal([new("user", 1, 1, 0, 0), new("admin", 1, 7, 0, 0)], await TallyAsync(AuditGroup.Reason, endingsOnly: true), Unordered);
        Assert.Equal([new(hour, 0, 0, 26, 2), new($"{noon.AddHours(1):yyyy-MM-ddTHH}", 1, 1, 0, 0), new($"{noon.AddDays(1):yyyy-MM-ddTHH}", 1, 7, 0, 0)], await TallyAsync(AuditGroup.Hour));
        Assert.Equal([new(day, 1, 1, 26, 2), new(next, 1, 7, 0, 0)], await TallyAsync(AuditGroup.Day));
        Assert.Equal([new(day, 1, 1, 0, 0), new(next, 1, 7, 0, 0)], await TallyAsync(AuditGroup.Day, endingsOnly: true));
        Assert.Equal([new(null, 1, 7, 26, 1), new("Firefox on Windows", 1, 1, 0, 1)], await TallyAsync(AuditGroup.Device), Unordered);

        async Task<IEnumerable<AuditTally>> TallyAsync(AuditGroup group, bool endingsOnly = false) =>
            await Store.TallyAuditAsync(new(group, noon, noon.AddDays(2), endingsOnly), Ct);

        static bool Unordered(IEnumerable<AuditTally> expected, IEnumerable<AuditTally> actual) => expected.ToHashSet().SetEquals(actual);
    }

    /// <summary>Recomputes every hash from the anchor to the head; says how many entries there are.</summary>
    protected async Task<int> VerifyChainAsync()
    {
        var entries = 0;
        foreach (var head in await Store.AuditHeadsAsync(Ct))
        {
            var (number, hash) = (head.AnchorNumber, head.AnchorHash);
            while (await Store.AuditChainAsync(head.Chain, number, 7, Ct) is { Count: > 0 } records)
            {
                foreach (var record in records)
                {
                    Assert.Equal(++number, record.Number);
                    hash = AuditChain.Hash(head.Chain, number, hash, record.Entry, record.Commitments);
                    Assert.Equal(hash, record.Hash);
                    var committed = AuditChain.Commit(record.Salts.Address, record.Entry.Address);
                    Assert.Equal(record.Entry.Address is null ? null : record.Commitments.Address, committed);
                    entries++;
                }
            }

            Assert.Equal(head.Number, number);
            Assert.Equal(head.Hash, hash);
        }

        return entries;
    }
}
