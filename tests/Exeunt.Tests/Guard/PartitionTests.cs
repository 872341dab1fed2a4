using Exeunt.Audit;
using Exeunt.Guard;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Tests.Feed;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.Guard;

/// <summary>The network between guard and server is cut, for short and for long, and heals.</summary>
public sealed class PartitionTests
{
    [Fact]
    public async Task P10_Tolerate_goes_on_for_so_long_and_then_answers_503_until_the_network_heals()
    {
        await using var cut = await CutAsync(o => o.Stale = StaleBehavior.Tolerate(TimeSpan.FromSeconds(60)));

        Assert.Equal((200, 200), await cut.AfterAsync(seconds: 0, "", "transfer"));
        Assert.Equal((200, 503), await cut.AfterAsync(seconds: 14, "", "transfer")); // RequireFresh(10 s)
        Assert.Equal((200, 503), await cut.AfterAsync(seconds: 46, "", "transfer"));
        Assert.Equal((503, 200), await cut.AfterAsync(seconds: 1, "", "open"));
        using (var refused = await cut.Api.AskAsync(cut.Bob.AccessToken)) Assert.Equal("5", GuardTests.Header(refused, "Retry-After"));

        await cut.HealAsync();
        Assert.Equal((200, 200), await cut.AfterAsync(seconds: 0, "", "transfer"));
    }

    [Fact]
    public async Task P10_Refuse_answers_503_as_soon_as_it_is_stale()
    {
        await using var cut = await CutAsync(o => o.Stale = StaleBehavior.Refuse);

        Assert.Equal((200, 200), await cut.AfterAsync(seconds: 15, "", "open"));
        Assert.Equal((503, 200), await cut.AfterAsync(seconds: 1, "", "open"));
    }

    [Fact]
    public async Task P10_AskServer_asks_about_each_token_and_answers_503_when_nobody_can_say()
    {
        await using var cut = await CutAsync(o => o.Stale = StaleBehavior.AskServer);
        Assert.Equal((503, 200), await cut.AfterAsync(seconds: 16, "", "open"));

        // Questions get through, and the stream does not.
        cut.Network.NotCarried = "text/event-stream"u8.ToArray();
        cut.Network.Heal();
        Assert.Equal(200, await cut.Api.StatusAsync(cut.Bob.AccessToken));
        await FeedTests.LogOutAsync(cut.Server, cut.Bob);
        Assert.Equal(401, await cut.Api.StatusAsync(cut.Bob.AccessToken));
        Assert.InRange(cut.Api.Guard.Age, TimeSpan.FromSeconds(15), TimeSpan.FromDays(1)); // all the while it knew nothing by itself
    }

    [Fact]
    public async Task P10_What_is_known_to_be_ended_is_refused_however_stale_the_guard_is()
    {
        await using var cut = await CutAsync(_ => { }, endAda: true);

        Assert.Equal(401, await cut.Api.StatusAsync(cut.Ada.AccessToken));
        cut.Server.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(401, await cut.Api.StatusAsync(cut.Ada.AccessToken));
        Assert.Equal(503, await cut.Api.StatusAsync(cut.Bob.AccessToken));
    }

