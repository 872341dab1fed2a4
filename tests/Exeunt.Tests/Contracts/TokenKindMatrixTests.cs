using Exeunt.Keys;
using Exeunt.Protocol.Jose;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.Contracts;

/// <summary>STANDARDS §0 over HTTP: a token opens and ends only what its own kind is for.</summary>
public sealed class TokenKindMatrixTests : WithProvider
{
    public static TheoryData<string> Kinds => ["access", "refresh", "outside", "outside logout token", "checkpoint", "plain JWT of ours", "session id"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Only_access_tokens_and_session_tokens_of_providers_are_bearers(string kind)
    {
        var (token, _) = await TokenAsync(kind);
        Assert.Equal(kind is "access" or "outside" ? 200 : 401, await App.StatusOfAsync(token));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Only_refresh_tokens_refresh_and_log_out_by_body(string kind)
    {
        var (token, ada) = await TokenAsync(kind);
        var expected = kind is "refresh" ? 200 : 401;

        using var refresh = await App.Client().PostAsync("api/v1/auth/refresh", new { refresh_token = token });
        Assert.Equal(expected, (int)refresh.StatusCode);
        using var logout = await App.Client().PostAsync("api/v1/auth/logout", new { refresh_token = token });
        Assert.Equal(expected, (int)logout.StatusCode);
        Assert.Equal(kind is "refresh" ? 401 : 200, await App.StatusOfAsync(ada.AccessToken));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Contracts_that_never_refuse_end_nothing_for_other_kinds(string kind)
    {
        var (token, ada) = await TokenAsync(kind);

        using var template = await App.Client(token).PostAsync("api/auth/logout", null);
        using var provider = await App.Client(token).DeleteAsync("v1/auth/session");

        Assert.Equal((200, 200), ((int)template.StatusCode, (int)provider.StatusCode));
        Assert.Equal(kind is "access" ? 401 : 200, await App.StatusOfAsync(ada.AccessToken));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Contracts_by_bearer_refuse_other_kinds(string kind)
    {
        var (token, ada) = await TokenAsync(kind);
        var (other, _) = await TokenAsync(kind);

        using var audit = await App.Client(token).PostAsync("auth/logout", null);
        using var all = await App.Client(other).PostAsync("api/v1/auth/logout-all", null);

        var expected = kind is "access" or "outside" ? 200 : 401;
        Assert.Equal((expected, expected), ((int)audit.StatusCode, (int)all.StatusCode));
        Assert.Equal(kind is "access" ? 401 : 200, await App.StatusOfAsync(ada.AccessToken));
    }

    private async Task<(string Token, SignedIn Ada)> TokenAsync(string kind)
    {
        if (await App.Ledger.Reads.FindUserByEmailAsync(Exeunt.Accounts.User.Normalize("ada@example.com"), CancellationToken.None) is null)
            await App.AddAccountAsync("ada@example.com");
        var ada = await App.SignInAsync("ada@example.com");
        var now = App.Clock.GetUtcNow().ToUnixTimeSeconds();
        var key = App.Services.GetRequiredService<SigningKeys>().Current;
        var token = kind switch
        {
            "access" => ada.AccessToken,
            "refresh" => ada.RefreshToken,
            "outside" => Clerk.Token(App.Clock, session: $"sess_{ada.Session}"),
            "outside logout token" => Clerk.Token(App.Clock, change: c => c["events"] = new Dictionary<string, object> { ["http://schemas.openid.net/event/backchannel-logout"] = new { } }, type: "logout+jwt"),
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
