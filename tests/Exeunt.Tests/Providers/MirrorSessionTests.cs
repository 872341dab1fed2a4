using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Tests.Contracts;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Providers;

/// <summary>Outside sessions: listed, ended, audited and enforced like our own.</summary>
public sealed class MirrorSessionTests : IAsyncLifetime
{
    private OutsideIssuer clerk = null!;
    private ExeuntApp app = null!;

    public async ValueTask InitializeAsync()
    {
        clerk = await OutsideIssuer.StartAsync();
        app = await ExeuntApp.StartAsync(clerk.Settings());
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        await clerk.DisposeAsync();
    }

    [Fact]
    public async Task An_outside_user_lists_and_ends_their_sessions()
    {
        var (here, phone) = (clerk.Token(app.Clock), clerk.Token(app.Clock, session: "sess_2"));
        Assert.Equal(200, await app.StatusOfAsync(phone));
        using var listed = await app.Client(here).GetAsync("api/v1/sessions");
        var sessions = (await listed.JsonAsync(200)).GetProperty("sessions").EnumerateArray().ToList();
        Assert.Equal(2, sessions.Count);
        var other = sessions.Single(s => !s.GetProperty("current").GetBoolean()).GetProperty("id").GetString();

        using var ended = await app.Client(here).DeleteAsync($"api/v1/sessions/{other}");
        Assert.Equal(1, (await ended.JsonAsync(200)).GetProperty("ended").GetInt64());

        Assert.Equal((401, 200), (await app.StatusOfAsync(phone), await app.StatusOfAsync(here)));
        Assert.Equal(EndReason.OtherDevice, Assert.Single(await app.AuditAsync(AuditActions.SessionEnded)).Reason);
    }

    [Fact]
    public async Task Logout_all_counts_and_ends_the_outside_sessions_of_this_user_only()
    {
        var (here, phone, bob) = (clerk.Token(app.Clock), clerk.Token(app.Clock, session: "sess_2"), clerk.Token(app.Clock, "user_bob", "sess_3"));
        foreach (var token in new[] { here, phone, bob }) Assert.Equal(200, await app.StatusOfAsync(token));

        await (await app.Client(here).PostAsync("api/v1/auth/logout-all", null)).AnswersAsync(200, """{"message":"Logged out from all devices successfully","revoked_sessions":2}""");

        Assert.Equal((401, 401, 200), (await app.StatusOfAsync(here), await app.StatusOfAsync(phone), await app.StatusOfAsync(bob)));
    }

    [Fact]
    public async Task A_session_that_an_ending_covered_before_it_was_seen_is_never_mirrored()
    {
        var (here, unseen) = (clerk.Token(app.Clock), clerk.Token(app.Clock, session: "sess_2"));
        await (await app.Client(here).PostAsync("api/v1/auth/logout-all", null)).AnswersAsync(200, """{"message":"Logged out from all devices successfully","revoked_sessions":1}""");

        Assert.Equal(401, await app.StatusOfAsync(unseen));

        Assert.Null(await app.Ledger.Reads.FindSessionByOutsideIdAsync(OutsideIssuer.Issuer, "sess_2", CancellationToken.None));
        app.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(200, await app.StatusOfAsync(clerk.Token(app.Clock, session: "sess_4"))); // signed in since
        Assert.Equal(401, await app.StatusOfAsync(clerk.Token(app.Clock, session: "sess_5", change: c => c["fva"] = null))); // nobody knows since when
    }

    [Fact]
    public async Task Many_first_sights_at_once_make_one_row()
    {
        var tokens = Enumerable.Range(0, 16).Select(_ => clerk.Token(app.Clock)).ToList();

        var statuses = await Races.AtOnceAsync(tokens.Select<string, Func<Task<int>>>(token => () => app.StatusOfAsync(token)));

        Assert.All(statuses, status => Assert.Equal(200, status));
        Assert.Single(await app.AuditAsync(AuditActions.SessionMirrored));
        Assert.Equal(1, await app.Ledger.Reads.CountAliveAsync(new EndScope.Everyone(), CancellationToken.None));
    }

