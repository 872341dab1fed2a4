using Exeunt.Keys;
using Exeunt.Protocol.Jose;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.Contracts;

/// <summary>STANDARDS §0 over HTTP: a token opens and ends only what its own kind is for.</summary>
public sealed class TokenKindMatrixTests : IAsyncLifetime
{
    private OutsideIssuer clerk = null!;
    private ExeuntApp app = null!;

    public static TheoryData<string> Kinds => ["access", "refresh", "outside", "outside logout token", "checkpoint", "plain JWT of ours", "session id"];

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

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Only_access_tokens_and_session_tokens_of_providers_are_bearers(string kind)
    {
        var (token, _) = await TokenAsync(kind);
        Assert.Equal(kind is "access" or "outside" ? 200 : 401, await app.StatusOfAsync(token));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Only_refresh_tokens_refresh_and_log_out_by_body(string kind)
    {
        var (token, ada) = await TokenAsync(kind);
        var expected = kind is "refresh" ? 200 : 401;

        using var refresh = await app.Client().PostAsync("api/v1/auth/refresh", new { refresh_token = token });
        Assert.Equal(expected, (int)refresh.StatusCode);
        using var logout = await app.Client().PostAsync("api/v1/auth/logout", new { refresh_token = token });
        Assert.Equal(expected, (int)logout.StatusCode);
        Assert.Equal(kind is "refresh" ? 401 : 200, await app.StatusOfAsync(ada.AccessToken));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Contracts_that_never_refuse_end_nothing_for_other_kinds(string kind)
    {
        var (token, ada) = await TokenAsync(kind);

        using var template = await app.Client(token).PostAsync("api/auth/logout", null);
        using var provider = await app.Client(token).DeleteAsync("v1/auth/session");

        Assert.Equal((200, 200), ((int)template.StatusCode, (int)provider.StatusCode));
        Assert.Equal(kind is "access" ? 401 : 200, await app.StatusOfAsync(ada.AccessToken));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Contracts_by_bearer_refuse_other_kinds(string kind)
    {
        var (token, ada) = await TokenAsync(kind);
        var (other, _) = await TokenAsync(kind);

        using var audit = await app.Client(token).PostAsync("auth/logout", null);
        using var all = await app.Client(other).PostAsync("api/v1/auth/logout-all", null);

        var expected = kind is "access" or "outside" ? 200 : 401;
        Assert.Equal((expected, expected), ((int)audit.StatusCode, (int)all.StatusCode));
        Assert.Equal(kind is "access" ? 401 : 200, await app.StatusOfAsync(ada.AccessToken));
    }

    private async Task<(string Token, SignedIn Ada)> TokenAsync(string kind)
    {
        if (await app.Ledger.Reads.FindUserByEmailAsync(Exeunt.Accounts.User.Normalize("ada@example.com"), CancellationToken.None) is null)
            await app.AddAccountAsync("ada@example.com");
        var ada = await app.SignInAsync("ada@example.com");
        var now = app.Clock.GetUtcNow().ToUnixTimeSeconds();
        var key = app.Services.GetRequiredService<SigningKeys>().Current;
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
                json.WriteString("iss", ExeuntApp.Issuer);
                json.WriteString("aud", "exeunt");
                json.WriteString("sub", ada.User.ToString());
                json.WriteString("sid", ada.Session.ToString());
                json.WriteString("client_id", "default");
                json.WriteString("jti", "1");
                json.WriteNumber("iat", now);
                json.WriteNumber("exp", now + 60);
            }),
            "session id" => ada.Session.ToString(),
            _ => throw new ArgumentException(kind, nameof(kind)),
        };
        return (token, ada);
    }
}
