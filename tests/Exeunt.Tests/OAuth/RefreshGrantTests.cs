using Exeunt.Protocol.Revocations;
using Exeunt.Tests.Feed;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.OAuth;

public sealed class RefreshGrantTests : IAsyncLifetime
{
    private ExeuntApp app = null!;

    public async ValueTask InitializeAsync()
    {
        app = await ExeuntApp.StartAsync();
        await app.AddAccountAsync("ada@example.com");
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    [Fact]
    public async Task BRR_8_RT_4_a_refresh_turns_the_token_and_answers_in_the_form_of_the_standard()
    {
        var ada = await app.SignInAsync("ada@example.com");
        app.Clock.Advance(TimeSpan.FromMinutes(1));

        using var response = await RefreshAsync(ada.RefreshToken, "default");

        var answer = await response.JsonAsync(200);
        Assert.Equal(["access_token", "token_type", "expires_in", "refresh_token"], answer.Members());
        Assert.Equal(("Bearer", 900), (answer.GetProperty("token_type").GetString(), answer.GetProperty("expires_in").GetInt64()));
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(("no-store", "no-cache"), (response.Headers.CacheControl?.ToString(), response.Headers.Pragma.ToString()));
        Assert.NotEqual(ada.RefreshToken, answer.GetProperty("refresh_token").GetString());
        Assert.True(await app.OpensAsync(answer.GetProperty("access_token").GetString()!));
        Assert.True(await app.RefreshesAsync(answer.GetProperty("refresh_token").GetString()!));
    }

    [Fact]
    public async Task RT_2_a_registered_client_authenticates_and_nobody_else_refreshes_its_sessions()
    {
        var (orders, billing) = (await FeedReader.AddClientAsync(app, "orders", []), await FeedReader.AddClientAsync(app, "billing", []));
        var ada = await app.SignInAsync("ada@example.com", client: orders.Id);

        await (await RefreshAsync(ada.RefreshToken, "default")).ErrorAsync(400, "invalid_grant");
        await (await RefreshAsync(ada.RefreshToken, orders.Id)).ErrorAsync(401, "invalid_client");
        await (await app.FormAsync("token", billing, ("grant_type", "refresh_token"), ("refresh_token", ada.RefreshToken))).ErrorAsync(400, "invalid_grant");
        using var own = await app.FormAsync("token", orders, ("grant_type", "refresh_token"), ("refresh_token", ada.RefreshToken), ("client_id", orders.Id));

        await own.JsonAsync(200);
    }

    [Theory]
    [InlineData("password")]
    [InlineData("authorization_code")]
    [InlineData("client_credentials")]
    [InlineData("urn:ietf:params:oauth:grant-type:token-exchange")]
    [InlineData("Refresh_Token")]
    public async Task RT_14_there_is_no_other_grant(string grant) =>
        await (await app.FormAsync("token", null, ("grant_type", grant), ("client_id", "default"), ("username", "ada@example.com"), ("password", ExeuntApp.Password)))
            .ErrorAsync(400, "unsupported_grant_type");

    [Fact]
    public async Task What_is_missing_is_an_invalid_request_and_a_scope_is_none()
    {
        var ada = await app.SignInAsync("ada@example.com");

        await (await app.FormAsync("token", null, ("client_id", "default"), ("refresh_token", ada.RefreshToken))).ErrorAsync(400, "invalid_request");
        await (await app.FormAsync("token", null, ("client_id", "default"), ("grant_type", "refresh_token"))).ErrorAsync(400, "invalid_request");
        await (await app.FormAsync("token", null, ("client_id", "default"), ("grant_type", "refresh_token"), ("refresh_token", ada.RefreshToken), ("scope", "admin")))
            .ErrorAsync(400, "invalid_scope"); // RT-10
    }

    [Fact]
    public async Task RT_5_BRR_10_a_copy_ends_the_session_and_is_told_no_more_than_any_other_token()
    {
        var ada = await app.SignInAsync("ada@example.com");
        var newest = ada.RefreshToken;
        for (var turn = 0; turn < 2; turn++)
        {
            app.Clock.Advance(TimeSpan.FromMinutes(1));
            using var turned = await RefreshAsync(newest, "default");
            newest = (await turned.JsonAsync(200)).GetProperty("refresh_token").GetString()!;
        }

        await (await RefreshAsync(ada.RefreshToken, "default")).ErrorAsync(400, "invalid_grant");

        await (await RefreshAsync(newest, "default")).ErrorAsync(400, "invalid_grant");
        Assert.False(await app.OpensAsync(ada.AccessToken));
        Assert.Equal(EndReason.TokenTheft, Assert.Single(await app.AuditAsync("session_ended")).Reason);
    }

    [Fact]
    public async Task REV_6_a_ledger_that_is_away_is_503_in_the_same_form()
    {
        var ada = await app.SignInAsync("ada@example.com");
        await app.Ledger.DisposeAsync();

        using var response = await RefreshAsync(ada.RefreshToken, "default");

        Assert.Equal(TimeSpan.FromSeconds(1), response.Headers.RetryAfter?.Delta);
        await response.ErrorAsync(503, "temporarily_unavailable");
    }

    private Task<HttpResponseMessage> RefreshAsync(string token, string client) =>
        app.FormAsync("token", null, ("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", client));
}