    [Fact]
    public async Task Its_use_and_the_expiry_of_its_tokens_are_kept_up_to_date()
    {
        Assert.Equal(200, await app.StatusOfAsync(clerk.Token(app.Clock)));
        var first = await MirroredAsync();
        app.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(200, await app.StatusOfAsync(clerk.Token(app.Clock)));
        app.Clock.Advance(TimeSpan.FromSeconds(90));
        Assert.Equal(200, await app.StatusOfAsync(clerk.Token(app.Clock)));

        var later = await MirroredAsync();
        Assert.Equal(app.Clock.GetUtcNow(), later.LastSeenAt);
        Assert.Equal(app.Clock.GetUtcNow().AddSeconds(60), later.LastTokenExpiresAt);
        Assert.Equal((first.Id, first.ExpiresAt), (later.Id, later.ExpiresAt));
        Assert.Equal(first.AuthenticatedAt!.Value.AddDays(30), later.ExpiresAt);
    }

    [Fact]
    public async Task A_session_older_than_its_provider_lets_any_become_is_not_accepted()
    {
        Assert.Equal(401, await app.StatusOfAsync(clerk.Token(app.Clock, change: c => c["fva"] = new[] { 31 * 24 * 60, -1 })));
    }

    [Fact]
    public async Task CLK_7_an_ending_is_remembered_as_long_as_its_tokens_come_back()
    {
        Action<Dictionary<string, object?>> ageless = c => c["fva"] = null;
        Assert.Equal(200, await app.StatusOfAsync(clerk.Token(app.Clock, change: ageless)));
        using var logout = await app.Client(clerk.Token(app.Clock, change: ageless)).DeleteAsync("v1/auth/session");
        var revocation = Assert.Single(await app.Ledger.Reads.RevocationsAfterAsync(0, 10, CancellationToken.None));

        for (var month = 0; month < 3; month++)
        {
            app.Clock.Advance(TimeSpan.FromDays(25));
            Assert.Equal(401, await app.StatusOfAsync(clerk.Token(app.Clock, change: ageless)));
            await UntilAsync(async () => (await app.Ledger.Reads.RevocationsAfterAsync(0, 10, CancellationToken.None)).Single().Expires >= app.Clock.GetUtcNow().AddDays(30));
        }

        await app.RestartAsync();
        Assert.Equal(401, await app.StatusOfAsync(clerk.Token(app.Clock, change: ageless)));
        Assert.True(app.Clock.GetUtcNow() > revocation.Expires);
    }

    [Fact]
    public async Task P5_a_sid_that_belongs_to_somebody_else_is_not_believed()
    {
        Assert.Equal(200, await app.StatusOfAsync(clerk.Token(app.Clock)));
        var contradiction = clerk.Token(app.Clock, user: "user_eve");

        Assert.Equal(401, await app.StatusOfAsync(contradiction));
        using var logout = await app.Client(contradiction).DeleteAsync("v1/auth/session");
        Assert.Equal(200, await app.StatusOfAsync(clerk.Token(app.Clock)));
    }

    [Fact]
    public async Task An_outside_user_has_no_roles_and_no_password_here()
    {
        var token = clerk.Token(app.Clock, change: c => c["roles"] = new[] { "admin" });

        Assert.Equal(403, await app.StatusOfAsync(token, "api/v1/admin/accounts"));
        using var password = new HttpRequestMessage(HttpMethod.Put, "api/v1/users/me/password") { Content = Json.Body(new { current_password = "x", new_password = ExeuntApp.Password }) };
        using var refused = await app.Client(token).SendAsync(password);
        Assert.InRange((int)refused.StatusCode, 400, 403);
    }

