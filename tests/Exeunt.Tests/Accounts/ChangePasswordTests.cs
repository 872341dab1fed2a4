using Exeunt.Audit;
using Exeunt.Protocol.Revocations;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Accounts;

public sealed class ChangePasswordTests
{
    private const string Path = "api/v1/users/me/password";
    private const string New = "silver-meadow-tricycle-8";

    [Fact]
    public async Task ASVS_7_4_3_a_new_password_ends_the_other_sessions_and_spares_this_one()
    {
        await using var app = await ExeuntApp.StartAsync();
        var here = await app.SignUpAsync("ada@example.com");
        var (phone, laptop) = (await app.SignInAsync("ada@example.com"), await app.SignInAsync("ada@example.com"));

        using var response = await ChangeAsync(app, here.AccessToken, ExeuntApp.Password, New);

        var answer = await response.JsonAsync(200);
        Assert.Equal(2, answer.GetProperty("ended").GetInt64());
        Assert.True(await app.OpensAsync(here.AccessToken));
        Assert.False(await app.OpensAsync(phone.AccessToken));
        Assert.False(await app.OpensAsync(laptop.AccessToken));
        using var refresh = await app.Client().PostAsync("api/v1/auth/refresh", new { refresh_token = phone.RefreshToken });
        await refresh.ProblemAsync(401, "refresh-refused");

        using var old = await app.Client().PostAsync("api/v1/auth/login", new { email = "ada@example.com", password = ExeuntApp.Password });
        await old.ProblemAsync(401, "wrong-credentials");
        await app.SignInAsync("ada@example.com", New);

        var ended = Assert.Single(await app.AuditAsync(AuditActions.SessionsEnded));
        Assert.Equal(EndReason.PasswordChanged, ended.Reason);
        var changed = Assert.Single(await app.AuditAsync(AuditActions.PasswordChanged));
        Assert.Equal(ended.Event, changed.Event);
        Assert.Equal(ended.At, changed.At);
    }

    [Fact]
    public async Task The_current_password_is_required_and_guessing_it_is_throttled()
    {
        await using var app = await ExeuntApp.StartAsync();
        var ada = await app.SignUpAsync("ada@example.com");
        for (var i = 0; i < 5; i++) await (await ChangeAsync(app, ada.AccessToken, $"guess number {i}", New)).ProblemAsync(403, "wrong-password");

        using var refused = await ChangeAsync(app, ada.AccessToken, ExeuntApp.Password, New);

        await refused.ProblemAsync(429, "too-many-requests");
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.True(await app.OpensAsync(ada.AccessToken));
    }

    [Fact]
    public async Task A_weak_or_missing_new_password_changes_nothing()
    {
        await using var app = await ExeuntApp.StartAsync();
        var ada = await app.SignUpAsync("ada@example.com");
        var other = await app.SignInAsync("ada@example.com");

        using var weak = await ChangeAsync(app, ada.AccessToken, ExeuntApp.Password, "ada@example.com");
        using var same = await ChangeAsync(app, ada.AccessToken, ExeuntApp.Password, ExeuntApp.Password);
        using var missing = await ChangeAsync(app, ada.AccessToken, ExeuntApp.Password, null);

        Assert.Equal("new_password", (await weak.ProblemAsync(422, "weak-password")).GetProperty("field").GetString());
        await same.ProblemAsync(422, "weak-password");
        Assert.Equal("new_password", (await missing.ProblemAsync(400, "invalid-field")).GetProperty("field").GetString());
        Assert.True(await app.OpensAsync(other.AccessToken));
        await app.SignInAsync("ada@example.com");
    }

    [Fact]
    public async Task An_ended_session_changes_no_password()
    {
        await using var app = await ExeuntApp.StartAsync();
        var ada = await app.SignUpAsync("ada@example.com");
        using var logout = await app.Client().PostAsync("api/v1/auth/logout", new { refresh_token = ada.RefreshToken });

        using var response = await ChangeAsync(app, ada.AccessToken, ExeuntApp.Password, New);

        await response.ProblemAsync(401, "unauthenticated");
        await app.SignInAsync("ada@example.com");
    }

    [Fact]
    public async Task Of_two_changes_at_once_one_counts_and_the_other_is_told()
    {
        await using var app = await ExeuntApp.StartAsync();
        var (one, two) = (await app.SignUpAsync("ada@example.com"), await app.SignInAsync("ada@example.com"));

        var answers = await Task.WhenAll(
            ChangeAsync(app, one.AccessToken, ExeuntApp.Password, New), ChangeAsync(app, two.AccessToken, ExeuntApp.Password, New + "-other"));

        // The loser hears that its current password is not the current one, or that its session ended, by how far it had come.
        Assert.Single(answers, a => (int)a.StatusCode == 200);
        Assert.Single(answers, a => (int)a.StatusCode is 401 or 403);
        var winner = (int)answers[0].StatusCode == 200 ? 0 : 1;
        await app.SignInAsync("ada@example.com", winner == 0 ? New : New + "-other");
        Assert.Equal(winner == 0, await app.OpensAsync(one.AccessToken));
        Assert.Equal(winner == 1, await app.OpensAsync(two.AccessToken));
    }

    private static Task<HttpResponseMessage> ChangeAsync(ExeuntApp app, string accessToken, string? current, string? wanted) =>
        app.SendAsync(HttpMethod.Put, Path, new { current_password = current, new_password = wanted }, ("Authorization", $"Bearer {accessToken}"));
}
