using Exeunt.Audit;
using Exeunt.Protocol.Revocations;
using Exeunt.Tests.Contracts;
using Exeunt.Tests.Feed;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.OAuth;

public sealed class RevocationTests : IAsyncLifetime
{
    private ExeuntApp app = null!;

    public async ValueTask InitializeAsync()
    {
        app = await ExeuntApp.StartAsync();
        await app.AddAccountAsync("ada@example.com");
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    [Theory]
    [InlineData("refresh", null)]
    [InlineData("refresh", "refresh_token")]
    [InlineData("refresh", "access_token")]
    [InlineData("refresh", "of my own making")]
    [InlineData("access", null)]
    [InlineData("access", "access_token")]
    [InlineData("access", "refresh_token")]
    public async Task REV_1_REV_2_REV_7_a_token_of_any_kind_ends_its_session_whatever_the_hint(string kind, string? hint)
    {
        var (ada, other) = (await app.SignInAsync("ada@example.com"), await app.SignInAsync("ada@example.com"));

        using var response = await RevokeAsync(kind == "refresh" ? ada.RefreshToken : ada.AccessToken, "default", hint);

        Assert.Equal((200, ""), ((int)response.StatusCode, await response.Content.ReadAsStringAsync()));
        Assert.False(await app.OpensAsync(ada.AccessToken));
        Assert.False(await app.RefreshesAsync(ada.RefreshToken));
        Assert.True(await app.OpensAsync(other.AccessToken));
        var entry = Assert.Single(await app.AuditAsync("session_ended"));
        Assert.Equal((ada.Session, ada.User, EndReason.User), (entry.Session, entry.By.User, entry.Reason));
    }

    [Fact]
    public async Task REV_9_an_expired_access_token_still_ends_its_session()
    {
        var ada = await app.SignInAsync("ada@example.com");
        app.Clock.Advance(TimeSpan.FromHours(1));
        Assert.False(await app.OpensAsync(ada.AccessToken));

        using var response = await RevokeAsync(ada.AccessToken, "default");

        Assert.Equal(200, (int)response.StatusCode);
        Assert.False(await app.RefreshesAsync(ada.RefreshToken));
    }

    [Fact]
    public async Task REV_1_what_is_unknown_damaged_or_ended_before_is_200_and_ends_nothing()
    {
        var (ada, ended) = (await app.SignInAsync("ada@example.com"), await app.SignInAsync("ada@example.com"));
        (await RevokeAsync(ended.RefreshToken, "default")).Dispose();

        foreach (var token in new[] { "x", "exr_x", ended.RefreshToken, ended.AccessToken, Client.Forged(ada.AccessToken), ada.RefreshToken[..^1], ada.Session.ToString(), new string('a', 9000) })
        {
            using var response = await RevokeAsync(token, "default");
            Assert.Equal((200, ""), ((int)response.StatusCode, await response.Content.ReadAsStringAsync()));
        }

        Assert.True(await app.OpensAsync(ada.AccessToken));
        Assert.Single(await app.AuditAsync("session_ended"));
    }

    [Fact]
    public async Task REV_4_a_token_of_another_client_is_left_alone_and_both_attempts_are_recorded()
    {
        var (orders, billing) = (await FeedReader.AddClientAsync(app, "orders", []), await FeedReader.AddClientAsync(app, "billing", []));
        var ada = await app.SignInAsync("ada@example.com", client: orders.Id);

        foreach (var token in new[] { ada.RefreshToken, ada.AccessToken })
        {
            using var guess = await RevokeAsync(token, "default");
            Assert.Equal((200, ""), ((int)guess.StatusCode, await guess.Content.ReadAsStringAsync()));
            await (await app.FormAsync("revoke", billing, ("token", token))).ErrorAsync(400, "invalid_request");
        }

        Assert.True(await app.OpensAsync(ada.AccessToken));
        var recorded = await app.AuditAsync("logout_refused");
        Assert.Equal(4, recorded.Count);
        Assert.All(recorded, entry => Assert.Equal((ada.Session, "token of another client"), (entry.Session, entry.Detail)));
        Assert.Equal(["default", billing.Id], recorded.Select(entry => entry.Client).Distinct());

        using var own = await app.FormAsync("revoke", orders, ("token", ada.AccessToken));
        Assert.Equal(200, (int)own.StatusCode);
        Assert.False(await app.OpensAsync(ada.AccessToken));
    }

    [Fact]
    public async Task P8_repeated_revocations_of_an_ended_session_are_recorded_ten_times_a_minute_then_counted()
    {
        var ada = await app.SignInAsync("ada@example.com");
        for (var i = 0; i < 25; i++)
        {
            using var response = await RevokeAsync(ada.RefreshToken, "default");
            Assert.Equal(200, (int)response.StatusCode);
        }

        await app.Services.GetRequiredService<FailureAudit>().WriteCountsAsync(everything: true);

        Assert.Single(await app.AuditAsync("session_ended"));
        var recorded = await app.AuditAsync("logout_recorded");
        Assert.Equal(FailureAudit.RecordedEach + 1, recorded.Count); // one by the door itself
        Assert.Equal(24, recorded.Count + Assert.Single(await app.AuditAsync("failures_counted")).Count);

        var other = await FeedReader.AddClientAsync(app, "billing", []);
        await (await app.FormAsync("revoke", other, ("token", ada.RefreshToken))).ErrorAsync(400, "invalid_request");
    }

    [Fact]
    public async Task An_older_generation_ends_its_session_and_is_flagged()
    {
        var ada = await app.SignInAsync("ada@example.com");
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True(await app.RefreshesAsync(ada.RefreshToken));

        (await RevokeAsync(ada.RefreshToken, "default")).Dispose();

        Assert.Equal("stale_credential", Assert.Single(await app.AuditAsync("session_ended")).Detail);
    }

    [Theory]
    [InlineData("refresh")]
    [InlineData("access")]
    public async Task REV_6_a_ledger_that_is_away_is_503_and_never_200(string kind)
    {
        var ada = await app.SignInAsync("ada@example.com");
        await app.Ledger.DisposeAsync();

        using var response = await RevokeAsync(kind == "refresh" ? ada.RefreshToken : ada.AccessToken, "default");

        Assert.Equal(TimeSpan.FromSeconds(1), response.Headers.RetryAfter?.Delta);
        await response.ErrorAsync(503, "temporarily_unavailable");
    }

    private Task<HttpResponseMessage> RevokeAsync(string token, string client, string? hint = null) =>
        app.FormAsync("revoke", null, [("token", token), ("client_id", client), .. hint is null ? Array.Empty<(string, string)>() : [("token_type_hint", hint)]]);
}
