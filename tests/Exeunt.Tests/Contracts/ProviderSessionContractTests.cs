using Exeunt.Audit;
using Exeunt.Protocol.Revocations;
using Exeunt.Sessions;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.Contracts;

/// <summary>The client of the provider-session contract: an app whose users sign in at Clerk.</summary>
public sealed class ProviderSessionContractTests : IAsyncLifetime
{
    private const string LoggedOut = """{"success":true,"message":"Logged out successfully"}""";

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
    public async Task Logout_ends_the_mirrored_session_and_closes_what_remains_of_its_tokens()
    {
        var token = clerk.Token(app.Clock);
        var elsewhere = clerk.Token(app.Clock, session: "sess_2");
        Assert.Equal((200, 200), (await app.StatusOfAsync(token), await app.StatusOfAsync(elsewhere)));

        await (await LogoutAsync(token)).AnswersAsync(200, LoggedOut);

        Assert.Equal(401, await app.StatusOfAsync(token));
        app.Clock.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal(401, await app.StatusOfAsync(clerk.Token(app.Clock))); // CLK-7: Clerk was not told and mints on
        Assert.Equal(200, await app.StatusOfAsync(elsewhere));
        var entry = Assert.Single(await app.AuditAsync(AuditActions.SessionEnded));
        var session = await MirroredAsync("sess_1");
        Assert.Equal((session.User, session.Id, EndReason.User), (entry.User, entry.Session, entry.Reason));
        Assert.Equal("user_ada", (await app.Ledger.Reads.FindUserAsync(session.User, CancellationToken.None))!.Subject);
        Assert.Equal(new DateTimeOffset(2027, 3, 1, 12, 0, 0, TimeSpan.Zero), entry.At);
    }

    [Fact]
    public async Task P2_it_is_idempotent()
    {
        var token = clerk.Token(app.Clock);

        for (var i = 0; i < 3; i++) await (await LogoutAsync(token)).AnswersAsync(200, LoggedOut);

        Assert.Single(await app.AuditAsync(AuditActions.SessionEnded));
    }

    [Fact]
    public async Task A_token_that_was_never_seen_before_ends_its_session_all_the_same()
    {
        await (await LogoutAsync(clerk.Token(app.Clock))).AnswersAsync(200, LoggedOut);

        Assert.Equal(401, await app.StatusOfAsync(clerk.Token(app.Clock)));
        Assert.Single(await app.AuditAsync(AuditActions.SessionMirrored));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task P5_an_expired_token_ends_its_own_session_whether_it_was_seen_or_not(bool seen)
    {
        var token = clerk.Token(app.Clock);
        var other = clerk.Token(app.Clock, session: "sess_2", change: c => c["exp"] = (long)c["iat"]! + 3600);
        if (seen) Assert.Equal(200, await app.StatusOfAsync(token));
        Assert.Equal(200, await app.StatusOfAsync(other));
        app.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(401, await app.StatusOfAsync(token));

        await (await LogoutAsync(token)).AnswersAsync(200, LoggedOut);

        Assert.Equal(401, await app.StatusOfAsync(clerk.Token(app.Clock, change: SignedInLongAgo)));
        Assert.Equal(200, await app.StatusOfAsync(other));
        Assert.Single(await app.AuditAsync(AuditActions.SessionEnded));
    }

    [Fact]
    public async Task P5_a_failed_authentication_is_answered_200_ends_nothing_and_is_recorded()
    {
        var good = clerk.Token(app.Clock);
        Assert.Equal(200, await app.StatusOfAsync(good));

        await (await app.Client().DeleteAsync("v1/auth/session")).AnswersAsync(200, LoggedOut);
        foreach (var bad in new[] { "garbage", Client.Forged(good), clerk.Token(app.Clock, change: c => c["iss"] = "https://other.example") })
            await (await LogoutAsync(bad)).AnswersAsync(200, LoggedOut);

        Assert.Equal(200, await app.StatusOfAsync(good));
        Assert.Equal(4, (await app.AuditAsync(AuditActions.LogoutRefused)).Count);
        Assert.Empty(await app.AuditAsync(AuditActions.SessionEnded));
    }

    [Fact]
    public async Task Failed_authentications_are_recorded_ten_times_a_minute_then_counted()
    {
        for (var i = 0; i < 25; i++) await (await LogoutAsync("garbage")).AnswersAsync(200, LoggedOut);
        await app.Services.GetRequiredService<FailureAudit>().WriteCountsAsync(everything: true);

        Assert.Equal(10, (await app.AuditAsync(AuditActions.LogoutRefused)).Count);
        Assert.Equal(15, (await app.AuditAsync(AuditActions.FailuresCounted)).Sum(e => e.Count));
    }

    [Fact]
    public async Task An_accounts_own_token_is_as_good_a_proof_of_its_session()
    {
        var ada = await app.SignUpAsync("ada@example.com");

        await (await LogoutAsync(ada.AccessToken)).AnswersAsync(200, LoggedOut);

        Assert.Equal(401, await app.StatusOfAsync(ada.AccessToken));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task P2_with_neither_ledger_nor_journal_it_warns_that_nothing_was_recorded_and_raises_an_alarm(bool seen)
    {
        var token = clerk.Token(app.Clock);
        if (seen) Assert.Equal(200, await app.StatusOfAsync(token));
        using (app.TakeLedgerAndJournalAway())
        {
            await (await LogoutAsync(token)).AnswersAsync(
                200,
                """{"success":true,"message":"Logged out successfully","warning":"This logout was not recorded: the token stays valid until 2027-03-01T12:01:00Z. Log out again when the server has recovered."}""");
        }

        Assert.Single(app.Log.All, line => line.StartsWith("Critical", StringComparison.Ordinal) && line.Contains(" 1701:", StringComparison.Ordinal));
        await app.RecoverAsync();
        Assert.Equal(200, await app.StatusOfAsync(token));
        await (await LogoutAsync(token)).AnswersAsync(200, LoggedOut);
        Assert.Equal(401, await app.StatusOfAsync(token));
    }

    [Fact]
    public async Task P1_the_ending_survives_a_restart()
    {
        var token = clerk.Token(app.Clock);
        await (await LogoutAsync(token)).AnswersAsync(200, LoggedOut);

        await app.RestartAsync();

        Assert.Equal(401, await app.StatusOfAsync(token));
    }

    private static void SignedInLongAgo(Dictionary<string, object?> claims) => claims["fva"] = new[] { 10, -1 };

    private Task<HttpResponseMessage> LogoutAsync(string token) => app.Client(token).DeleteAsync("v1/auth/session");

    private async Task<Session> MirroredAsync(string sid) => (await app.Ledger.Reads.FindSessionByOutsideIdAsync(OutsideIssuer.Issuer, sid, CancellationToken.None))!.Session;
}
