using System.Net;
using Exeunt.Audit;
using Exeunt.Guard;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Exeunt.Tests.Concurrency;

/// <summary>Logouts that meet logins and each other.</summary>
public class LogoutRaceTests(ITestOutputHelper output)
{
    [Fact]
    public async Task P1_a_login_that_races_a_logout_all_is_wholly_ended_or_wholly_alive()
    {
        var random = Races.Seeded(output);
        await using var app = await ExeuntApp.StartAsync();
        await app.AddAccountAsync("ada@example.com");
        var first = await app.SignInAsync("ada@example.com");
        var acting = first;

        for (var round = 0; round < (Races.Long ? 40 : 4); round++)
        {
            if (random.Next(2) == 0) app.Clock.ShiftWallClock(TimeSpan.FromMinutes(random.Next(-5, 6)));
            app.Clock.Advance(TimeSpan.FromMilliseconds(random.Next(0, 3)));
            var logoutAt = random.Next(8);
            var before = acting;
            var logins = await Races.AtOnceAsync(Enumerable.Range(0, 8).Select<int, Func<Task<SignedIn?>>>(i => async () =>
            {
                if (i != logoutAt) return await app.SignInAsync("ada@example.com");
                using var logout = await app.Client(before.AccessToken).PostAsync("api/v1/auth/logout-all", null);
                Assert.Equal(HttpStatusCode.OK, logout.StatusCode);
                return null;
            }));

            Assert.False(await AgreesAsync(app, before), "the session that asked must have ended");
            foreach (var login in logins.OfType<SignedIn>()) await AgreesAsync(app, login);

            acting = await app.SignInAsync("ada@example.com");
            Assert.True(await AgreesAsync(app, acting), "a login after the answer is alive");
        }
    }

    [Fact]
    public async Task P1_a_login_that_is_ended_with_everyone_before_it_is_answered_is_answered_with_a_session_from_after_that()
    {
        ExeuntApp app = null!;
        var strikes = 0;
        await using var started = app = await ExeuntApp.StartAsync(new ExeuntSetup { Adjust = builder => CommitTap.Set(builder.Services, EndEveryoneOnceAsync) });
        await app.AddAccountAsync("ada@example.com");
        Interlocked.Exchange(ref strikes, 1);

        var login = await app.SignInAsync("ada@example.com");

        Assert.Equal(0, strikes);
        Assert.Equal(1, Assert.Single(await app.AuditAsync(AuditActions.SessionsEnded)).Count);
        Assert.Equal(2, (await app.AuditAsync(AuditActions.SignedIn)).Count);
        Assert.True(await AgreesAsync(app, login), "nobody is answered with a dead token");

        // As another node does, between the commit of the login and its answer: the index here has not heard of it.
        async Task EndEveryoneOnceAsync(ILedgerStore store, int appended)
        {
            if (Volatile.Read(ref strikes) == 0 || await store.CountAliveAsync(new EndScope.Everyone(), CancellationToken.None) == 0) return;
            strikes = 0;
            await using var elsewhere = new Ledger(store, _ => { }, NullLogger<Ledger>.Instance);
            var outcome = await new Revoker(elsewhere, app.Services.GetRequiredService<RevocationRules>()).EndAsync(
                new() { Scope = new EndScope.Everyone(), By = Actor.Operator, Reason = EndReason.Everyone, From = Origin.Here });
            Assert.IsType<EndOutcome.Ended>(outcome);
        }
    }

    [Fact]
    public async Task P1_all_but_this_and_all_by_two_devices_at_once_leave_nobody_alive_who_should_not_be()
    {
        var random = Races.Seeded(output);
        await using var app = await ExeuntApp.StartAsync();
        await app.AddAccountAsync("ada@example.com");

        for (var round = 0; round < (Races.Long ? 100 : 8); round++)
        {
            app.Clock.ShiftWallClock(TimeSpan.FromMinutes(random.Next(-5, 6)));
            var sparing = await app.SignInAsync("ada@example.com");
            var all = await app.SignInAsync("ada@example.com");
            var third = await app.SignInAsync("ada@example.com");
            Func<Task<HttpStatusCode>>[] both =
            [
                async () => (await app.Client(sparing.AccessToken).DeleteAsync("api/v1/sessions/others")).StatusCode,
                async () => (await app.Client(all.AccessToken).DeleteAsync("api/v1/sessions")).StatusCode,
            ];
            var swap = random.Next(2) == 1;
            if (swap) Array.Reverse(both);
            var statuses = await Races.AtOnceAsync(both);
            if (swap) Array.Reverse(statuses);

            Assert.False(await AgreesAsync(app, all), "both endings cover the second device");
            Assert.False(await AgreesAsync(app, third), "both endings cover the third device");

            // Whichever came first ended the other's session, and a session that has ended ends nothing.
            var sparedLives = await AgreesAsync(app, sparing);
            Assert.True(
                (statuses[0], statuses[1], sparedLives) is (HttpStatusCode.OK, HttpStatusCode.Unauthorized, true) or (HttpStatusCode.Unauthorized, HttpStatusCode.OK, false),
                $"round {round}: {statuses[0]}, {statuses[1]}, spared device alive: {sparedLives}");
        }
    }

    /// <summary>At the ledger, with a clock that stands: 1 000 sessions and a logout-all within one millisecond.</summary>
    [Fact]
    public async Task P8_sessions_of_the_same_millisecond_as_a_cut_off_are_judged_by_their_order()
    {
        var random = Races.Seeded(output);
        await using var app = await ExeuntApp.StartAsync(("Sessions:PerAccount", "5000"));
        var ada = await app.AddAccountAsync("ada@example.com");
        var open = app.Services.GetRequiredService<OpenSession>();
        var revoker = app.Services.GetRequiredService<Revoker>();
        var context = new SignInContext(null, null, Origin.Here, TimeSpan.FromMinutes(15));
        var cutOffAt = random.Next(100, 900);

        var before = new List<SessionId>();
        var after = new List<SessionId>();
        for (var i = 0; i < 1_000; i++)
        {
            if (i == cutOffAt)
            {
                var outcome = await revoker.EndAsync(new() { Scope = new EndScope.AllOf(ada.Id), By = Actor.Operator, Reason = EndReason.Admin, From = Origin.Here });
                Assert.Equal(cutOffAt, Assert.IsType<EndOutcome.Ended>(outcome).Count);
            }

            var live = await open.HandleAsync(ada, context);
            (i < cutOffAt ? before : after).Add(live!.Session.Id);
        }

        foreach (var id in before) Assert.NotNull((await app.Ledger.Reads.FindSessionAsync(id, CancellationToken.None))!.End);
        foreach (var id in after) Assert.Null((await app.Ledger.Reads.FindSessionAsync(id, CancellationToken.None))!.End);
        Assert.Equal(after.Count, await app.Ledger.Reads.CountAliveAsync(new EndScope.AllOf(ada.Id), CancellationToken.None));
    }

    /// <returns>Whether the session is alive; fails unless its access token and its refresh token say the same.</returns>
    private static async Task<bool> AgreesAsync(ExeuntApp app, SignedIn session)
    {
        using var me = await app.Client(session.AccessToken).GetAsync("api/v1/users/me");
        using var refresh = await app.Client().PostAsync("api/v1/auth/refresh", new { refresh_token = session.RefreshToken });
        Assert.Equal(me.StatusCode, refresh.StatusCode);
        return me.StatusCode == HttpStatusCode.OK;
    }
}
