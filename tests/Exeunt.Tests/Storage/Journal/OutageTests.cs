using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage.Journal;
using Exeunt.Tests.Contracts;
using Exeunt.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.Storage.Journal;

/// <summary>The whole server while another process holds the ledger: everybody can leave, by every contract, and is told the truth.</summary>
[TakesLong(seconds: 20)]
public sealed class OutageTests : IAsyncLifetime
{
    private OutsideIssuer clerk = null!;
    private ExeuntApp app = null!;

    private EndingJournal Journal => app.Services.GetRequiredService<EndingJournal>();

    public async ValueTask InitializeAsync()
    {
        clerk = await OutsideIssuer.StartAsync();
        app = await ExeuntApp.StartAsync([("Journal:Deadline", "00:00:00.2"), .. clerk.Settings()]);
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        await clerk.DisposeAsync();
    }

    [Fact]
    public async Task P2_a_refresh_token_logs_out_is_enforced_at_once_and_recorded_later()
    {
        var ada = await app.SignUpAsync("ada@example.com");
        using (app.TakeLedgerAway())
        {
            await AssertWarnedAsync(await LogoutAsync(ada));
            await AssertWarnedAsync(await LogoutAsync(ada)); // a retry
            Assert.Equal(401, await app.StatusOfAsync(ada.AccessToken));
            await RefusedAsync(app.Client().PostAsync("api/v1/auth/refresh", new { refresh_token = ada.RefreshToken }));
            await RefusedAsync(app.Client().PostAsync("api/v1/auth/login", new { email = "ada@example.com", password = ExeuntApp.Password }));

            using var ready = await app.Client().GetAsync("readyz");
            Assert.Equal(1, (await ready.ProblemAsync(503, "not-ready")).GetProperty("journal").GetProperty("depth").GetInt32());
        }

        await app.RecoverAsync();

        using var refresh = await app.Client().PostAsync("api/v1/auth/refresh", new { refresh_token = ada.RefreshToken });
        await refresh.ProblemAsync(401, "refresh-refused");
        using var again = await app.Client().GetAsync("readyz");
        Assert.Equal(0, (await again.JsonAsync(200)).GetProperty("journal").GetProperty("depth").GetInt32());
        await AssertEndedOnceAsync(ada.Session, EndReason.User);
        await app.SignInAsync("ada@example.com");
    }

    [Fact]
    public async Task P2_an_access_token_logs_out_everywhere()
    {
        var ada = await app.SignUpAsync("ada@example.com");
        var phone = await app.SignInAsync("ada@example.com");
        using (app.TakeLedgerAway())
        {
            using var response = await app.Client(ada.AccessToken).PostAsync("api/v1/auth/logout-all", null);
            var answer = await response.JsonAsync(200);
            Assert.Equal(1, answer.GetProperty("revoked_sessions").GetInt32());
            Assert.Equal(JournaledEndings.Warning, answer.GetProperty("warning").GetString());
            Assert.Equal(401, await app.StatusOfAsync(phone.AccessToken));
        }

        await app.RecoverAsync();

        Assert.Equal(2, Assert.Single(await app.AuditAsync(AuditActions.SessionsEnded)).Count);
        using var refresh = await app.Client().PostAsync("api/v1/auth/refresh", new { refresh_token = phone.RefreshToken });
        Assert.Equal(401, (int)refresh.StatusCode);
    }

    [Fact]
    public async Task P2_the_own_API_tells_what_ended_and_warns()
    {
        var ada = await app.SignUpAsync("ada@example.com");
        var phone = await app.SignInAsync("ada@example.com");
        using (app.TakeLedgerAway())
        {
            using var others = await app.Client(ada.AccessToken).DeleteAsync("api/v1/sessions/others");
            Assert.Equal(JournaledEndings.Warning, (await others.JsonAsync(200)).GetProperty("warning").GetString());
            Assert.Equal(401, await app.StatusOfAsync(phone.AccessToken));
            Assert.NotEqual(401, await app.StatusOfAsync(ada.AccessToken));

            using var own = await app.Client(ada.AccessToken).DeleteAsync("api/v1/sessions/current");
            var ended = await own.JsonAsync(200);
            Assert.Equal(1, ended.GetProperty("ended").GetInt32());
            using var again = await app.Client(ada.AccessToken).DeleteAsync("api/v1/sessions/current");
            var repeated = await again.JsonAsync(200);
            Assert.Equal((0, ended.GetProperty("id").GetString()), (repeated.GetProperty("ended").GetInt32(), repeated.GetProperty("id").GetString()));
        }

        await app.RecoverAsync();
        await AssertEndedOnceAsync(ada.Session, EndReason.User);
    }

