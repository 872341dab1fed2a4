using System.Text.Json;
using Exeunt.Audit;
using Exeunt.Protocol.Revocations;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Contracts;

/// <summary>The client of the template contract.</summary>
public sealed class TemplateContractTests : IAsyncLifetime
{
    private const string LoggedOut = """{"success":true,"message":"User logged out successfully"}""";
    private const string NoToken = """{"success":false,"message":"No token provided"}""";
    private const string Invalidated = """{"success":false,"message":"Token has been invalidated"}""";
    private const string Invalid = """{"success":false,"message":"Invalid or expired token"}""";

    private ExeuntApp app = null!;

    public async ValueTask InitializeAsync() => app = await ExeuntApp.StartAsync();

    public ValueTask DisposeAsync() => app.DisposeAsync();

    [Fact]
    public async Task Login_gives_one_token_that_opens_the_profile()
    {
        var account = await app.AddAccountAsync("ada@example.com");

        var token = await app.TemplateSignInAsync("ada@example.com");

        await (await app.Client(token).GetAsync("api/user/profile")).AnswersAsync(200, $$$"""{"success":true,"user":{"id":"{{{account.Id}}}","email":"ada@example.com"}}""");
    }

    [Theory]
    [InlineData("api/auth/logout")]
    [InlineData("api/auth/logout/")]
    [InlineData("API/Auth/Logout/")]
    public async Task P2_a_repeated_logout_is_answered_as_the_first_however_its_address_is_written(string address)
    {
        await app.AddAccountAsync("ada@example.com");
        var token = await app.TemplateSignInAsync("ada@example.com");

        for (var i = 0; i < 2; i++) await (await app.Client(token).PostAsync(address, new { })).AnswersAsync(200, LoggedOut);

        await (await app.Client(token).GetAsync("api/user/profile/")).AnswersAsync(401, Invalidated);
        Assert.Equal(200, (int)(await app.Client(token).PostAsync("api/auth/login/", new { email = "ada@example.com", password = ExeuntApp.Password })).StatusCode);
    }

