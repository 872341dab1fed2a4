using Exeunt.Audit;
using Exeunt.Protocol.Revocations;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.Contracts;

/// <summary>The client of the refresh-token contract.</summary>
public sealed class RefreshTokenContractTests : IAsyncLifetime
{
    private const string LoggedOut = """{"message":"Logged out successfully"}""";

    private ExeuntApp app = null!;

    public async ValueTask InitializeAsync() => app = await ExeuntApp.StartAsync();

    public ValueTask DisposeAsync() => app.DisposeAsync();

    [Fact]
    public async Task Logout_ends_this_session_and_no_other()
    {
        var here = await app.SignUpAsync("ada@example.com");
        var elsewhere = await app.SignInAsync("ada@example.com");

        await (await LogoutAsync(here.RefreshToken)).AnswersAsync(200, LoggedOut);

        Assert.Equal(401, await app.StatusOfAsync(here.AccessToken));
        Assert.Equal(401, await RefreshStatusAsync(here.RefreshToken));
        Assert.Equal(200, await app.StatusOfAsync(elsewhere.AccessToken));
        Assert.Equal(200, await RefreshStatusAsync(elsewhere.RefreshToken));
        var entry = Assert.Single(await app.AuditAsync(AuditActions.SessionEnded));
        Assert.Equal((here.Session, here.User, EndReason.User, null), (entry.Session, entry.User, entry.Reason, entry.Detail));
        Assert.Equal((here.User, here.Session), (entry.By.User, entry.By.Session));
    }

    [Fact]
    public async Task P2_a_retry_is_answered_as_the_first_time()
    {
        var ada = await app.SignUpAsync("ada@example.com");

        for (var i = 0; i < 3; i++) await (await LogoutAsync(ada.RefreshToken)).AnswersAsync(200, LoggedOut);

        Assert.Single(await app.AuditAsync(AuditActions.SessionEnded));
    }

    [Fact]
    public async Task P5_an_older_generation_still_ends_its_session_and_is_flagged()
    {
        var first = await app.SignUpAsync("ada@example.com");
        var older = first.RefreshToken;
        SignedIn newest = first;
        for (var turn = 0; turn < 3; turn++)
        {
            app.Clock.Advance(TimeSpan.FromMinutes(1));
            using var refreshed = await app.Client().PostAsync("api/v1/auth/refresh", new { refresh_token = newest.RefreshToken });
            newest = SignedIn.Of(await refreshed.JsonAsync(200));
        }

        Assert.NotEqual(older, newest.RefreshToken);
        await (await LogoutAsync(older)).AnswersAsync(200, LoggedOut);

        Assert.Equal(401, await app.StatusOfAsync(newest.AccessToken));
        Assert.Equal(401, await RefreshStatusAsync(newest.RefreshToken));
        Assert.Equal("stale_credential", Assert.Single(await app.AuditAsync(AuditActions.SessionEnded)).Detail);
    }

    [Fact]
    public async Task P5_a_retry_after_retention_has_deleted_the_session_is_no_mistake()
    {
        var ada = await app.SignUpAsync("ada@example.com");
        await (await LogoutAsync(ada.RefreshToken)).AnswersAsync(200, LoggedOut);
        app.Clock.Advance(TimeSpan.FromDays(30));
        await app.Ledger.RunAsync(transaction => transaction.PurgeAsync(new(transaction.Now, transaction.Now), 100));
        Assert.Null(await app.Ledger.Reads.FindSessionAsync(ada.Session, CancellationToken.None));

        await (await LogoutAsync(ada.RefreshToken)).AnswersAsync(200, LoggedOut);
        Assert.Equal(401, await RefreshStatusAsync(ada.RefreshToken));
        Assert.Empty(await app.Ledger.Reads.RevocationsAfterAsync(0, 10, CancellationToken.None));
    }

    [Fact]
    public async Task P5_no_other_token_ends_anything()
    {
        var ada = await app.SignUpAsync("ada@example.com");
        var flipped = ada.RefreshToken[..20] + (ada.RefreshToken[20] == 'A' ? 'B' : 'A') + ada.RefreshToken[21..];

        foreach (var wrong in new[] { ada.AccessToken, flipped, "exr_", "garbage", ada.RefreshToken + "A", ada.Session.ToString() })
        {
            using var response = await LogoutAsync(wrong);
            await response.ProblemAsync(401, "refresh-refused");
        }

        Assert.Equal(200, await app.StatusOfAsync(ada.AccessToken));
        Assert.Equal(200, await RefreshStatusAsync(ada.RefreshToken));
    }

