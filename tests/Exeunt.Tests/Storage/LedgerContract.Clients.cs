using Exeunt.Clients;
using Exeunt.Protocol.Feed;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Tests.Storage;

/// <content>Programs with credentials, the place of the log, and the question whether an ending is recorded.</content>
public abstract partial class LedgerContract
{
    [Fact]
    public async Task Programs_come_back_as_they_went_in_in_the_order_of_their_ids()
    {
        var one = NewClient("guard \"of\" the 🎭", ClientScopes.Feed);
        Time.Advance(TimeSpan.FromSeconds(1));
        var other = NewClient("other");
        await Commit(transaction => transaction.Insert(other));
        await Commit(transaction => transaction.Insert(one));

        Assert.Equivalent(new[] { one, other }, await Store.ClientsAsync(Ct), strict: true);
        Assert.Equal([one.Id, other.Id], (await Store.ClientsAsync(Ct)).Select(client => client.Id));
        await ReopenAsync();
        Assert.Equivalent(new[] { one, other }, await Store.ClientsAsync(Ct), strict: true);
    }

    [Fact]
    public async Task A_program_is_removed_once_and_its_id_is_taken_until_then()
    {
        var (client, unknown) = (NewClient("guard"), NewClient("unknown"));
        await Commit(transaction => transaction.Insert(client));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Commit(transaction => transaction.Insert(client with { Name = "another" })));

        Assert.False(await Commit(transaction => transaction.DeleteClientAsync(unknown.Id)));
        Assert.True(await Commit(transaction => transaction.DeleteClientAsync(client.Id)));
        Assert.False(await Commit(transaction => transaction.DeleteClientAsync(client.Id)));

        Assert.Empty(await Store.ClientsAsync(Ct));
    }

    [Fact]
    public async Task A_program_that_was_added_in_a_transaction_can_be_removed_in_it_and_one_that_failed_was_not_added()
    {
        var client = NewClient("guard");
        await Assert.ThrowsAsync<NotSupportedException>(() => Commit(transaction =>
        {
            transaction.Insert(client);
            throw new NotSupportedException();
        }));

        Assert.True(await Commit(transaction =>
        {
            transaction.Insert(client);
            return transaction.DeleteClientAsync(client.Id);
        }));

        Assert.Empty(await Store.ClientsAsync(Ct));
    }

    [Fact]
    public async Task The_place_of_the_log_is_that_of_its_newest_row_and_is_not_taken_back_by_a_purge()
    {
        Assert.Equal(new FeedPlace(Store.Epoch, 0), await Store.RevocationPlaceAsync(Ct));
        var last = (await Commit(transaction =>
        {
            transaction.Append(Ending(RevocationScope.Token, "a"));
            transaction.Append(Ending(RevocationScope.Token, "b"));
        }))[^1];
        Assert.Equal(new FeedPlace(Store.Epoch, last.Sequence), await Store.RevocationPlaceAsync(Ct));

        await Assert.ThrowsAsync<NotSupportedException>(() => Commit(transaction =>
        {
            transaction.Append(Ending(RevocationScope.Token, "c"));
            throw new NotSupportedException();
        }));
        Time.Advance(TimeSpan.FromDays(400));
        await Commit(transaction => transaction.PurgeAsync(new(Time.GetUtcNow(), Time.GetUtcNow()), 100));

        Assert.Empty(await Store.RevocationsAfterAsync(0, 10, Ct));
        Assert.Equal(new FeedPlace(Store.Epoch, last.Sequence), await Store.RevocationPlaceAsync(Ct));
    }

    [Fact]
    public async Task P1_an_ending_is_found_by_its_id_once_it_is_recorded_here_or_by_another_process()
    {
        var (first, second) = (Ending(RevocationScope.Token, "first"), Ending(RevocationScope.Token, "second"));
        Assert.Null(await Commit(transaction => transaction.RevocationAsync(first.Event)));
        var recorded = Assert.Single(await Commit(transaction => transaction.Append(first)));

        Assert.Equal(recorded, await Commit(transaction => transaction.RevocationAsync(first.Event)));
        var other = await OpenAsync();
        Assert.Equal(recorded, await CommitTo(other, transaction => transaction.RevocationAsync(first.Event)));
        Assert.Null(await CommitTo(other, transaction => transaction.RevocationAsync(second.Event)));

        // In the transaction that appends it, too.
        var own = await Commit(async transaction =>
        {
            var before = await transaction.RevocationAsync(second.Event);
            var appended = transaction.Append(second);
            return (Before: before, Appended: appended, After: await transaction.RevocationAsync(second.Event));
        });
        Assert.Null(own.Before);
        Assert.Equal(own.Appended, own.After);
    }

    private RegisteredClient NewClient(string name, params string[] scopes) =>
        new(Id.New<AppId>(Time.GetUtcNow()), name, scopes, RegisteredClient.HashOf("secret of " + name), Time.Millisecond);
}