    [Fact]
    public async Task Its_token_and_session_live_for_the_configured_time_together()
    {
        await app.AddAccountAsync("ada@example.com");
        var token = await app.TemplateSignInAsync("ada@example.com");

        app.Clock.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1));
        Assert.Equal(200, await app.StatusOfAsync(token, "api/user/profile"));
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        await (await app.Client(token).GetAsync("api/user/profile")).AnswersAsync(401, Invalid);
        app.Clock.Advance(TimeSpan.FromMilliseconds(1)); // a session lives through its last instant, a token does not (JOSE-16)
        Assert.Equal(0, await app.Ledger.Reads.CountAliveAsync(new Exeunt.Revocations.EndScope.Everyone(), CancellationToken.None));
    }

    [Fact]
    public async Task Login_refuses_in_the_words_of_the_contract()
    {
        await app.AddAccountAsync("ada@example.com");

        var wrong = await app.Client().PostAsync("api/auth/login", new { email = "ada@example.com", password = "wrong" });
        await wrong.AnswersAsync(401, """{"success":false,"message":"Invalid credentials"}""");
        var unknown = await app.Client().PostAsync("api/auth/login", new { email = "nobody@example.com", password = "wrong" });
        await unknown.AnswersAsync(401, """{"success":false,"message":"Invalid credentials"}""");
        var half = await app.Client().PostAsync("api/auth/login", new { email = "ada@example.com" });
        await half.AnswersAsync(400, """{"success":false,"message":"Email and password are required"}""");
        using var broken = await app.Client().PostAsync("api/auth/login", Json.Body("{"));
        Assert.False((await broken.JsonAsync(400)).GetProperty("success").GetBoolean());
    }

    [Fact]
    public async Task Logout_ends_all_sessions_of_the_user_whoever_issued_them()
    {
        await app.AddAccountAsync("ada@example.com");
        var here = await app.TemplateSignInAsync("ada@example.com");
        var elsewhere = await app.TemplateSignInAsync("ada@example.com");
        var phone = await app.SignInAsync("ada@example.com");

        var answer = await app.Client(here).PostAsync("api/auth/logout", new { userId = "42", timestamp = "2027-03-01T12:00:00Z", reason = "done for today" });

        await answer.AnswersAsync(200, LoggedOut);
        await (await app.Client(here).GetAsync("api/user/profile")).AnswersAsync(401, Invalidated);
        await (await app.Client(elsewhere).GetAsync("api/user/profile")).AnswersAsync(401, Invalidated);
        Assert.Equal(401, await app.StatusOfAsync(phone.AccessToken));
        var entry = Assert.Single(await app.AuditAsync(AuditActions.SessionsEnded));
        Assert.Equal((EndReason.LogoutAll, 3L), (entry.Reason, entry.Count));
        Assert.Equal("""{"userId":"42","timestamp":"2027-03-01T12:00:00Z","reason":"done for today"}""", entry.Claimed);
    }

    [Fact]
    public async Task Logout_can_be_set_to_end_this_session_only()
    {
        await using var narrow = await ExeuntApp.StartAsync(("Contracts:Template:EndsAllSessions", "false"));
        await narrow.AddAccountAsync("ada@example.com");
        var here = await narrow.TemplateSignInAsync("ada@example.com");
        var elsewhere = await narrow.TemplateSignInAsync("ada@example.com");

        await (await narrow.Client(here).PostAsync("api/auth/logout", new { })).AnswersAsync(200, LoggedOut);

        await (await narrow.Client(here).GetAsync("api/user/profile")).AnswersAsync(401, Invalidated);
        Assert.Equal(200, await narrow.StatusOfAsync(elsewhere, "api/user/profile"));
    }

    [Fact]
    public async Task Only_routes_of_the_template_use_its_words_for_an_ended_token()
    {
        await app.AddAccountAsync("ada@example.com");
        var token = await app.TemplateSignInAsync("ada@example.com");
        await (await app.Client(token).PostAsync("api/auth/logout", null)).AnswersAsync(200, LoggedOut);

        foreach (var path in new[] { "api/user/profile", "api/user/anything", "api/auth/session", "API/User/profile" })
        {
            using var refused = await app.Client(token).GetAsync(path);
            Assert.Contains("invalid_token", refused.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal); // BRR-7
            await refused.AnswersAsync(401, Invalidated);
        }

        using var elsewhere = await app.Client(token).GetAsync("api/v1/users/me");
        await elsewhere.ProblemAsync(401, "unauthenticated");
        using var login = await app.Client(token).PostAsync("api/auth/login", new { email = "ada@example.com", password = ExeuntApp.Password });
        Assert.Equal(200, (int)login.StatusCode);
    }

    [Fact]
    public async Task P2_a_retry_is_answered_as_the_first_time_and_ends_nothing_new()
    {
        await app.AddAccountAsync("ada@example.com");
        var token = await app.TemplateSignInAsync("ada@example.com");
        await (await app.Client(token).PostAsync("api/auth/logout", null)).AnswersAsync(200, LoggedOut);
        var later = await app.TemplateSignInAsync("ada@example.com");

        await (await app.Client(token).PostAsync("api/auth/logout", null)).AnswersAsync(200, LoggedOut);

        Assert.Equal(200, await app.StatusOfAsync(later, "api/user/profile"));
        Assert.Single(await app.AuditAsync(AuditActions.SessionsEnded));
        Assert.Single(await app.AuditAsync(AuditActions.LogoutRecorded));
    }

    [Fact]
    public async Task P5_a_userId_in_the_body_is_never_obeyed()
    {
        var bob = await app.SignUpAsync("bob@example.com");
        await app.AddAccountAsync("ada@example.com");
        var token = await app.TemplateSignInAsync("ada@example.com");

        await (await app.Client(token).PostAsync("api/auth/logout", new { userId = bob.User.ToString() })).AnswersAsync(200, LoggedOut);

        Assert.Equal(200, await app.StatusOfAsync(bob.AccessToken));
    }

    [Fact]
    public async Task P5_an_expired_token_ends_its_own_session_and_no_other()
    {
        var ada = await app.SignUpAsync("ada@example.com");
        var other = await app.SignInAsync("ada@example.com");
        app.Clock.Advance(TimeSpan.FromMinutes(16));

        await (await app.Client(ada.AccessToken).PostAsync("api/auth/logout", null)).AnswersAsync(200, LoggedOut);

        Assert.Equal(401, await RefreshStatusAsync(ada));
        Assert.Equal(200, await RefreshStatusAsync(other));
    }

    [Fact]
    public async Task P5_a_forged_token_is_answered_200_and_ends_nothing()
    {
        var ada = await app.SignUpAsync("ada@example.com");

        foreach (var bad in new[] { Client.Forged(ada.AccessToken), "garbage", ada.RefreshToken })
            await (await app.Client(bad).PostAsync("api/auth/logout", new { userId = ada.User.ToString() })).AnswersAsync(200, LoggedOut);

        Assert.Equal(200, await app.StatusOfAsync(ada.AccessToken));
        Assert.Equal(200, await RefreshStatusAsync(ada));
        Assert.Equal(3, (await app.AuditAsync(AuditActions.LogoutRefused)).Count);
    }

    [Fact]
    public async Task No_token_is_answered_401()
    {
        await (await app.Client().PostAsync("api/auth/logout", new { userId = "42" })).AnswersAsync(401, NoToken);
        await (await app.Client().GetAsync("api/user/profile")).AnswersAsync(401, NoToken);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("""{"userId":{"a":[1,2]},"timestamp":17,"reason":null}""")]
    [InlineData("""{"reason":1,"reason":2}""")]
    [InlineData("not json at all")]
    public async Task P2_whatever_the_body_is_the_session_ends(string body)
    {
        await app.AddAccountAsync("ada@example.com");
        var token = await app.TemplateSignInAsync("ada@example.com");

        await (await app.Client(token).PostAsync("api/auth/logout", Json.Body(body))).AnswersAsync(200, LoggedOut);

        await (await app.Client(token).GetAsync("api/user/profile")).AnswersAsync(401, Invalidated);
    }

    [Fact]
    public async Task P2_a_body_that_is_too_large_or_of_another_type_does_not_stop_the_ending_either()
    {
        await app.AddAccountAsync("ada@example.com");
        foreach (HttpContent body in new HttpContent[] { Json.Body(new { reason = new string('x', 200_000) }), new StringContent("a=b"), new ByteArrayContent([0xFF, 0xFE]) })
        {
            var token = await app.TemplateSignInAsync("ada@example.com");
            using (body) await (await app.Client(token).PostAsync("api/auth/logout", body)).AnswersAsync(200, LoggedOut);
            await (await app.Client(token).GetAsync("api/user/profile")).AnswersAsync(401, Invalidated);
        }

        Assert.All(await app.AuditAsync(AuditActions.SessionsEnded), entry => Assert.Equal("unreadable_body", entry.Detail));
    }

    [Fact]
    public async Task P2_half_a_character_in_the_body_does_not_stop_the_ending()
    {
        await app.AddAccountAsync("ada@example.com");
        var token = await app.TemplateSignInAsync("ada@example.com");

        await (await app.Client(token).PostAsync("api/auth/logout", Json.Body("""{"userId":"\udc00","reason":"\ud800"}"""))).AnswersAsync(200, LoggedOut);

        await (await app.Client(token).GetAsync("api/user/profile")).AnswersAsync(401, Invalidated);
        Assert.Contains("ud800", Assert.Single(await app.AuditAsync(AuditActions.SessionsEnded)).Claimed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_body_claims_is_recorded_within_bounds()
    {
        await app.AddAccountAsync("ada@example.com");
        var token = await app.TemplateSignInAsync("ada@example.com");

        await (await app.Client(token).PostAsync("api/auth/logout", new { reason = new string('x', 5000), timestamp = 17 })).AnswersAsync(200, LoggedOut);

        var claimed = JsonSerializer.Deserialize<JsonElement>(Assert.Single(await app.AuditAsync(AuditActions.SessionsEnded)).Claimed!);
        Assert.Equal(129, claimed.GetProperty("reason").GetString()!.Length);
        Assert.Equal("17", claimed.GetProperty("timestamp").GetString());
    }

    [Fact]
    public async Task P2_with_neither_ledger_nor_journal_it_warns_that_nothing_was_recorded_and_raises_an_alarm()
    {
        await app.AddAccountAsync("ada@example.com");
        var token = await app.TemplateSignInAsync("ada@example.com");
        using (app.TakeLedgerAndJournalAway())
        {
            await (await app.Client(token).PostAsync("api/auth/logout", new { })).AnswersAsync(
                200,
                """{"success":true,"message":"User logged out successfully","warning":"This logout was not recorded: the token stays valid until 2027-03-02T12:00:00Z. Log out again when the server has recovered."}""");
        }

        Assert.Single(app.Log.All, line => line.StartsWith("Critical", StringComparison.Ordinal) && line.Contains(" 1701:", StringComparison.Ordinal));
        await app.RecoverAsync();
        Assert.Equal(200, await app.StatusOfAsync(token, "api/user/profile"));
        await (await app.Client(token).PostAsync("api/auth/logout", new { })).AnswersAsync(200, LoggedOut);
        await (await app.Client(token).GetAsync("api/user/profile")).AnswersAsync(401, Invalidated);
    }

    private async Task<int> RefreshStatusAsync(SignedIn who)
    {
        using var response = await app.Client().PostAsync("api/v1/auth/refresh", new { refresh_token = who.RefreshToken });
        return (int)response.StatusCode;
    }
}
