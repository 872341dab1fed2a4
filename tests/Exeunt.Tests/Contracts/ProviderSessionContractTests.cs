using Exeunt.Audit;
using Exeunt.Guard;
using Exeunt.Jobs;
using Exeunt.Protocol.Revocations;
using Exeunt.Sessions;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.Contracts;

/// <summary>The client of the provider-session contract: an app whose users sign in at Clerk.</summary>
public sealed class ProviderSessionContractTests : WithProvider
{
    private const string LoggedOut = """{"success":true,"message":"Logged out successfully"}""";

    [Fact]
    public async Task Logout_ends_the_mirrored_session_and_closes_what_remains_of_its_tokens()
    {
        var token = Clerk.Token(App.Clock);
        var elsewhere = Clerk.Token(App.Clock, session: "sess_2");
        Assert.Equal((200, 200), (await App.StatusOfAsync(token), await App.StatusOfAsync(elsewhere)));

        await (await LogoutAsync(token)).AnswersAsync(200, LoggedOut);

        Assert.Equal(401, await App.StatusOfAsync(token));
        App.Clock.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal(401, await App.StatusOfAsync(Clerk.Token(App.Clock))); // CLK-7: Clerk was not told and mints on
        Assert.Equal(200, await App.StatusOfAsync(elsewhere));
        var entry = Assert.Single(await App.AuditAsync(AuditActions.SessionEnded));
        var session = await MirroredAsync("sess_1");
        Assert.Equal((session.User, session.Id, EndReason.User), (entry.User, entry.Session, entry.Reason));
        Assert.Equal("user_ada", (await App.Ledger.Reads.FindUserAsync(session.User, CancellationToken.None))!.Subject);
        Assert.Equal(new DateTimeOffset(2027, 3, 1, 12, 0, 0, TimeSpan.Zero), entry.At);
    }

    [Fact]
    public async Task P2_while_the_keys_of_the_provider_are_not_known_it_says_that_nothing_was_recorded()
    {
        Clerk.Answer = http =>
        {
            http.Response.StatusCode = 500;
            return Task.CompletedTask;
        };

        await (await LogoutAsync(Clerk.Token(App.Clock))).AnswersAsync(
            200, """{"success":true,"message":"Logged out successfully","warning":"This logout was not recorded. Log out again when the server has recovered."}""");

        Assert.Equal("keys of the issuer are not known yet", Assert.Single(await App.AuditAsync(AuditActions.LogoutRefused)).Detail);
    }

    [Fact]
    public async Task P2_it_is_idempotent()
    {
        var token = Clerk.Token(App.Clock);

        for (var i = 0; i < 3; i++) await (await LogoutAsync(token)).AnswersAsync(200, LoggedOut);

        Assert.Single(await App.AuditAsync(AuditActions.SessionEnded));
    }

