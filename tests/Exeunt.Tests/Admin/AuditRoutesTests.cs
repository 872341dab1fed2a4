using System.Text.Json;
using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.Admin;

/// <summary>The audit trail over HTTP.</summary>
public class AuditRoutesTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pages_of_a_query_give_the_same_entries_as_one_query_newest_first()
    {
        await using var app = await ExeuntApp.StartAsync();
        var root = await app.SignUpAsync("root@example.com", roles: User.AdminRole);
        for (var i = 0; i < 10; i++)
        {
            await app.SignInAsync("root@example.com"); // several in one millisecond, too
            if (i % 3 == 0) app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        var whole = Numbers(await GetAsync(app, root, "audit?limit=200")).ToList();
        List<long> paged = [];
        for (string? next = "audit?limit=4"; next is not null;)
        {
            var page = await GetAsync(app, root, next);
            paged.AddRange(Numbers(page));
            next = page.TryGetProperty("next", out var cursor) ? $"audit?limit=4&cursor={cursor.GetString()}" : null;
        }

        Assert.Equal(whole, paged);
        Assert.Equal(whole.OrderDescending(), whole);
        Assert.Equal(11, Numbers(await GetAsync(app, root, $"audit?action=signed_in&user={root.User}")).Count());
        Assert.Empty(Numbers(await GetAsync(app, root, "audit?to=2020-01-01")));
        Assert.Empty(Numbers(await GetAsync(app, root, "audit?reason=token_theft")));
    }

    [Theory]
    [InlineData("audit?action=sesion_ended")]
    [InlineData("audit/export?format=csv&action=sesion_ended")]
    public async Task A_slip_in_an_actions_name_does_not_look_like_an_empty_trail(string path)
    {
        await using var app = await ExeuntApp.StartAsync();
        var root = await app.SignUpAsync("root@example.com", roles: User.AdminRole);

        using var answer = await app.Client(root.AccessToken).GetAsync($"api/v1/admin/{path}", Ct);

        var problem = await answer.ProblemAsync(400, "invalid-field");
        Assert.Equal("action", problem.GetProperty("field").GetString());
        Assert.Contains("session_ended", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_action_can_be_asked_for() => Assert.Equal(
        typeof(AuditActions).GetFields().Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!), AuditActions.All);

    [Fact]
    public async Task An_entry_looks_like_this()
    {
        await using var app = await ExeuntApp.StartAsync();
        var root = await app.SignUpAsync("root@example.com", roles: User.AdminRole);
        var entry = (await GetAsync(app, root, "audit?action=signed_in")).GetProperty("entries")[0];

        Assert.Equal("2027-03-01T12:00:00+00:00", entry.GetProperty("at").GetString());
        Assert.Equal(("user", root.User.ToString()), (entry.GetProperty("by").GetProperty("kind").GetString(), entry.GetProperty("by").GetProperty("user").GetString()));
        Assert.Equal(root.Session.ToString(), entry.GetProperty("session").GetString());
        Assert.Equal("127.0.0.1", entry.GetProperty("address").GetString());
        Assert.Equal(
            ["action", "address", "at", "by", "chain", "client", "device", "hash", "number", "session", "user"],
            entry.EnumerateObject().Select(m => m.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_export_is_streamed_as_a_file_and_is_itself_recorded()
    {
        await using var app = await ExeuntApp.StartAsync();
        var root = await app.SignUpAsync("root@example.com", roles: User.AdminRole);

        using var csv = await app.Client(root.AccessToken).GetAsync("api/v1/admin/audit/export?format=csv", Ct);
        using var jsonl = await app.Client(root.AccessToken).GetAsync("api/v1/admin/audit/export?format=jsonl&action=audit_exported", Ct);

        Assert.Equal("text/csv", csv.Content.Headers.ContentType?.MediaType);
        Assert.Equal("audit.csv", csv.Content.Headers.ContentDisposition?.FileName);
        Assert.StartsWith("at,action,by,", await csv.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        var lines = (await jsonl.Content.ReadAsStringAsync(Ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["csv", "jsonl"], lines.Select(l => JsonSerializer.Deserialize<JsonElement>(l).GetProperty("detail").GetString()));
    }

    [Fact]
    public async Task A_report_over_http_sums_up()
    {
        await using var app = await ExeuntApp.StartAsync();
        var root = await app.SignUpAsync("root@example.com", roles: User.AdminRole);
        var bob = await app.SignUpAsync("bob@example.com");
        using var logout = await app.Client().PostAsync("api/v1/auth/logout", new { refresh_token = bob.RefreshToken });
        using var wrong = await app.Client().PostAsync("api/v1/auth/login", new { email = "bob@example.com", password = "wrong" });

        var report = await GetAsync(app, root, "audit/report?group=day");

        var row = Assert.Single(report.GetProperty("rows").EnumerateArray());
        Assert.Equal("""{"key":"2027-03-01","endings":1,"sessions":1,"failed_sign_ins":1,"sign_ins":2}""", row.GetRawText());
        Assert.Equal((1, 1), (report.GetProperty("sessions").GetInt64(), report.GetProperty("failed_sign_ins").GetInt64()));

        var endings = await GetAsync(app, root, "audit/report?group=day&endings_only=true");
        Assert.Equal("""{"key":"2027-03-01","endings":1,"sessions":1,"failed_sign_ins":0,"sign_ins":0}""", Assert.Single(endings.GetProperty("rows").EnumerateArray()).GetRawText());
    }

    [Fact]
    public async Task P9_a_clean_stop_signs_what_was_written_and_the_checkpoint_can_be_fetched()
    {
        await using var app = await ExeuntApp.StartAsync();
        var root = await app.SignUpAsync("root@example.com", roles: User.AdminRole);
        using var none = await app.Client(root.AccessToken).GetAsync("api/v1/admin/audit/checkpoint", Ct);
        await none.ProblemAsync(404, "not-found");

        await app.RestartAsync();

        var checkpoint = await GetAsync(app, root, "audit/checkpoint");
        var verify = app.Services.GetRequiredService<VerifyAudit>();
        foreach (var known in (string[])["hash", "jws"])
        {
            var verdict = await verify.HandleAsync(checkpoint.GetProperty(known).GetString(), null, Ct);
            Assert.True(verdict.Holds, verdict.Break?.What);
        }
    }

    private static IEnumerable<long> Numbers(JsonElement page) => page.GetProperty("entries").EnumerateArray().Select(e => e.GetProperty("number").GetInt64());

    private static async Task<JsonElement> GetAsync(ExeuntApp app, SignedIn who, string path)
    {
        using var answer = await app.Client(who.AccessToken).GetAsync($"api/v1/admin/{path}", Ct);
        return await answer.JsonAsync(200);
    }
}
