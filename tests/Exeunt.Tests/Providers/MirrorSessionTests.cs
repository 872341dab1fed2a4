using System.Threading.Channels;
using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Tests.Contracts;
using Exeunt.Tests.Support;
using Microsoft.AspNetCore.Builder;

namespace Exeunt.Tests.Providers;

/// <summary>Outside sessions: listed, ended, audited and enforced like our own.</summary>
public sealed class MirrorSessionTests : WithProvider
{
    private readonly Channel<int> commits = Channel.CreateUnbounded<int>();

    [Fact]
    public async Task An_outside_user_lists_and_ends_their_sessions()
    {
        var (here, phone) = (Clerk.Token(App.Clock), Clerk.Token(App.Clock, session: "sess_2"));
        Assert.Equal(200, await App.StatusOfAsync(phone));
        using var listed = await App.Client(here).GetAsync("api/v1/sessions");
        var sessions = (await listed.JsonAsync(200)).GetProperty("sessions").EnumerateArray().ToList();
        Assert.Equal(2, sessions.Count);
        var other = sessions.Single(s => !s.GetProperty("current").GetBoolean()).GetProperty("id").GetString();

        using var ended = await App.Client(here).DeleteAsync($"api/v1/sessions/{other}");
        Assert.Equal(1, (await ended.JsonAsync(200)).GetProperty("ended").GetInt64());

        Assert.Equal((401, 200), (await App.StatusOfAsync(phone), await App.StatusOfAsync(here)));
        Assert.Equal(EndReason.OtherDevice, Assert.Single(await App.AuditAsync(AuditActions.SessionEnded)).Reason);
    }

    [Fact]
    public async Task Logout_all_counts_and_ends_the_outside_sessions_of_this_user_only()
    {
        var (here, phone, bob) = (Clerk.Token(App.Clock), Clerk.Token(App.Clock, session: "sess_2"), Clerk.Token(App.Clock, "user_bob", "sess_3"));
        foreach (var token in new[] { here, phone, bob }) Assert.Equal(200, await App.StatusOfAsync(token));

        await (await App.Client(here).PostAsync("api/v1/auth/logout-all", null)).AnswersAsync(200, """{"message":"Logged out from all devices successfully","revoked_sessions":2}""");

        Assert.Equal((401, 401, 200), (await App.StatusOfAsync(here), await App.StatusOfAsync(phone), await App.StatusOfAsync(bob)));
    }

    [Fact]
    public async Task A_session_that_an_ending_covered_before_it_was_seen_is_never_mirrored()
    {
        var (here, unseen) = (Clerk.Token(App.Clock), Clerk.Token(App.Clock, session: "sess_2"));
        await (await App.Client(here).PostAsync("api/v1/auth/logout-all", null)).AnswersAsync(200, """{"message":"Logged out from all devices successfully","revoked_sessions":1}""");

        Assert.Equal(401, await App.StatusOfAsync(unseen));

        Assert.Null(await App.Ledger.Reads.FindSessionByOutsideIdAsync(OutsideIssuer.Issuer, "sess_2", CancellationToken.None));
        App.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(200, await App.StatusOfAsync(Clerk.Token(App.Clock, session: "sess_4"))); // signed in since
        Assert.Equal(401, await App.StatusOfAsync(Clerk.Token(App.Clock, session: "sess_5", change: c => c["fva"] = null))); // nobody knows since when
    }

    [Fact]
    public async Task Many_first_sights_at_once_make_one_row()
    {
        var tokens = Enumerable.Range(0, 16).Select(_ => Clerk.Token(App.Clock)).ToList();

        var statuses = await Races.AtOnceAsync(tokens.Select<string, Func<Task<int>>>(token => () => App.StatusOfAsync(token)));

        Assert.All(statuses, status => Assert.Equal(200, status));
        Assert.Single(await App.AuditAsync(AuditActions.SessionMirrored));
        Assert.Equal(1, await App.Ledger.Reads.CountAliveAsync(new EndScope.Everyone(), CancellationToken.None));
    }

