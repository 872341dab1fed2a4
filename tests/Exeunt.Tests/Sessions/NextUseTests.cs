using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Keys;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Tests.OAuth;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.Sessions;

/// <summary>P1: whichever way a session ends, its access token is refused on its very next use, and its refresh token with it.</summary>
public sealed class NextUseTests : IAsyncLifetime
{
    private const string Ada = "ada@example.com";
    private const int PerAccount = 3;

    // Shorter than an access token lives by itself.
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Absolute = TimeSpan.FromMinutes(14);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private static readonly Dictionary<string, Func<NextUseTests, SignedIn, Task<HttpResponseMessage>>> Ways = new()
    {
        ["here"] = (t, ada) => t.As(ada).DeleteAsync("api/v1/sessions/current"),
        ["from another device"] = async (t, ada) => await t.As(await t.app.SignInAsync(Ada)).DeleteAsync($"api/v1/sessions/{ada.Session}"),
        ["all but that other device"] = async (t, _) => await t.As(await t.app.SignInAsync(Ada)).DeleteAsync("api/v1/sessions/others"),
        ["all"] = (t, ada) => t.As(ada).DeleteAsync("api/v1/sessions"),
        ["refresh-token contract"] = (t, ada) => t.app.Client().PostAsync("api/v1/auth/logout", new { refresh_token = ada.RefreshToken }),
        ["logout-all"] = (t, ada) => t.As(ada).PostAsync("api/v1/auth/logout-all", null),
        ["template contract"] = (t, ada) => t.As(ada).PostAsync("api/auth/logout", null),
        ["audit contract"] = (t, ada) => t.As(ada).PostAsync("auth/logout", null),
        ["provider contract"] = (t, ada) => t.As(ada).DeleteAsync("v1/auth/session"),
        ["OAuth revocation"] = (t, ada) => t.app.FormAsync("revoke", null, ("token", ada.RefreshToken), ("client_id", "default")),
        ["another password"] = async (t, _) => await t.As(await t.app.SignInAsync(Ada)).PutAsync(
            "api/v1/users/me/password", Json.Body(new { current_password = ExeuntApp.Password, new_password = "silver-meadow-tricycle-8" })),
        ["a password by the operator"] = async (t, ada) =>
        {
            await t.app.Services.GetRequiredService<ResetPassword>().HandleAsync(ada.User, "silver-meadow-tricycle-8", CancellationToken.None);
            return new();
        },
        ["admin: session"] = (t, ada) => t.ByAdminAsync("endings", new { scope = "session", session = ada.Session.ToString() }),
        ["admin: user"] = (t, ada) => t.ByAdminAsync("endings", new { scope = "user", user = ada.User.ToString() }),
        ["admin: client"] = (t, _) => t.ByAdminAsync("endings", new { scope = "client", client = "default" }),
        ["admin: issuer"] = (t, _) => t.ByAdminAsync("endings", new { scope = "issuer", issuer = ExeuntApp.Issuer }),
        ["admin: everyone"] = (t, _) => t.ByAdminAsync("endings", new { scope = "everyone" }),
        ["account disabled"] = (t, ada) => t.ByAdminAsync($"accounts/{ada.User}/disable", new { }),
        ["account erased"] = (t, ada) => t.ByAdminAsync($"accounts/{ada.User}/erase", new { }),
        ["a stolen token"] = async (t, ada) =>
        {
            await t.TurnAsync((await t.TurnAsync(ada.RefreshToken)).RefreshToken);
            using var copy = await t.app.Client().PostAsync("api/v1/auth/refresh", new { refresh_token = ada.RefreshToken });
            Assert.Equal(401, (int)copy.StatusCode);
            return new();
        },
        ["too many sessions"] = async (t, _) =>
        {
            for (var i = 0; i < PerAccount; i++)
            {
                t.app.Clock.Advance(Tick); // of sessions of one millisecond none is the oldest
                await t.app.SignInAsync(Ada);
            }

            return new();
        },
        ["operator: session"] = (t, ada) => t.ByOperatorAsync(new EndScope.OneSession(ada.Session), EndReason.Admin),
        ["operator: everyone"] = (t, _) => t.ByOperatorAsync(new EndScope.Everyone(), EndReason.Everyone),
        ["idle for too long"] = (t, _) =>
        {
            t.app.Clock.Advance(Idle + Tick);
            return Task.FromResult<HttpResponseMessage>(new());
        },
        ["its absolute end"] = async (t, ada) =>
        {
            t.app.Clock.Advance(Idle - TimeSpan.FromMinutes(1));
            var newest = await t.TurnAsync(ada.RefreshToken); // in use all the time
            Assert.True(await t.app.OpensAsync(newest.AccessToken));
            t.app.Clock.Advance(Absolute - Idle + TimeSpan.FromMinutes(1)); // not idle for long
            Assert.False(await t.app.OpensAsync(newest.AccessToken));
            Assert.False(await t.app.RefreshesAsync(newest.RefreshToken));
            return new();
        },
    };