    [Fact]
    public async Task A_disabled_outside_user_cannot_begin_another_session()
    {
        Assert.Equal(200, await app.StatusOfAsync(clerk.Token(app.Clock)));
        var user = (await MirroredAsync()).User;
        var admin = await app.SignUpAsync("root@example.com", ExeuntApp.Password, "admin");
        using var disabled = await app.Client(admin.AccessToken).PostAsync($"api/v1/admin/accounts/{user}/disable", null);
        Assert.Equal(200, (int)disabled.StatusCode);
        app.Clock.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal(401, await app.StatusOfAsync(clerk.Token(app.Clock)));
        Assert.Equal(401, await app.StatusOfAsync(clerk.Token(app.Clock, session: "sess_2")));
    }

    [Fact]
    public async Task While_nobody_can_tell_the_answer_is_503_and_not_401()
    {
        clerk.Answer = context =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        };
        using var unknown = await app.Client(clerk.Token(app.Clock)).GetAsync("api/v1/users/me");
        await unknown.ProblemAsync(503, "cannot-verify");

        clerk.Answer = null;
        app.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(200, await app.StatusOfAsync(clerk.Token(app.Clock)));
        using (app.TakeLedgerAway())
        {
            using var unrecorded = await app.Client(clerk.Token(app.Clock, session: "sess_2")).GetAsync("api/v1/users/me");
            await unrecorded.ProblemAsync(503, "cannot-verify");
        }
    }

    [Fact]
    public async Task CLK_7_a_session_that_a_cut_off_ended_is_remembered_by_itself_and_locks_nobody_else_out()
    {
        Action<Dictionary<string, object?>> ageless = c => c["fva"] = null;
        var token = clerk.Token(app.Clock, change: ageless);
        using var all = await app.Client(token).DeleteAsync("api/v1/sessions");
        await all.JsonAsync(200);
        var cutOff = Assert.Single(await app.Ledger.Reads.RevocationsAfterAsync(0, 10, CancellationToken.None));
        app.Clock.Advance(TimeSpan.FromDays(20));

        Assert.Equal(401, await app.StatusOfAsync(clerk.Token(app.Clock, change: ageless)));

        await UntilAsync(async () => (await app.Ledger.Reads.RevocationsAfterAsync(0, 10, CancellationToken.None)).Count == 2);
        var log = await app.Ledger.Reads.RevocationsAfterAsync(0, 10, CancellationToken.None);
        Assert.Equal((cutOff.Expires, RevocationScope.User), (log[0].Expires, log[0].Scope));
        Assert.Equal((cutOff.Event, RevocationScope.Session, "sess_1"), (log[1].Event, log[1].Scope, log[1].Key));

        app.Clock.Advance(TimeSpan.FromDays(11)); // the cut-off is over
        Assert.Equal(401, await app.StatusOfAsync(clerk.Token(app.Clock, change: ageless)));
        Assert.Equal(200, await app.StatusOfAsync(clerk.Token(app.Clock, session: "sess_2", change: ageless)));
    }

    [Fact]
    public async Task A_withdrawn_key_stops_counting_within_minutes_for_tokens_that_were_verified_before_too()
    {
        var token = clerk.Token(app.Clock, change: c => c["exp"] = (long)c["iat"]! + 3600);
        Assert.Equal(200, await app.StatusOfAsync(token));
        clerk.Rotate();
        Assert.Equal(200, await app.StatusOfAsync(token));

        app.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(200, await app.StatusOfAsync(clerk.Token(app.Clock))); // its key was unknown until now
        Assert.Equal(401, await app.StatusOfAsync(token));
    }

    // What is done off the request path has no answer to wait for.
    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        while (!await condition()) await Task.Delay(10, TestContext.Current.CancellationToken);
    }

    private async Task<Session> MirroredAsync() => (await app.Ledger.Reads.FindSessionByOutsideIdAsync(OutsideIssuer.Issuer, "sess_1", CancellationToken.None))!.Session;
}