    [Fact]
    public async Task A_token_that_was_never_seen_before_ends_its_session_all_the_same()
    {
        await (await LogoutAsync(Clerk.Token(App.Clock))).AnswersAsync(200, LoggedOut);

        Assert.Equal(401, await App.StatusOfAsync(Clerk.Token(App.Clock)));
        Assert.Single(await App.AuditAsync(AuditActions.SessionMirrored));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task P5_an_expired_token_ends_its_own_session_whether_it_was_seen_or_not(bool seen)
    {
        var token = Clerk.Token(App.Clock);
        var other = Clerk.Token(App.Clock, session: "sess_2", change: c => c["exp"] = (long)c["iat"]! + 3600);
        if (seen) Assert.Equal(200, await App.StatusOfAsync(token));
        Assert.Equal(200, await App.StatusOfAsync(other));
        App.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(401, await App.StatusOfAsync(token));

        await (await LogoutAsync(token)).AnswersAsync(200, LoggedOut);

        Assert.Equal(401, await App.StatusOfAsync(Clerk.Token(App.Clock, change: SignedInLongAgo)));
        Assert.Equal(200, await App.StatusOfAsync(other));
        Assert.Single(await App.AuditAsync(AuditActions.SessionEnded));
    }

    [Fact]
    public async Task P5_a_failed_authentication_is_answered_200_ends_nothing_and_is_recorded()
    {
        var good = Clerk.Token(App.Clock);
        Assert.Equal(200, await App.StatusOfAsync(good));

        await (await App.Client().DeleteAsync("v1/auth/session")).AnswersAsync(200, LoggedOut);
        foreach (var bad in new[] { "garbage", Client.Forged(good), Clerk.Token(App.Clock, change: c => c["iss"] = "https://other.example") })
            await (await LogoutAsync(bad)).AnswersAsync(200, LoggedOut);

        Assert.Equal(200, await App.StatusOfAsync(good));
        Assert.Equal(4, (await App.AuditAsync(AuditActions.LogoutRefused)).Count);
        Assert.Empty(await App.AuditAsync(AuditActions.SessionEnded));
    }

    [Fact]
    public async Task A_logout_of_a_session_that_only_its_row_knows_to_have_ended_is_recorded()
    {
        var (token, anothers) = (Clerk.Token(App.Clock), Clerk.Token(App.Clock, "user_bob"));
        await (await LogoutAsync(token)).AnswersAsync(200, LoggedOut);
        await App.Services.GetRequiredService<NewsReader>().CatchUpAsync(CancellationToken.None); // so that it does not bring back what is taken out here
        App.Services.GetRequiredService<RevocationIndex>().RemoveExpired(DateTimeOffset.MaxValue);
        App.Clock.Advance(TimeSpan.FromMinutes(10));

        await (await LogoutAsync(token)).AnswersAsync(200, LoggedOut);
        await (await LogoutAsync(anothers)).AnswersAsync(200, LoggedOut);

        Assert.Single(await App.AuditAsync(AuditActions.SessionEnded));
        Assert.Equal("ended session of outside", Assert.Single(await App.AuditAsync(AuditActions.LogoutRecorded)).Detail);
        Assert.Equal("session of another user", Assert.Single(await App.AuditAsync(AuditActions.LogoutRefused)).Detail);
    }

    [Fact]
    public async Task Failed_authentications_are_recorded_ten_times_a_minute_then_counted()
    {
        for (var i = 0; i < 25; i++) await (await LogoutAsync("garbage")).AnswersAsync(200, LoggedOut);
        await App.Services.GetRequiredService<FailureAudit>().WriteCountsAsync(everything: true);

        Assert.Equal(10, (await App.AuditAsync(AuditActions.LogoutRefused)).Count);
        Assert.Equal(15, (await App.AuditAsync(AuditActions.FailuresCounted)).Sum(e => e.Count));
    }

    [Fact]
    public async Task An_accounts_own_token_is_as_good_a_proof_of_its_session()
    {
        var ada = await App.SignUpAsync("ada@example.com");

        await (await LogoutAsync(ada.AccessToken)).AnswersAsync(200, LoggedOut);

        Assert.Equal(401, await App.StatusOfAsync(ada.AccessToken));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task P2_with_neither_ledger_nor_journal_it_warns_that_nothing_was_recorded_and_raises_an_alarm(bool seen)
    {
        var token = Clerk.Token(App.Clock);
        if (seen) Assert.Equal(200, await App.StatusOfAsync(token));
        using (App.TakeLedgerAndJournalAway())
        {
            await (await LogoutAsync(token)).AnswersAsync(
                200,
                """{"success":true,"message":"Logged out successfully","warning":"This logout was not recorded: the token stays valid until 2027-03-01T12:01:00Z. Log out again when the server has recovered."}""");
        }

        Assert.Single(App.Log.All, line => line.StartsWith("Critical", StringComparison.Ordinal) && line.Contains(" 1701:", StringComparison.Ordinal));
        await App.RecoverAsync();
        Assert.Equal(200, await App.StatusOfAsync(token));
        await (await LogoutAsync(token)).AnswersAsync(200, LoggedOut);
        Assert.Equal(401, await App.StatusOfAsync(token));
    }

    [Fact]
    public async Task P1_the_ending_survives_a_restart()
    {
        var token = Clerk.Token(App.Clock);
        await (await LogoutAsync(token)).AnswersAsync(200, LoggedOut);

        await App.RestartAsync();

        Assert.Equal(401, await App.StatusOfAsync(token));
    }

    private static void SignedInLongAgo(Dictionary<string, object?> claims) => claims["fva"] = new[] { 10, -1 };

    private Task<HttpResponseMessage> LogoutAsync(string token) => App.Client(token).DeleteAsync("v1/auth/session");

    private async Task<Session> MirroredAsync(string sid) => (await App.Ledger.Reads.FindSessionByOutsideIdAsync(OutsideIssuer.Issuer, sid, CancellationToken.None))!.Session;
}