    [Fact]
    public async Task P2_an_expired_access_token_ends_its_own_session_and_nothing_else()
    {
        var ada = await app.SignUpAsync("ada@example.com");
        var phone = await app.SignInAsync("ada@example.com");
        app.Clock.Advance(TimeSpan.FromMinutes(16));
        using (app.TakeLedgerAway())
        {
            using var all = await app.Client(ada.AccessToken).PostAsync("api/v1/auth/logout-all", null);
            Assert.Equal(401, (int)all.StatusCode);
            using var own = await app.Client(ada.AccessToken).DeleteAsync("api/v1/sessions/current");
            Assert.Equal(JournaledEndings.Warning, (await own.JsonAsync(200)).GetProperty("warning").GetString());
        }

        await app.RecoverAsync();
        await AssertEndedOnceAsync(ada.Session, EndReason.User);
        using var refresh = await app.Client().PostAsync("api/v1/auth/refresh", new { refresh_token = phone.RefreshToken });
        await refresh.JsonAsync(200);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task P2_the_audit_contract_warns_in_its_own_word(bool ends)
    {
        await using var server = await ExeuntApp.StartAsync(("Contracts:Audit:EndsSession", ends ? "true" : "false"), ("Journal:Deadline", "00:00:00.2"));
        var ada = await server.SignUpAsync("ada@example.com");
        using (server.TakeLedgerAway())
        {
            using var response = await server.Client(ada.AccessToken).PostAsync("auth/logout", null);
            Assert.Equal(JournaledEndings.Warning, (await response.JsonAsync(200)).GetProperty("audit_warning").GetString());
        }

        await server.RecoverAsync();

        Assert.Equal(ends ? 401 : 200, await server.StatusOfAsync(ada.AccessToken));
        var entry = Assert.Single(await server.AuditAsync(ends ? AuditActions.SessionEnded : AuditActions.LogoutRecorded));
        Assert.Equal((ada.User, ada.Session), (entry.User, entry.Session));
    }

    [Fact]
    public async Task P2_the_template_contract_warns_each_time_it_is_asked()
    {
        await app.AddAccountAsync("ada@example.com");
        var token = await app.TemplateSignInAsync("ada@example.com");
        using (app.TakeLedgerAway())
        {
            for (var i = 0; i < 2; i++)
            {
                using var response = await app.Client(token).PostAsync("api/auth/logout", new { });
                Assert.Equal(JournaledEndings.Warning, (await response.JsonAsync(200)).GetProperty("warning").GetString());
            }

            Assert.Equal(401, await app.StatusOfAsync(token, "api/user/profile"));
        }

        await app.RecoverAsync();
        Assert.Equal(1, Assert.Single(await app.AuditAsync(AuditActions.SessionsEnded)).Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task P2_a_session_of_a_provider_ends_though_it_may_never_have_been_seen(bool seen)
    {
        var token = clerk.Token(app.Clock);
        if (seen) Assert.Equal(200, await app.StatusOfAsync(token));
        using (app.TakeLedgerAway())
        {
            using var response = await app.Client(token).DeleteAsync("v1/auth/session");
            Assert.Equal(JournaledEndings.Warning, (await response.JsonAsync(200)).GetProperty("warning").GetString());
            Assert.Equal(401, await app.StatusOfAsync(token));
        }

        await app.RecoverAsync();

        Assert.Equal(401, await app.StatusOfAsync(token));
        var entry = Assert.Single(await app.AuditAsync(AuditActions.SessionEnded));
        Assert.NotNull(entry.User);
        Assert.Equal(entry.User, entry.By.User);
        Assert.Equal(EndReason.User, (await app.Ledger.Reads.FindSessionAsync(entry.Session!.Value, CancellationToken.None))?.End?.Reason);
    }

    [Fact]
    public async Task P1_a_restart_without_the_ledger_enforces_what_was_ended_before_and_takes_more()
    {
        var before = await app.SignUpAsync("ada@example.com");
        var during = await app.SignInAsync("ada@example.com");
        var after = await app.SignInAsync("ada@example.com");
        using (var committed = await LogoutAsync(before)) await committed.JsonAsync(200);
        using (app.TakeLedgerAway())
        {
            await AssertWarnedAsync(await LogoutAsync(during));

            await app.RestartAsync();

            Assert.Equal(401, await app.StatusOfAsync(before.AccessToken));
            Assert.Equal(401, await app.StatusOfAsync(during.AccessToken));
            Assert.Equal(503, await app.StatusOfAsync(after.AccessToken)); // good, but the account cannot be read
            await AssertWarnedAsync(await LogoutAsync(after));
            Assert.Equal(401, await app.StatusOfAsync(after.AccessToken));
            Assert.Equal(2, Journal.State.Depth);
        }

        await app.RecoverAsync();

        foreach (var gone in new[] { before, during, after })
        {
            Assert.Equal(401, await app.StatusOfAsync(gone.AccessToken));
            await AssertEndedOnceAsync(gone.Session, EndReason.User);
        }

        await app.SignInAsync("ada@example.com");
    }

    [Fact]
    public async Task P1_a_start_replays_the_journal_before_it_serves_anybody()
    {
        // The journal of an outage is put back while the server is down: as if a crash had come before it was emptied, or before it was replayed at all.
        byte[]? kept = null;
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        var journal = Path.Combine(data, "ending.journal");
        await using var server = await ExeuntApp.StartAsync(new ExeuntSetup { Settings = [("Journal:Deadline", "00:00:00.2")], DataFolder = data, Adjust = PutBack });
        var ada = await server.SignUpAsync("ada@example.com");
        using (server.TakeLedgerAway())
        {
            using var response = await server.Client().PostAsync("api/v1/auth/logout", new { refresh_token = ada.RefreshToken });
            await response.JsonAsync(200);
            kept = await ReadAsync(journal);
        }

        await server.RecoverAsync();
        await server.RestartAsync();

        Assert.Equal(0, server.Services.GetRequiredService<EndingJournal>().State.Depth);
        Assert.Single(await server.AuditAsync(AuditActions.SessionEnded));
        Assert.Equal(2, (await server.AuditAsync(AuditActions.LedgerWasAway)).Count);
        Assert.Equal(401, await server.StatusOfAsync(ada.AccessToken));

        void PutBack(WebApplicationBuilder builder)
        {
            if (kept is not null) File.WriteAllBytes(journal, kept);
        }
    }

    private static async Task<byte[]> ReadAsync(string path)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[file.Length];
        await file.ReadExactlyAsync(bytes);
        return bytes;
    }

    private static async Task AssertWarnedAsync(HttpResponseMessage response)
    {
        using (response) Assert.Equal(JournaledEndings.Warning, (await response.JsonAsync(200)).GetProperty("warning").GetString());
    }

    private static async Task RefusedAsync(Task<HttpResponseMessage> request)
    {
        using var response = await request;
        await response.ProblemAsync(503, "ledger-unavailable");
        Assert.NotNull(response.Headers.RetryAfter);
    }

    private async Task AssertEndedOnceAsync(SessionId session, EndReason reason)
    {
        var entry = Assert.Single(await app.AuditAsync(AuditActions.SessionEnded), entry => entry.Session == session);
        Assert.Equal(reason, entry.Reason);
        var end = (await app.Ledger.Reads.FindSessionAsync(session, CancellationToken.None))!.End;
        Assert.Equal((entry.Event, entry.At), ((EventId?)end!.Event, end.At));
    }

    private Task<HttpResponseMessage> LogoutAsync(SignedIn who) => app.Client().PostAsync("api/v1/auth/logout", new { refresh_token = who.RefreshToken });
}