    private ExeuntApp app = null!;

    public static TheoryData<string> Names => [.. Ways.Keys];

    public async ValueTask InitializeAsync() => app = await ExeuntApp.StartAsync(
        ("Sessions:PerAccount", $"{PerAccount}"), ("Sessions:IdleTimeout", $"{Idle}"), ("Sessions:AbsoluteLifetime", $"{Absolute}"));

    public ValueTask DisposeAsync() => app.DisposeAsync();

    [Theory]
    [MemberData(nameof(Names))]
    public async Task P1_an_access_token_is_refused_on_its_very_next_use_whichever_way_its_session_ended(string way)
    {
        var ada = await app.SignUpAsync(Ada);
        Assert.True(await app.OpensAsync(ada.AccessToken));

        using (var answer = await Ways[way](this, ada)) Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}");

        Assert.False(await app.OpensAsync(ada.AccessToken));
        Assert.False(await app.RefreshesAsync(ada.RefreshToken));
    }

    [Fact]
    public async Task P1_an_access_token_is_refused_on_its_very_next_use_when_its_key_is_revoked_and_its_session_goes_on()
    {
        var ada = await app.SignUpAsync(Ada);
        Assert.True(await app.OpensAsync(ada.AccessToken));

        var revocation = await app.Services.GetRequiredService<RevokeKey>().HandleAsync(app.Services.GetRequiredService<KeyRing>().Signing.Current.KeyId, Actor.Operator);
        Assert.True(revocation!.Expires > app.Clock.GetUtcNow().AddYears(5)); // whoever has the key writes the expiry of a token themselves

        Assert.False(await app.OpensAsync(ada.AccessToken));
        Assert.True(await app.OpensAsync((await TurnAsync(ada.RefreshToken)).AccessToken));
    }

    private HttpClient As(SignedIn person) => app.Client(person.AccessToken);

    private async Task<HttpResponseMessage> ByAdminAsync(string path, object body)
    {
        var root = await app.SignUpAsync("root@example.com", ExeuntApp.Password, User.AdminRole);
        return await As(root).PostAsync("api/v1/admin/" + path, body);
    }

    // As the commands do it.
    private async Task<HttpResponseMessage> ByOperatorAsync(EndScope scope, EndReason reason)
    {
        Assert.IsType<EndOutcome.Ended>(await app.Services.GetRequiredService<Revoker>().EndAsync(new() { Scope = scope, By = Actor.Operator, Reason = reason, From = Origin.Here }));
        return new();
    }

    private async Task<SignedIn> TurnAsync(string refreshToken)
    {
        app.Clock.Advance(TimeSpan.FromSeconds(31));
        using var refreshed = await app.Client().PostAsync("api/v1/auth/refresh", new { refresh_token = refreshToken });
        return SignedIn.Of(await refreshed.JsonAsync(200));
    }
}
