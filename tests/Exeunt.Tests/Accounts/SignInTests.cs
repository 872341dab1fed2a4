using Exeunt.Audit;
using Exeunt.Storage;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.Accounts;

public sealed class SignInTests
{
    private const string Path = "api/v1/auth/login";

    [Fact]
    public async Task Signing_in_answers_with_tokens_and_the_account()
    {
        await using var app = await ExeuntApp.StartAsync();
        var user = await app.AddAccountAsync("ada@example.com");

        using var response = await app.Client().PostAsync(Path, new { email = "ada@example.com", password = ExeuntApp.Password });

        var answer = await response.JsonAsync(200);
        Assert.Equal(["access_token", "refresh_token", "token_type", "expires_in", "session_id", "user"], answer.EnumerateObject().Select(m => m.Name));
        Assert.Equal("Bearer", answer.GetProperty("token_type").GetString());
        Assert.Equal(900, answer.GetProperty("expires_in").GetInt32());
        Assert.StartsWith("exr_", answer.GetProperty("refresh_token").GetString());
        Assert.Equal(user.Id.ToString(), answer.GetProperty("user").GetProperty("id").GetString());
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        Assert.True(await app.OpensAsync(answer.GetProperty("access_token").GetString()!));
    }

    [Fact]
    public async Task Wrong_password_unknown_and_disabled_account_are_answered_alike()
    {
        await using var app = await ExeuntApp.StartAsync();
        await app.AddAccountAsync("ada@example.com");
        var disabled = await app.AddAccountAsync("off@example.com");
        await app.Ledger.RunAsync(async transaction =>
        {
            transaction.Update((await transaction.UserAsync(disabled.Id))! with { DisabledAt = transaction.Now });
            return true;
        });

        var answers = new List<string>();
        foreach (var (email, password) in new[] { ("ada@example.com", "wrong-one"), ("nobody@example.com", ExeuntApp.Password), ("off@example.com", ExeuntApp.Password) })
        {
            using var response = await app.Client().PostAsync(Path, new { email, password });
            var problem = await response.ProblemAsync(401, "wrong-credentials");
            answers.Add(problem.GetRawText());
        }

        Assert.Single(answers.Distinct());
        Assert.Equal(3, (await app.AuditAsync(AuditActions.SignInFailed)).Count);
    }

    [Theory]
    [InlineData("""{"password":"x"}""", "email")]
    [InlineData("""{"email":"ada@example.com"}""", "password")]
    [InlineData("""{"email":"ada@example.com","password":"x","client_id":"a b"}""", "client_id")]
    [InlineData("""{"email":"ada@example.com","password":"x","client_id":""}""", "client_id")]
    [InlineData("""{"email":"ada@example.com","password":"x","client_id":"usr_01890a5d-ac96"}""", null)]
    [InlineData("""{"email":"ada@example.com","password":"x","device_name":"a\nb"}""", "device_name")]
    public async Task A_missing_or_malformed_field_is_named(string body, string? field)
    {
        await using var app = await ExeuntApp.StartAsync();

        using var response = await app.Client().PostAsync(Path, Json.Body(body));

        if (field is null) await response.ProblemAsync(401, "wrong-credentials");
        else Assert.Equal(field, (await response.ProblemAsync(400, "invalid-field")).GetProperty("field").GetString());
    }

    [Fact]
    public async Task AT_8_a_client_cannot_have_the_id_of_a_user()
    {
        await using var app = await ExeuntApp.StartAsync();
        var user = await app.AddAccountAsync("ada@example.com");

        using var response = await app.Client().PostAsync(Path, new { email = "ada@example.com", password = ExeuntApp.Password, client_id = user.Id.ToString() });

        Assert.Equal("client_id", (await response.ProblemAsync(400, "invalid-field")).GetProperty("field").GetString());
    }

    [Fact]
    public async Task Refresh_answers_in_the_same_shape_and_every_wrong_token_with_401()
    {
        await using var app = await ExeuntApp.StartAsync();
        var ada = await app.SignUpAsync("ada@example.com");
        app.Clock.Advance(TimeSpan.FromMinutes(1));

        using var response = await app.Client().PostAsync("api/v1/auth/refresh", new { refresh_token = ada.RefreshToken });
        var next = SignedIn.Of(await response.JsonAsync(200));

        Assert.Equal(ada.Session, next.Session);
        Assert.NotEqual(ada.RefreshToken, next.RefreshToken);
        foreach (var wrong in new[] { "", "x", ada.AccessToken, ada.RefreshToken + "A", ada.RefreshToken[..^2] + "AA" })
        {
            using var refused = await app.Client().PostAsync("api/v1/auth/refresh", new { refresh_token = wrong });
            await refused.ProblemAsync(401, "refresh-refused");
        }

        using var missing = await app.Client().PostAsync("api/v1/auth/refresh", new { });
        Assert.Equal("refresh_token", (await missing.ProblemAsync(400, "invalid-field")).GetProperty("field").GetString());
    }

    [Fact]
    public async Task Me_is_the_account_of_the_token()
    {
        await using var app = await ExeuntApp.StartAsync();
        var ada = await app.SignUpAsync("ada@example.com");

        using var response = await app.Client(ada.AccessToken).GetAsync("api/v1/users/me");

        var me = await response.JsonAsync(200);
        Assert.Equal(ada.User.ToString(), me.GetProperty("id").GetString());
        Assert.Equal("ada@example.com", me.GetProperty("email").GetString());
        Assert.False(me.TryGetProperty("password_hash", out _));
    }
}