    [Theory]
    [InlineData(false), InlineData(true), InlineData(false, 10), InlineData(true, 10)]
    public async Task P3_After_healing_nothing_has_been_missed(bool serverRestarts, int minutes = 0)
    {
        await using var server = await ExeuntApp.StartAsync();
        await using var network = new TcpProxy(server.Address);
        var client = await FeedReader.AddClientAsync(server);
        await using var api = await GuardApp.StartAsync(client, server.Clock, o => o.Servers.Add(network.Address));
        await api.SyncedAsync();
        var devices = new List<SignedIn>();
        for (var i = 0; i < 10; i++)
        {
            devices.Add(await server.SignUpAsync($"p{i}@example.com"));
            devices.Add(await server.SignInAsync($"p{i}@example.com"));
        }

        await FeedTests.LogOutAsync(server, devices[0]);
        await api.RefusedAsync(devices[0].AccessToken);
        network.Cut();
        for (var i = 2; i < 8; i++) await FeedTests.LogOutAsync(server, devices[i]);
        await EndAsync(new EndScope.AllOf(devices[8].User));
        await EndAsync(new EndScope.AllOf(devices[10].User, devices[11].Session));
        await EndAsync(new EndScope.Client("kiosk"));
        Assert.Equal(200, await api.StatusAsync(devices[2].AccessToken)); // it cannot know yet
        server.Clock.Advance(TimeSpan.FromMinutes(minutes));
        if (serverRestarts) await server.RestartAsync();
        await using var elsewhere = new TcpProxy(server.Address); // a server that restarts has another port here
        if (serverRestarts) api.Services.GetRequiredService<GuardOptions>().Servers[0] = elsewhere.Address;
        else network.Heal();
        await FeedTests.LogOutAsync(server, devices[19]); // the newest: who knows of it has heard all before it
        await api.UntilAsync(() => api.Index.IsRevoked(FactsOf(devices[19])));

        // The full states: as the log tells it, as the server's own index has it, and as a guard that was never cut off.
        await using var other = await GuardApp.StartAsync(client, server.Clock, o => o.Servers.Add(server.Address));
        await other.SyncedAsync();
        var truth = server.Services.GetRequiredService<RevocationIndex>();
        var log = await server.Ledger.Reads.RevocationsAfterAsync(0, 1000, default);
        Assert.Equal(11, log.Count);
        foreach (var facts in devices.Select(FactsOf).SelectMany(Variants))
        {
            var isRevoked = log.Any(revocation => revocation.Covers(facts));
            Assert.Equal((isRevoked, isRevoked, isRevoked), (truth.IsRevoked(facts), api.Index.IsRevoked(facts), other.Index.IsRevoked(facts)));
        }

        Assert.Equal((log.Count, log.Count, log.Count), (truth.Count, api.Index.Count, other.Index.Count));

        Task EndAsync(EndScope what) => server.Services.GetRequiredService<Revoker>().EndAsync(new() { Scope = what, By = Actor.Operator, Reason = EndReason.Admin, From = Origin.Here });

        // The token, the same of the client that was ended, and of sessions before and after all cut-offs.
        IEnumerable<TokenFacts> Variants(TokenFacts token) =>
            new[] { token.OwnSession!.Value, Endings.SessionAt(server.Clock.GetUtcNow().AddHours(-1)), Endings.SessionAt(server.Clock.GetUtcNow().AddHours(1)) }
                .SelectMany(session => new[] { "web", "kiosk" }.Select(client => token with { OwnSession = session, Session = session.ToString(), Client = client }));
    }

    private static TokenFacts FactsOf(SignedIn person) => new()
    {
        Issuer = ExeuntApp.Issuer,
        Subject = person.User.ToString(),
        Session = person.Session.ToString(),
        OwnSession = person.Session,
    };

    private static async Task<Partition> CutAsync(Action<GuardOptions> more, bool endAda = false)
    {
        var server = await ExeuntApp.StartAsync();
        var network = new TcpProxy(server.Address);
        var api = await GuardApp.StartAsync(await FeedReader.AddClientAsync(server), server.Clock, o =>
        {
            o.Servers.Add(network.Address);
            more(o);
        });
        await api.SyncedAsync();
        var (ada, bob) = (await server.SignUpAsync("ada@example.com"), await server.SignUpAsync("bob@example.com"));
        if (endAda)
        {
            await FeedTests.LogOutAsync(server, ada);
            await api.RefusedAsync(ada.AccessToken);
        }

        Assert.Equal(200, await api.StatusAsync(bob.AccessToken)); // the keys are there, too
        network.Cut();
        return new(server, network, api, ada, bob);
    }

    private sealed record Partition(ExeuntApp Server, TcpProxy Network, GuardApp Api, SignedIn Ada, SignedIn Bob) : IAsyncDisposable
    {
        private TimeSpan cutFor;

        public async Task<(int, int)> AfterAsync(int seconds, string one, string other)
        {
            Server.Clock.Advance(TimeSpan.FromSeconds(seconds));
            cutFor += TimeSpan.FromSeconds(seconds);
            Assert.InRange(Api.Guard.Age, cutFor, TimeSpan.FromDays(1)); // it says no less than the truth
            return (await Api.StatusAsync(Bob.AccessToken, one), await Api.StatusAsync(Bob.AccessToken, other));
        }

        public async Task HealAsync()
        {
            Network.Heal();
            cutFor = TimeSpan.Zero;
            await Api.SyncedAsync();
            await Api.UntilAsync(() => Api.Guard.Age < TimeSpan.FromSeconds(5));
        }

        public async ValueTask DisposeAsync()
        {
            await Api.DisposeAsync();
            await Network.DisposeAsync();
            await Server.DisposeAsync();
        }
    }
}
