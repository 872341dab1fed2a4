using Exeunt.Keys;
using Exeunt.Protocol.Jose;
using Exeunt.Sessions;
using Exeunt.Tests.Feed;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.OAuth;

/// <summary>STANDARDS §0 at the OAuth routes and at the forward-auth route: a token opens, ends and is worth only what its own kind is for.</summary>
public sealed class OAuthTokenKindTests : IAsyncLifetime
{
    private OutsideIssuer clerk = null!;
    private ExeuntApp app = null!;

    public static TheoryData<string> Kinds => ["access", "refresh", "outside", "outside logout token", "checkpoint", "plain JWT of ours", "binder", "client secret", "session id"];

    public async ValueTask InitializeAsync()
    {
        clerk = await OutsideIssuer.StartAsync();
        app = await ExeuntApp.StartAsync(clerk.Settings());
        await app.AddAccountAsync("ada@example.com");
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        await clerk.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Only_refresh_tokens_refresh(string kind)
    {
        var (token, _) = await TokenAsync(kind);
        using var response = await app.FormAsync("token", null, ("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "default"));
        Assert.Equal(kind is "refresh" ? 200 : 400, (int)response.StatusCode);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Only_tokens_that_were_issued_here_end_a_session(string kind)
    {
        var (token, ada) = await TokenAsync(kind);
        using var response = await app.FormAsync("revoke", null, ("token", token), ("client_id", "default"));
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(kind is not ("access" or "refresh"), await app.OpensAsync(ada.AccessToken));
        if (kind == "outside") Assert.True(await app.OpensAsync(token));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Only_tokens_that_were_issued_here_are_active(string kind)
    {
        var (token, _) = await TokenAsync(kind);
        using var response = await app.FormAsync("introspect", await FeedReader.AddClientAsync(app, "gateway", ["introspect"]), ("token", token));
        Assert.Equal(kind is "access" or "refresh", (await response.JsonAsync(200)).GetProperty("active").GetBoolean());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Proxies_let_bearers_pass_by_access_tokens_and_those_of_providers_and_cookies_by_refresh_tokens(string kind)
    {
        var (token, _) = await TokenAsync(kind);
        using var bearer = await app.SendAsync(HttpMethod.Get, "api/v1/auth/check", null, ("Authorization", "Bearer " + token));
        using var cookie = await app.SendAsync(HttpMethod.Get, "api/v1/auth/check", null, ("Cookie", "__Host-exeunt=" + token));
        Assert.Equal(kind is "access" or "outside" ? 200 : 401, (int)bearer.StatusCode);
        Assert.Equal(kind is "refresh" ? 200 : 401, (int)cookie.StatusCode);
    }

    private async Task<(string Token, SignedIn Ada)> TokenAsync(string kind)
    {
        var ada = await app.SignInAsync("ada@example.com");
        var key = app.Services.GetRequiredService<SigningKeys>().Current;
        var now = app.Clock.GetUtcNow().ToUnixTimeSeconds();
        var token = kind switch
        {
            "access" => ada.AccessToken,
            "refresh" => ada.RefreshToken,
            "outside" => clerk.Token(app.Clock, session: $"sess_{ada.Session}"),
            "outside logout token" => clerk.Token(app.Clock, change: c => c["events"] = new Dictionary<string, object> { ["http://schemas.openid.net/event/backchannel-logout"] = new { } }, type: "logout+jwt"),
            "checkpoint" => JwtWriter.Write(key, TokenKind.AuditCheckpoint.Type, json =>
            {
                json.WriteString("iss", ExeuntApp.Issuer);
                json.WriteNumber("iat", now);
            }),
            "plain JWT of ours" => JwtWriter.Write(key, "JWT", json =>
            {
                foreach (var (name, value) in new[] { ("iss", ExeuntApp.Issuer), ("aud", "exeunt"), ("sub", ada.User.ToString()), ("sid", ada.Session.ToString()), ("client_id", "default"), ("jti", "1") })
                    json.WriteString(name, value);
                json.WriteNumber("iat", now);
                json.WriteNumber("exp", now + 60);
            }),
            "binder" => Binder.Write(app.Services.GetRequiredService<ServerKeys>(), ada.Session),
            "client secret" => (await FeedReader.AddClientAsync(app)).Secret,
            "session id" => ada.Session.ToString(),
            _ => throw new ArgumentException(kind, nameof(kind)),
        };
        return (token, ada);
    }
}
