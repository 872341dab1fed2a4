using Exeunt.Guard;
using Exeunt.Protocol.Revocations;
using Exeunt.Tests.Feed;
using Exeunt.Tests.Support;

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

    private static TokenFacts FactsOf(SignedIn person) => new()
    {
        Issuer = ExeuntApp.Issuer,
        Subject = person.User.ToString(),
        Session = person.Session.ToString(),
        OwnSession = person.Session,
    };

    private Task<GuardApp> StartAloneAsync() => StartAsync(new("http://127.0.0.1:9"), client);

    private Task<GuardApp> StartAsync(Uri address, (string, string) credentials) => GuardApp.StartAsync(credentials, server.Clock, o =>
    {
        o.Servers.Add(address);
        o.SnapshotFile = File;
    });
}
