using Exeunt.Guard;
using Exeunt.Protocol.Revocations;
using Exeunt.Tests.Feed;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.Guard;

/// <summary>What a guard remembers over a restart while its server is away.</summary>
public sealed class GuardFileTests : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private ExeuntApp server = null!;
    private (string Id, string Secret) client;
    private SignedIn ada = null!;
    private SignedIn bob = null!;

    private string File => Path.Combine(folder.Path, "guard");

    private string Head => File + ".head";

    /// <summary>A guard has heard that Ada left, and has stopped.</summary>
    public async ValueTask InitializeAsync()
    {
        server = await ExeuntApp.StartAsync();
        client = await FeedReader.AddClientAsync(server);
        (ada, bob) = (await server.SignUpAsync("ada@example.com"), await server.SignUpAsync("bob@example.com"));
        await using var guard = await StartAsync(server.Address, client);
        await guard.SyncedAsync();
        await FeedTests.LogOutAsync(server, ada);
        await guard.RefusedAsync(ada.AccessToken);
        Assert.Equal(200, await guard.StatusAsync(bob.AccessToken));
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task P10_A_guard_that_starts_while_the_server_is_away_enforces_from_its_file_and_counts_its_age_from_the_save()
    {
        server.Clock.Advance(TimeSpan.FromSeconds(20));
        await using var guard = await StartAloneAsync();

        Assert.InRange(guard.Guard.Age, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(21));
        Assert.Equal((401, 200), (await guard.StatusAsync(ada.AccessToken), await guard.StatusAsync(bob.AccessToken)));
        server.Clock.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal((401, 503), (await guard.StatusAsync(ada.AccessToken), await guard.StatusAsync(bob.AccessToken)));
    }

    [Fact]
    public async Task A_clock_that_was_set_back_while_the_guard_was_down_makes_its_age_unknown()
    {
        server.Clock.ShiftWallClock(TimeSpan.FromSeconds(-3)); // within what tokens are allowed
        await using var guard = await StartAloneAsync();

        Assert.Equal(TimeSpan.MaxValue, guard.Guard.Age);
        Assert.Equal((401, 503), (await guard.StatusAsync(ada.AccessToken), await guard.StatusAsync(bob.AccessToken)));
    }

    [Fact]
    public async Task P10_A_file_of_which_one_bit_is_altered_or_an_end_is_missing_is_noticed_and_not_trusted()
    {
        var whole = await System.IO.File.ReadAllBytesAsync(File);
        var random = Races.Seeded();
        var damages = Enumerable.Range(0, 6).Select(_ => Flip(random.Next(whole.Length))).Append(whole[..^1]).Append(whole[..20]).Append([]).Append([.. whole, 0]);
        foreach (var damaged in damages)
        {
            await System.IO.File.WriteAllBytesAsync(File, damaged);
            await using var guard = await StartAloneAsync();

            Assert.Equal((0, TimeSpan.MaxValue), (guard.Index.Count, guard.Guard.Age));
            Assert.Equal(503, await guard.StatusAsync(bob.AccessToken));
            Assert.Contains(guard.Log.All, line => line.Contains(" 2012:", StringComparison.Ordinal));
        }

        byte[] Flip(int at)
        {
            var damaged = whole.ToArray();
            damaged[at] ^= (byte)(1 << random.Next(8));
            return damaged;
        }
    }

    [Fact]
    public async Task It_is_not_written_through_a_link_that_somebody_has_put_there()
    {
        var victim = Path.Combine(folder.Path, "victim");
        await System.IO.File.WriteAllTextAsync(victim, "precious");
        System.IO.File.CreateSymbolicLink(File + ".new", victim);
        var before = await System.IO.File.ReadAllBytesAsync(File);

        await using (var guard = await StartAsync(server.Address, client))
        {
            await guard.SyncedAsync();
            await FeedTests.LogOutAsync(server, bob);
            await guard.RefusedAsync(bob.AccessToken);
        }

        Assert.Equal("precious", await System.IO.File.ReadAllTextAsync(victim));
        Assert.Null(new FileInfo(File).LinkTarget);
        Assert.NotEqual(before, await System.IO.File.ReadAllBytesAsync(File)); // it was written all the same
    }

    [Fact]
    public async Task A_file_that_somebody_without_the_secret_has_made_is_not_trusted()
    {
        await using var guard = await StartAsync(new("http://127.0.0.1:9"), (client.Id, "exs_another"));

        Assert.Equal((0, TimeSpan.MaxValue), (guard.Index.Count, guard.Guard.Age));
    }

    [Fact]
    public async Task A_guard_that_was_down_hears_what_it_missed_and_keeps_what_it_knew()
    {
        await FeedTests.LogOutAsync(server, bob);
        await using var guard = await StartAsync(server.Address, client);

        await guard.UntilAsync(() => guard.Index.IsRevoked(FactsOf(bob)));
        Assert.True(guard.Index.IsRevoked(FactsOf(ada)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
    }

    [Fact]
    public async Task P10_While_nothing_ends_the_index_is_not_written_again_and_age_counts_from_the_last_save_all_the_same()
    {
        byte[] whole;
        await using (var guard = await StartAsync(server.Address, client))
        {
            whole = await SavedWholeAsync(guard);
            await TwentySecondsAsync(guard);
            Save(guard);
            await TwentySecondsAsync(guard);
        }

        Assert.Equal(whole, await System.IO.File.ReadAllBytesAsync(File));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(Head));
        await using var alone = await StartAloneAsync();
        Assert.InRange(alone.Guard.Age, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.Equal((401, 200), (await alone.StatusAsync(ada.AccessToken), await alone.StatusAsync(bob.AccessToken)));
    }

    [Fact]
    public async Task P10_An_ending_after_a_save_that_had_nothing_new_is_in_the_next_one()
    {
        await using (var guard = await StartAsync(server.Address, client))
        {
            await SavedWholeAsync(guard);
            Save(guard);
            await FeedTests.LogOutAsync(server, bob);
            await guard.RefusedAsync(bob.AccessToken);
        }

        Assert.False(System.IO.File.Exists(Head));
        await using var alone = await StartAloneAsync();
        Assert.Equal((401, 401), (await alone.StatusAsync(ada.AccessToken), await alone.StatusAsync(bob.AccessToken)));
    }

    [Fact]
    public async Task P10_A_head_that_a_crash_has_left_of_the_file_before_does_not_count_for_the_new_one()
    {
        byte[] head;
        await using (var guard = await StartAsync(server.Address, client))
        {
            await SavedWholeAsync(guard);
            Save(guard);
            head = await System.IO.File.ReadAllBytesAsync(Head);
            await TwentySecondsAsync(guard);
            await FeedTests.LogOutAsync(server, bob);
            await guard.RefusedAsync(bob.AccessToken);
        }

        await System.IO.File.WriteAllBytesAsync(Head, head);
        await using var alone = await StartAloneAsync();

        Assert.InRange(alone.Guard.Age, TimeSpan.Zero, TimeSpan.FromSeconds(10)); // of the new file, and not of the head
        Assert.Equal(401, await alone.StatusAsync(bob.AccessToken));
        Assert.DoesNotContain(alone.Log.All, line => line.Contains(" 2015:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task P10_Beside_a_head_that_is_damaged_endings_are_enforced_and_their_age_is_unknown()
    {
        await using (var guard = await StartAsync(server.Address, client))
        {
            await SavedWholeAsync(guard);
        }

        var head = await System.IO.File.ReadAllBytesAsync(Head); // the guard's end wrote it
        var random = Races.Seeded();
        var bit = head.ToArray();
        bit[random.Next(head.Length)] ^= (byte)(1 << random.Next(8));
        foreach (var damaged in new byte[][] { bit, head[..^1], head[..20], [], [.. head, 0] })
        {
            await System.IO.File.WriteAllBytesAsync(Head, damaged);
            await using var alone = await StartAloneAsync();

            Assert.Equal(TimeSpan.MaxValue, alone.Guard.Age);
            Assert.Equal((401, 503), (await alone.StatusAsync(ada.AccessToken), await alone.StatusAsync(bob.AccessToken)));
            Assert.Contains(alone.Log.All, line => line.Contains(" 2015:", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task P10_A_file_that_somebody_has_deleted_or_overwritten_is_written_whole_although_nothing_ended(bool deleted)
    {
        await using (var guard = await StartAsync(server.Address, client))
        {
            var whole = await SavedWholeAsync(guard);
            if (deleted) System.IO.File.Delete(File);
            else await System.IO.File.WriteAllBytesAsync(File, new byte[whole.Length]);
        }

        await using var alone = await StartAloneAsync();
        Assert.Equal((401, 200), (await alone.StatusAsync(ada.AccessToken), await alone.StatusAsync(bob.AccessToken)));
    }

    // As every 30 seconds.
    private static void Save(GuardApp guard) => guard.Services.GetRequiredService<GuardFile>().Save();

    private static TokenFacts FactsOf(SignedIn person) => new()
    {
        Issuer = ExeuntApp.Issuer,
        Subject = person.User.ToString(),
        Session = person.Session.ToString(),
        OwnSession = person.Session,
    };

    // The first save after a start writes everything.
    private async Task<byte[]> SavedWholeAsync(GuardApp guard)
    {
        await guard.SyncedAsync();
        Save(guard);
        return await System.IO.File.ReadAllBytesAsync(File);
    }

    private async Task TwentySecondsAsync(GuardApp guard)
    {
        server.Clock.Advance(TimeSpan.FromSeconds(20));
        await guard.UntilAsync(() => guard.Guard.Age <= TimeSpan.FromSeconds(10)); // it is in touch
    }

    private Task<GuardApp> StartAloneAsync() => StartAsync(new("http://127.0.0.1:9"), client);

    private Task<GuardApp> StartAsync(Uri address, (string, string) credentials) => GuardApp.StartAsync(credentials, server.Clock, o =>
    {
        o.Servers.Add(address);
        o.SnapshotFile = File;
    });
}
