using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Contracts;

/// <summary>The client of the audit contract.</summary>
public sealed class AuditContractTests : IAsyncLifetime
{
    private const string LoggedOut = """{"message":"Logout successful"}""";

    private ExeuntApp app = null!;

    public async ValueTask InitializeAsync() => app = await ExeuntApp.StartAsync();

    public ValueTask DisposeAsync() => app.DisposeAsync();

    [Fact]
    public async Task Logout_is_recorded_and_ends_the_session()
    {
        var ada = await app.SignUpAsync("ada@example.com");
        var other = await app.SignInAsync("ada@example.com");

        await (await app.Client(ada.AccessToken).PostAsync("auth/logout", null)).AnswersAsync(200, LoggedOut);

        Assert.Equal(401, await app.StatusOfAsync(ada.AccessToken));
        Assert.Equal(200, await app.StatusOfAsync(other.AccessToken));
        var entry = Assert.Single(await app.AuditAsync(AuditActions.SessionEnded));
        Assert.Equal((ada.User, ada.Session, ada.User), (entry.User, entry.Session, entry.By.User));
        Assert.Equal("127.0.0.1", entry.Address);
    }

    [Fact]
    public async Task It_can_be_set_to_record_and_end_nothing()
    {
        await using var recording = await ExeuntApp.StartAsync(("Contracts:Audit:EndsSession", "false"));
        var ada = await recording.SignUpAsync("ada@example.com");

        await (await recording.Client(ada.AccessToken).PostAsync("auth/logout", new { reason = "shift is over" })).AnswersAsync(200, LoggedOut);

        Assert.Equal(200, await recording.StatusOfAsync(ada.AccessToken));
        Assert.Empty(await recording.AuditAsync(AuditActions.SessionEnded));
        var entry = Assert.Single(await recording.AuditAsync(AuditActions.LogoutRecorded));
        Assert.Equal((ada.User, ada.Session, "recorded_only"), (entry.User, entry.Session, entry.Detail));
        Assert.Equal("""{"reason":"shift is over"}""", entry.Claimed);
    }

    [Fact]
    public async Task P2_an_unreadable_body_does_not_stop_the_ending()
    {
        var ada = await app.SignUpAsync("ada@example.com");

        await (await app.Client(ada.AccessToken).PostAsync("auth/logout", Json.Body("{"))).AnswersAsync(200, LoggedOut);

        Assert.Equal(401, await app.StatusOfAsync(ada.AccessToken));
        Assert.Equal("unreadable_body", Assert.Single(await app.AuditAsync(AuditActions.SessionEnded)).Detail);
    }

    [Fact]
    public async Task P2_half_a_character_in_the_body_does_not_stop_the_ending_either()
    {
        var ada = await app.SignUpAsync("ada@example.com");

        await (await app.Client(ada.AccessToken).PostAsync("auth/logout", Json.Body("""{"reason":"\ud800"}"""))).AnswersAsync(200, LoggedOut);

        Assert.Equal(401, await app.StatusOfAsync(ada.AccessToken));
    }

    [Fact]
    public async Task Only_the_token_of_an_active_user_is_taken()
    {
        var ada = await app.SignUpAsync("ada@example.com");
        using var missing = await app.Client().PostAsync("auth/logout", null);
        await missing.ProblemAsync(401, "unauthenticated");
        Assert.Equal("Bearer realm=\"exeunt\"", missing.Headers.WwwAuthenticate.ToString()); // BRR-2

        foreach (var bad in new[] { Client.Forged(ada.AccessToken), ada.RefreshToken, "garbage" })
        {
            using var refused = await app.Client(bad).PostAsync("auth/logout", null);
            await refused.ProblemAsync(401, "unauthenticated");
        }

        Assert.Equal(200, await app.StatusOfAsync(ada.AccessToken));
        await (await app.Client(ada.AccessToken).PostAsync("auth/logout", null)).AnswersAsync(200, LoggedOut);
        using var again = await app.Client(ada.AccessToken).PostAsync("auth/logout", null);
        await again.ProblemAsync(401, "unauthenticated");

        var back = await app.SignInAsync("ada@example.com");
        var root = await app.SignUpAsync("root@example.com", ExeuntApp.Password, User.AdminRole);
        using var disabled = await app.Client(root.AccessToken).PostAsync($"api/v1/admin/accounts/{ada.User}/disable", new { });
        Assert.True(disabled.IsSuccessStatusCode);
        using var inactive = await app.Client(back.AccessToken).PostAsync("auth/logout", null);
        await inactive.ProblemAsync(401, "unauthenticated");
    }

    [Fact]
    public async Task P2_with_neither_ledger_nor_journal_it_answers_503()
    {
        var ada = await app.SignUpAsync("ada@example.com");
        using (app.TakeLedgerAndJournalAway())
        {
            using var response = await app.Client(ada.AccessToken).PostAsync("auth/logout", null);
            await response.ProblemAsync(503, "ledger-unavailable");
        }

        await app.RecoverAsync();
        Assert.Equal(200, await app.StatusOfAsync(ada.AccessToken));
    }
}
