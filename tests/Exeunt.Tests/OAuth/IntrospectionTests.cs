using System.Text.Json;
using Exeunt.Tests.Feed;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.OAuth;

public sealed class IntrospectionTests : IAsyncLifetime
{
    private ExeuntApp app = null!;
    private (string Id, string Secret) client;

    public async ValueTask InitializeAsync()
    {
        app = await ExeuntApp.StartAsync();
        await app.AddAccountAsync("ada@example.com", ExeuntApp.Password, "admin");
        client = await FeedReader.AddClientAsync(app, "gateway", ["introspect"]);
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    [Theory]
    [InlineData(null)]
    [InlineData("refresh_token")]
    public async Task INT_2_an_access_token_is_described_field_by_field(string? hint)
    {
        var now = app.Clock.GetUtcNow().ToUnixTimeSeconds();
        var ada = await app.SignInAsync("ada@example.com", client: "web");

        var answer = await AskAsync(ada.AccessToken, hint);

        Assert.Equal(["active", "iss", "sub", "aud", "client_id", "token_type", "iat", "exp", "jti", "sid", "auth_time", "amr", "roles"], answer.Members());
        Assert.True(answer.GetProperty("active").GetBoolean());
        Assert.Equal(ExeuntApp.Issuer, answer.GetProperty("iss").GetString());
        Assert.Equal(ada.User.ToString(), answer.GetProperty("sub").GetString());
        Assert.Equal(["exeunt"], answer.GetProperty("aud").EnumerateArray().Select(a => a.GetString()));
        Assert.Equal("web", answer.GetProperty("client_id").GetString());
        Assert.Equal("Bearer", answer.GetProperty("token_type").GetString());
        Assert.Equal((now, now + 900), (answer.GetProperty("iat").GetInt64(), answer.GetProperty("exp").GetInt64()));
        Assert.NotEqual("", answer.GetProperty("jti").GetString());
        Assert.Equal(ada.Session.ToString(), answer.GetProperty("sid").GetString());
        Assert.Equal(now, answer.GetProperty("auth_time").GetInt64());
        Assert.Equal(["pwd"], answer.GetProperty("amr").EnumerateArray().Select(a => a.GetString()));
        Assert.Equal(["admin"], answer.GetProperty("roles").EnumerateArray().Select(a => a.GetString()));
    }

    [Fact]
    public async Task INT_2_a_refresh_token_is_described_and_does_not_turn()
    {
        var ada = await app.SignInAsync("ada@example.com");
        app.Clock.Advance(TimeSpan.FromMinutes(1));

        var answer = await AskAsync(ada.RefreshToken, "access_token");

        Assert.Equal(["active", "iss", "sub", "client_id", "exp", "sid", "auth_time", "amr"], answer.Members());
        Assert.Equal((true, ada.Session.ToString()), (answer.GetProperty("active").GetBoolean(), answer.GetProperty("sid").GetString()));
        var row = (await app.Ledger.Reads.FindSessionAsync(ada.Session, CancellationToken.None))!.Session;
        Assert.Equal((0u, row.ExpiresAt.ToUnixTimeSeconds()), (row.Generations.Current, answer.GetProperty("exp").GetInt64()));
    }

    [Fact]
    public async Task INT_3_INT_6_of_a_token_that_is_not_alive_nothing_else_is_said()
    {
        var (ended, expired) = (await app.SignInAsync("ada@example.com"), await app.SignInAsync("ada@example.com"));
        Assert.True((await AskAsync(ended.AccessToken)).GetProperty("active").GetBoolean()); // and is remembered as verified
        using (var logout = await app.Client(ended.AccessToken).DeleteAsync("api/v1/sessions/current")) await logout.JsonAsync(200);
        foreach (var token in new[] { ended.AccessToken, ended.RefreshToken, "x", "exr_", expired.AccessToken[..^2], new string('x', 9000) }) await NothingIsSaidAsync(token);

        app.Clock.Advance(TimeSpan.FromMinutes(16));
        await NothingIsSaidAsync(expired.AccessToken);
        app.Clock.Advance(TimeSpan.FromDays(8)); // idle
        await NothingIsSaidAsync(expired.RefreshToken);
    }

    [Fact]
    public async Task INT_6_a_replaced_generation_is_not_alive_and_the_session_of_a_copy_lives_on()
    {
        var ada = await app.SignInAsync("ada@example.com");
        var newest = ada.RefreshToken;
        for (var turn = 0; turn < 2; turn++)
        {
            app.Clock.Advance(TimeSpan.FromMinutes(1));
            using var turned = await app.Client().PostAsync("api/v1/auth/refresh", new { refresh_token = newest });
            newest = (await turned.JsonAsync(200)).GetProperty("refresh_token").GetString()!;
        }

        await NothingIsSaidAsync(ada.RefreshToken);

        Assert.True((await AskAsync(newest)).GetProperty("active").GetBoolean()); // asking is no use of it: nothing ends
        Assert.True(await app.OpensAsync(ada.AccessToken));
    }

    [Fact]
    public async Task INT_1_asking_needs_a_registered_client_with_the_scope()
    {
        var ada = await app.SignInAsync("ada@example.com");
        var idle = await FeedReader.AddClientAsync(app, "idle", ["feed"]);

        await (await app.FormAsync("introspect", idle, ("token", ada.AccessToken))).ErrorAsync(403, "unauthorized_client");
        await (await app.FormAsync("introspect", null, ("token", ada.AccessToken), ("client_id", "default"))).ErrorAsync(401, "invalid_client");
        await (await app.FormAsync("introspect", client)).ErrorAsync(400, "invalid_request");
        using var feed = await FeedReader.AskAsync(app, client);
        Assert.Equal(403, (int)feed.StatusCode); // nor does its scope open anything else
    }

    private async Task NothingIsSaidAsync(string token)
    {
        using var response = await app.FormAsync("introspect", client, ("token", token));
        Assert.Equal((200, "{\"active\":false}"), ((int)response.StatusCode, await response.Content.ReadAsStringAsync()));
    }

    private async Task<JsonElement> AskAsync(string token, string? hint = null)
    {
        using var response = await app.FormAsync("introspect", client, [("token", token), .. hint is null ? Array.Empty<(string, string)>() : [("token_type_hint", hint)]]);
        Assert.Equal(("application/json", "no-store"), (response.Content.Headers.ContentType?.MediaType, response.Headers.CacheControl?.ToString()));
        return await response.JsonAsync(200);
    }
}
