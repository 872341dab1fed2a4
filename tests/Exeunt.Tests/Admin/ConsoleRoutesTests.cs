using System.Text.Json;
using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Admin;

/// <summary>What the console asks of the administration besides accounts, sessions and the audit trail.</summary>
public class ConsoleRoutesTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_overview_counts_those_that_are_alive()
    {
        await using var app = await ExeuntApp.StartAsync();
        var root = await app.SignUpAsync("root@example.com", roles: User.AdminRole);
        var ada = await app.SignUpAsync("ada@example.com");
        await app.SignInAsync("ada@example.com");

        Assert.Equal(3, (await GetAsync(app, root, "overview")).GetProperty("active_sessions").GetInt64());
        using (await app.Client().PostAsync("api/v1/auth/logout", new { refresh_token = ada.RefreshToken }))
        {
            var overview = await GetAsync(app, root, "overview");
            Assert.Equal(2, overview.GetProperty("active_sessions").GetInt64());
            Assert.Equal((0, 0), (overview.GetProperty("guards").GetInt32(), overview.GetProperty("guards_behind").GetInt32()));
            Assert.Equal(0, overview.GetProperty("journal").GetProperty("depth").GetInt32());
            Assert.True(overview.GetProperty("journal").GetProperty("writable").GetBoolean());
        }
    }

    [Fact]
    public async Task Accounts_are_named_by_their_ids_and_unknown_ones_left_out()
    {
        await using var app = await ExeuntApp.StartAsync();
        var root = await app.SignUpAsync("root@example.com", roles: User.AdminRole);
        var ada = await app.SignUpAsync("ada@example.com");

        var named = await GetAsync(app, root, $"accounts?id={ada.User}&id={root.User}&id={ada.User}&id={Id.New<UserId>(app.Clock.GetUtcNow())}");

        Assert.Equal(["ada@example.com", "root@example.com"], named.GetProperty("accounts").EnumerateArray().Select(a => a.GetProperty("email").GetString()));
        using var slip = await app.Client(root.AccessToken).GetAsync("api/v1/admin/accounts?id=ada", Ct);
        Assert.Equal("id", (await slip.ProblemAsync(400, "invalid-field")).GetProperty("field").GetString());
        using var many = await app.Client(root.AccessToken).GetAsync($"api/v1/admin/accounts?{string.Join('&', Enumerable.Repeat($"id={ada.User}", 51))}", Ct);
        await many.ProblemAsync(400, "invalid-field");
    }

    [Fact]
    public async Task A_client_is_added_with_a_secret_that_is_told_once_and_removed()
    {
        await using var app = await ExeuntApp.StartAsync();
        var root = await app.SignUpAsync("root@example.com", roles: User.AdminRole);

        using var added = await app.Client(root.AccessToken).PostAsync("api/v1/admin/clients", new { name = " orders ", scopes = new[] { "feed", "feed" } });
        var answer = await added.JsonAsync(201);
        var (id, secret) = (answer.GetProperty("client").GetProperty("id").GetString()!, answer.GetProperty("secret").GetString()!);

        Assert.StartsWith("exs_", secret);
        var listed = Assert.Single((await GetAsync(app, root, "clients")).GetProperty("clients").EnumerateArray());
        Assert.Equal(["id", "name", "scopes", "created_at"], listed.EnumerateObject().Select(m => m.Name));
        Assert.Equal(("orders", id), (listed.GetProperty("name").GetString(), listed.GetProperty("id").GetString()));
        Assert.Equal("feed", Assert.Single(listed.GetProperty("scopes").EnumerateArray()).GetString());

        using var removed = await app.Client(root.AccessToken).DeleteAsync($"api/v1/admin/clients/{id}", Ct);
        Assert.Equal(204, (int)removed.StatusCode);
        using var again = await app.Client(root.AccessToken).DeleteAsync($"api/v1/admin/clients/{id}", Ct);
        await again.ProblemAsync(404, "not-found");
        Assert.Empty((await GetAsync(app, root, "clients")).GetProperty("clients").EnumerateArray());
        foreach (var action in new[] { AuditActions.ClientAdded, AuditActions.ClientRemoved })
            Assert.Equal(root.User, Assert.Single(await app.AuditAsync(action)).By.User);
    }

    [Theory]
    [InlineData("name", "", "feed")]
    [InlineData("name", "a\u0007b", "feed")]
    [InlineData("scopes", "orders", "everything")]
    public async Task A_client_that_cannot_be_is_refused_by_field(string field, string name, string scope)
    {
        await using var app = await ExeuntApp.StartAsync();
        var root = await app.SignUpAsync("root@example.com", roles: User.AdminRole);

        using var answer = await app.Client(root.AccessToken).PostAsync("api/v1/admin/clients", new { name, scopes = new[] { scope } });

        Assert.Equal(field, (await answer.ProblemAsync(400, "invalid-field")).GetProperty("field").GetString());
    }

    [Fact]
    public async Task The_signing_key_is_rotated_and_a_revoked_one_opens_nothing_any_more()
    {
        await using var app = await ExeuntApp.StartAsync();
        var root = await app.SignUpAsync("root@example.com", roles: User.AdminRole);
        var before = Signing(await GetAsync(app, root, "keys"));
        Assert.Equal(["in_use"], before.Select(key => key.Stage));

        using (var rotated = await app.Client(root.AccessToken).PostAsync("api/v1/admin/keys/rotate", new { }))
            Assert.Equal(["in_use", "next"], Signing(await rotated.JsonAsync(200)).Select(key => key.Stage));

        using (var unknown = await app.Client(root.AccessToken).PostAsync("api/v1/admin/keys/nothing/revoke", new { }))
            await unknown.ProblemAsync(404, "not-found");
        using (var revoked = await app.Client(root.AccessToken).PostAsync($"api/v1/admin/keys/{before[0].Id}/revoke", new { }))
            Assert.DoesNotContain(before[0].Id, Signing(await revoked.JsonAsync(200)).Select(key => key.Id));

        Assert.False(await app.OpensAsync(root.AccessToken));
        using var refreshed = await app.Client().PostAsync("api/v1/auth/refresh", new { refresh_token = root.RefreshToken });
        Assert.True(await app.OpensAsync(SignedIn.Of(await refreshed.JsonAsync(200)).AccessToken));
    }

    [Theory]
    [InlineData("clients", """{"name":"orders","scopes":["feed"]}""")]
    [InlineData("keys/any/revoke", "{}")]
    public async Task What_hits_many_needs_a_fresh_sign_in(string path, string body)
    {
        await using var app = await ExeuntApp.StartAsync();
        var root = await app.SignUpAsync("root@example.com", roles: User.AdminRole);
        app.Clock.Advance(TimeSpan.FromMinutes(15) + TimeSpan.FromSeconds(1));
        using var refreshed = await app.Client().PostAsync("api/v1/auth/refresh", new { refresh_token = root.RefreshToken });
        var token = SignedIn.Of(await refreshed.JsonAsync(200)).AccessToken;

        using var answer = await app.Client(token).PostAsync($"api/v1/admin/{path}", Json.Body(body), Ct);

        Assert.Equal(900, (await answer.ProblemAsync(401, "step-up-required")).GetProperty("max_age").GetInt32());
        Assert.Contains("insufficient_user_authentication", answer.Headers.WwwAuthenticate.ToString());
    }

    [Fact]
    public async Task Verifying_tells_its_progress_and_its_verdict()
    {
        await using var app = await ExeuntApp.StartAsync();
        var root = await app.SignUpAsync("root@example.com", roles: User.AdminRole);
        for (var i = 0; i < 20; i++) await app.SignInAsync("root@example.com");

        var lines = await VerifyAsync(app, root, new { });
        var verdict = lines[^1];
        Assert.True(verdict.GetProperty("holds").GetBoolean());
        Assert.False(verdict.TryGetProperty("what", out _));
        Assert.All(lines[..^1], step => Assert.InRange(step.GetProperty("done").GetInt64(), 1, step.GetProperty("total").GetInt64()));
        Assert.Equal(verdict.GetProperty("entries").GetInt64(), lines[^2].GetProperty("done").GetInt64());

        // And again, with something to be held against that it does not fit.
        var other = await VerifyAsync(app, root, new { against = new string('A', 43) });
        Assert.False(other[^1].GetProperty("holds").GetBoolean());
        Assert.NotEqual("", other[^1].GetProperty("what").GetString());
    }

    private static async Task<JsonElement[]> VerifyAsync(ExeuntApp app, SignedIn root, object body)
    {
        using var answer = await app.Client(root.AccessToken).PostAsync("api/v1/admin/audit/verify", body);
        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal("application/x-ndjson", answer.Content.Headers.ContentType?.MediaType);
        return [.. (await answer.Content.ReadAsStringAsync(Ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];
    }

    private static IReadOnlyList<(string Id, string Stage)> Signing(JsonElement answer) =>
        [.. answer.GetProperty("keys").EnumerateArray().Where(key => key.GetProperty("kind").GetString() == "signing")
            .Select(key => (key.GetProperty("id").GetString()!, key.GetProperty("stage").GetString()!))];

    private static async Task<JsonElement> GetAsync(ExeuntApp app, SignedIn root, string path)
    {
        using var answer = await app.Client(root.AccessToken).GetAsync($"api/v1/admin/{path}", Ct);
        return await answer.JsonAsync(200);
    }
}