    [Fact]
    public async Task Its_use_and_the_expiry_of_its_tokens_are_kept_up_to_date()
    {
        Assert.Equal(200, await App.StatusOfAsync(Clerk.Token(App.Clock)));
        var first = await MirroredAsync();
        App.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(200, await App.StatusOfAsync(Clerk.Token(App.Clock)));
        App.Clock.Advance(TimeSpan.FromSeconds(90));
        Assert.Equal(200, await App.StatusOfAsync(Clerk.Token(App.Clock)));

        var later = await MirroredAsync();
        Assert.Equal(App.Clock.GetUtcNow(), later.LastSeenAt);
        Assert.Equal(App.Clock.GetUtcNow().AddSeconds(60), later.LastTokenExpiresAt);
        Assert.Equal((first.Id, first.ExpiresAt), (later.Id, later.ExpiresAt));
        Assert.Equal(first.AuthenticatedAt!.Value.AddDays(30), later.ExpiresAt);
    }

    [Fact]
    public async Task A_session_older_than_its_provider_lets_any_become_is_not_accepted()
    {
        Assert.Equal(401, await App.StatusOfAsync(Clerk.Token(App.Clock, change: c => c["fva"] = new[] { 31 * 24 * 60, -1 })));
    }

    [Fact]
    public async Task CLK_7_an_ending_is_remembered_as_long_as_its_tokens_come_back()
    {
        Action<Dictionary<string, object?>> ageless = c => c["fva"] = null;
        Assert.Equal(200, await App.StatusOfAsync(Clerk.Token(App.Clock, change: ageless)));
        using var logout = await App.Client(Clerk.Token(App.Clock, change: ageless)).DeleteAsync("v1/auth/session");
        var revocation = Assert.Single(await App.Ledger.Reads.RevocationsAfterAsync(0, 10, CancellationToken.None));

        for (var month = 0; month < 3; month++)
        {
            App.Clock.Advance(TimeSpan.FromDays(25));
            Assert.Equal(401, await App.StatusOfAsync(Clerk.Token(App.Clock, change: ageless)));
            await UntilAsync(async () => (await App.Ledger.Reads.RevocationsAfterAsync(0, 10, CancellationToken.None)).Single().Expires >= App.Clock.GetUtcNow().AddDays(30));
        }

        await App.RestartAsync();
        Assert.Equal(401, await App.StatusOfAsync(Clerk.Token(App.Clock, change: ageless)));
        Assert.True(App.Clock.GetUtcNow() > revocation.Expires);
    }

    [Fact]
    public async Task P5_a_sid_that_belongs_to_somebody_else_is_not_believed()
    {
        Assert.Equal(200, await App.StatusOfAsync(Clerk.Token(App.Clock)));
        var contradiction = Clerk.Token(App.Clock, user: "user_eve");

        Assert.Equal(401, await App.StatusOfAsync(contradiction));
        using var logout = await App.Client(contradiction).DeleteAsync("v1/auth/session");
        Assert.Equal(200, await App.StatusOfAsync(Clerk.Token(App.Clock)));
    }

    [Fact]
    public async Task An_outside_user_has_no_roles_and_no_password_here()
    {
        var token = Clerk.Token(App.Clock, change: c => c["roles"] = new[] { "admin" });

        Assert.Equal(403, await App.StatusOfAsync(token, "api/v1/admin/accounts"));
        using var password = new HttpRequestMessage(HttpMethod.Put, "api/v1/users/me/password") { Content = Json.Body(new { current_password = "x", new_password = ExeuntApp.Password }) };
        using var refused = await App.Client(token).SendAsync(password);
        Assert.InRange((int)refused.StatusCode, 400, 403);
    }