    [Fact]
    public async Task A_request_without_a_token_says_which_field_is_missing()
    {
        using var empty = await app.Client().PostAsync("api/v1/auth/logout", new { });
        Assert.Equal("refresh_token", (await empty.ProblemAsync(400, "invalid-field")).GetProperty("field").GetString());
        using var number = await app.Client().PostAsync("api/v1/auth/logout", Json.Body("""{"refresh_token":7}"""));
        await number.ProblemAsync(400, "invalid-field");
        using var broken = await app.Client().PostAsync("api/v1/auth/logout", Json.Body("{"));
        await broken.ProblemAsync(400, "bad-request");
    }

    [Fact]
    public async Task P2_with_neither_ledger_nor_journal_the_server_does_not_say_that_it_logged_out()
    {
        var ada = await app.SignUpAsync("ada@example.com");
        using (app.TakeLedgerAndJournalAway())
        {
            using var response = await LogoutAsync(ada.RefreshToken);
            await response.ProblemAsync(503, "ledger-unavailable");
            Assert.NotNull(response.Headers.RetryAfter);
        }

        await app.RecoverAsync();

        await (await LogoutAsync(ada.RefreshToken)).AnswersAsync(200, LoggedOut);
    }

    [Fact]
    public async Task Repeated_logouts_of_an_ended_session_are_recorded_ten_times_a_minute_then_counted()
    {
        var ada = await app.SignUpAsync("ada@example.com");
        for (var i = 0; i < 25; i++) await (await LogoutAsync(ada.RefreshToken)).AnswersAsync(200, LoggedOut);
        await app.Services.GetRequiredService<FailureAudit>().WriteCountsAsync(everything: true);

        Assert.Single(await app.AuditAsync(AuditActions.SessionEnded));
        var recorded = await app.AuditAsync(AuditActions.LogoutRecorded);
        var counted = Assert.Single(await app.AuditAsync(AuditActions.FailuresCounted));
        Assert.Equal(24, recorded.Count + counted.Count);
        Assert.Equal(FailureAudit.RecordedEach + 1, recorded.Count); // one by the door itself
        Assert.All(recorded.Append(counted), entry => Assert.Equal((ada.User, ada.Session, ada.User), (entry.User, entry.Session, entry.By.User)));
    }

    [Fact]
    public async Task Logout_all_ends_every_session_of_the_user_and_tells_how_many()
    {
        var devices = new List<SignedIn> { await app.SignUpAsync("ada@example.com"), await app.SignInAsync("ada@example.com"), await app.SignInAsync("ada@example.com") };
        var other = await app.SignUpAsync("bob@example.com");
        await (await LogoutAsync((await app.SignInAsync("ada@example.com")).RefreshToken)).AnswersAsync(200, LoggedOut); // one that has ended is not counted

        var answer = await app.Client(devices[1].AccessToken).PostAsync("api/v1/auth/logout-all", null);

        await answer.AnswersAsync(200, """{"message":"Logged out from all devices successfully","revoked_sessions":3}""");
        foreach (var device in devices)
        {
            Assert.Equal(401, await app.StatusOfAsync(device.AccessToken));
            Assert.Equal(401, await RefreshStatusAsync(device.RefreshToken));
        }

        Assert.Equal(200, await app.StatusOfAsync(other.AccessToken));
        Assert.Equal(200, await app.StatusOfAsync((await app.SignInAsync("ada@example.com")).AccessToken));
    }

    [Fact]
    public async Task Logout_all_answers_a_bad_token_401_and_a_missing_one_403()
    {
        var ada = await app.SignUpAsync("ada@example.com");

        using var nothing = await app.Client().PostAsync("api/v1/auth/logout-all", null);
        await nothing.ProblemAsync(403, "forbidden");
        using var basic = new HttpRequestMessage(HttpMethod.Post, "api/v1/auth/logout-all") { Headers = { Authorization = new("Basic", "YTpi") } };
        using var otherScheme = await app.Client().SendAsync(basic);
        await otherScheme.ProblemAsync(403, "forbidden");

        foreach (var bad in new[] { "garbage", Client.Forged(ada.AccessToken), ada.RefreshToken })
        {
            using var refused = await app.Client(bad).PostAsync("api/v1/auth/logout-all", null);
            await refused.ProblemAsync(401, "unauthenticated");
            Assert.Contains("invalid_token", refused.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        }

        app.Clock.Advance(TimeSpan.FromMinutes(16));
        using var expired = await app.Client(ada.AccessToken).PostAsync("api/v1/auth/logout-all", null);
        await expired.ProblemAsync(401, "unauthenticated");
        Assert.Equal(200, await RefreshStatusAsync(ada.RefreshToken));
    }

    private Task<HttpResponseMessage> LogoutAsync(string refreshToken) => app.Client().PostAsync("api/v1/auth/logout", new { refresh_token = refreshToken });

    private async Task<int> RefreshStatusAsync(string refreshToken)
    {
        using var response = await app.Client().PostAsync("api/v1/auth/refresh", new { refresh_token = refreshToken });
        return (int)response.StatusCode;
    }
}