    [Fact]
    public async Task A_disabled_outside_user_cannot_begin_another_session()
    {
        Assert.Equal(200, await App.StatusOfAsync(Clerk.Token(App.Clock)));
        var user = (await MirroredAsync()).User;
        var admin = await App.SignUpAsync("root@example.com", ExeuntApp.Password, "admin");
        using var disabled = await App.Client(admin.AccessToken).PostAsync($"api/v1/admin/accounts/{user}/disable", null);
        Assert.Equal(200, (int)disabled.StatusCode);
        App.Clock.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal(401, await App.StatusOfAsync(Clerk.Token(App.Clock)));
        Assert.Equal(401, await App.StatusOfAsync(Clerk.Token(App.Clock, session: "sess_2")));
    }

    [Fact]
    public async Task While_nobody_can_tell_the_answer_is_503_and_not_401()
    {
        Clerk.Answer = context =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        };
        using var unknown = await App.Client(Clerk.Token(App.Clock)).GetAsync("api/v1/users/me");
        await unknown.ProblemAsync(503, "cannot-verify");

        Clerk.Answer = null;
        App.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(200, await App.StatusOfAsync(Clerk.Token(App.Clock)));
        using (App.TakeLedgerAway())
        {
            using var unrecorded = await App.Client(Clerk.Token(App.Clock, session: "sess_2")).GetAsync("api/v1/users/me");
            await unrecorded.ProblemAsync(503, "cannot-verify");
        }
    }

    [Fact]
    public async Task CLK_7_a_session_that_a_cut_off_ended_is_remembered_by_itself_and_locks_nobody_else_out()
    {
        Action<Dictionary<string, object?>> ageless = c => c["fva"] = null;
        var token = Clerk.Token(App.Clock, change: ageless);
        using var all = await App.Client(token).DeleteAsync("api/v1/sessions");
        await all.JsonAsync(200);
        var cutOff = Assert.Single(await App.Ledger.Reads.RevocationsAfterAsync(0, 10, CancellationToken.None));
        App.Clock.Advance(TimeSpan.FromDays(20));

        Assert.Equal(401, await App.StatusOfAsync(Clerk.Token(App.Clock, change: ageless)));

        await UntilAsync(async () => (await App.Ledger.Reads.RevocationsAfterAsync(0, 10, CancellationToken.None)).Count == 2);
        var log = await App.Ledger.Reads.RevocationsAfterAsync(0, 10, CancellationToken.None);
        Assert.Equal((cutOff.Expires, RevocationScope.User), (log[0].Expires, log[0].Scope));
        Assert.Equal((cutOff.Event, RevocationScope.Session, "sess_1"), (log[1].Event, log[1].Scope, log[1].Key));

        App.Clock.Advance(TimeSpan.FromDays(11)); // the cut-off is over
        Assert.Equal(401, await App.StatusOfAsync(Clerk.Token(App.Clock, change: ageless)));
        Assert.Equal(200, await App.StatusOfAsync(Clerk.Token(App.Clock, session: "sess_2", change: ageless)));
    }

    [Fact]
    public async Task A_withdrawn_key_stops_counting_within_minutes_for_tokens_that_were_verified_before_too()
    {
        var token = Clerk.Token(App.Clock, change: c => c["exp"] = (long)c["iat"]! + 3600);
        Assert.Equal(200, await App.StatusOfAsync(token));
        Clerk.Rotate();
        Assert.Equal(200, await App.StatusOfAsync(token));

        App.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(200, await App.StatusOfAsync(Clerk.Token(App.Clock))); // its key was unknown until now
        Assert.Equal(401, await App.StatusOfAsync(token));
    }

    // Looks again after each commit: what is done off the request's path ends in one.
    private async Task UntilAsync(Func<Task<bool>> condition)
    {
        while (!await condition()) await commits.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
    }

    private protected override void Adjust(WebApplicationBuilder builder) => CommitTap.Set(builder.Services, (_, appended) => commits.Writer.WriteAsync(appended).AsTask());

    private async Task<Session> MirroredAsync() => (await App.Ledger.Reads.FindSessionByOutsideIdAsync(OutsideIssuer.Issuer, "sess_1", CancellationToken.None))!.Session;
}
