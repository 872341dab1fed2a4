using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Clients;
using Exeunt.Keys;
using Exeunt.Revocations;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.Admin;

/// <summary>Who may use the administration, judged now and not when the token was issued.</summary>
public class AdminAuthorityTests
{
    private static readonly string[] Reads =
        ["accounts", "sessions", "audit", "audit/report", "audit/export?format=csv", "audit/checkpoint", "accounts/usr_00000000000000000000000000", "sessions/x",
            "overview", "guards", "clients", "keys"];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_route_refuses_those_who_are_no_administrators_and_records_it()
    {
        await using var app = await ExeuntApp.StartAsync();
        var bob = await app.SignUpAsync("bob@example.com");

        var failures = app.Services.GetRequiredService<FailureAudit>();
        foreach (var path in Reads)
        {
            using var nobody = await app.Client().GetAsync($"api/v1/admin/{path}", Ct);
            await nobody.ProblemAsync(401, "unauthenticated");
            using var answer = await app.Client(bob.AccessToken).GetAsync($"api/v1/admin/{path}", Ct);
            await answer.ProblemAsync(403, "forbidden");
        }

        foreach (var path in (string[])["endings", $"accounts/{bob.User}/disable", $"accounts/{bob.User}/enable", $"accounts/{bob.User}/erase", "audit/verify", "clients", "keys/rotate", "keys/x/revoke"])
        {
            using var answer = await app.Client(bob.AccessToken).PostAsync($"api/v1/admin/{path}", new { scope = "everyone" });
            await answer.ProblemAsync(403, "forbidden");
        }

        await failures.WriteCountsAsync(everything: true);
        var refused = (await app.Ledger.Reads.AuditAsync(new(Action: AuditActions.AdminRefused), Ct)).Items;
        var counted = Assert.Single(await app.AuditAsync(AuditActions.FailuresCounted));
        Assert.Equal((FailureAudit.RecordedEach, Reads.Length + 8 - FailureAudit.RecordedEach), (refused.Count, counted.Count));
        Assert.Equal((AuditActions.AdminRefused, bob.User, bob.Session, null), (counted.Detail, counted.User, counted.By.Session, counted.Address));
        Assert.All(refused, r => Assert.Equal(bob.User, r.Entry.User));
        Assert.Contains(refused, r => r.Entry.Detail == "GET /api/v1/admin/audit/report: not an administrator");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_disabled_or_demoted_administrator_is_refused_at_once_although_the_token_still_says_so(bool disabled)
    {
        await using var app = await ExeuntApp.StartAsync();
        var ada = await app.SignUpAsync("ada@example.com", roles: User.AdminRole);
        using var before = await app.Client(ada.AccessToken).GetAsync("api/v1/admin/accounts", Ct);
        await before.JsonAsync(200);

        // Only the account is changed; the sessions stay, so that nothing but the ledger's word refuses.
        await app.Ledger.RunAsync(async transaction =>
        {
            var user = (await transaction.UserAsync(ada.User))!;
            transaction.Update(disabled ? user with { DisabledAt = transaction.Now } : user with { Roles = [] });
            return true;
        });

        using var after = await app.Client(ada.AccessToken).GetAsync("api/v1/admin/accounts", Ct);
        await after.ProblemAsync(403, "forbidden");
        var refused = Assert.Single((await app.Ledger.Reads.AuditAsync(new(Action: AuditActions.AdminRefused), Ct)).Items);
        Assert.EndsWith("no longer an administrator", refused.Entry.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task P1_an_administrator_who_has_left_gives_nobody_credentials_and_takes_none_also_when_the_request_was_begun_before()
    {
        await using var app = await ExeuntApp.StartAsync();
        var ada = await app.SignUpAsync("ada@example.com", roles: User.AdminRole);
        var admin = new Actor(ActorKind.Admin, ada.User, ada.Session);
        var (client, _) = await app.Services.GetRequiredService<AddClient>().HandleAsync("before", ClientScopes.All, admin);
        using (var left = await app.Client(ada.AccessToken).DeleteAsync("api/v1/sessions", Ct)) await left.JsonAsync(200);

        // What is behind the routes, as a request finds it whose last byte comes late.
        await Assert.ThrowsAsync<NotAllowedException>(() => app.Services.GetRequiredService<AddClient>().HandleAsync("after", ClientScopes.All, admin));
        await Assert.ThrowsAsync<NotAllowedException>(() => app.Services.GetRequiredService<RemoveClient>().HandleAsync(client.Id, admin));
        await Assert.ThrowsAsync<NotAllowedException>(() => app.Services.GetRequiredService<RevokeKey>().HandleAsync(app.Services.GetRequiredService<SigningKeys>().Current.KeyId, admin));

        Assert.Equal(client.Id, Assert.Single(await app.Ledger.Reads.ClientsAsync(Ct)).Id);
    }

    [Theory]
    [InlineData("client", 0, true)]
    [InlineData("client", 15 * 60, true)]
    [InlineData("client", 15 * 60 + 1, false)]
    [InlineData("issuer", 15 * 60 + 1, false)]
    [InlineData("everyone", 15 * 60 + 1, false)]
    [InlineData("everyone", 15 * 60, true)]
    [InlineData("user", 50 * 60, true)] // one person can always be signed out
    [InlineData("session", 50 * 60, true)]
    public async Task ASVS_7_5_3_ending_more_than_one_person_needs_a_recent_sign_in(string scope, int secondsAfter, bool allowed)
    {
        await using var app = await ExeuntApp.StartAsync(("Tokens:Lifetime", "01:00:00"));
        var ada = await app.SignUpAsync("ada@example.com", roles: User.AdminRole);
        var bob = await app.SignUpAsync("bob@example.com");
        app.Clock.Advance(TimeSpan.FromSeconds(secondsAfter));
        var body = new { scope, client = "other", issuer = "https://other.example", user = bob.User.ToString(), session = bob.Session.ToString() };

        using var counted = await app.Client(ada.AccessToken).PostAsync("api/v1/admin/endings", new { body.scope, body.client, body.issuer, body.user, body.session, dry_run = true });
        Assert.True((await counted.JsonAsync(200)).GetProperty("dry_run").GetBoolean());
        using var answer = await app.Client(ada.AccessToken).PostAsync("api/v1/admin/endings", body);

        if (allowed)
        {
            Assert.False((await answer.JsonAsync(200)).GetProperty("dry_run").GetBoolean());
            return;
        }

        var problem = await answer.ProblemAsync(401, "step-up-required");
        Assert.Equal(900, problem.GetProperty("max_age").GetInt64());
        var challenge = Assert.Single(answer.Headers.WwwAuthenticate);
        Assert.Equal("Bearer", challenge.Scheme);
        Assert.Contains("error=\"insufficient_user_authentication\"", challenge.Parameter, StringComparison.Ordinal);
        Assert.Contains("max_age=\"900\"", challenge.Parameter, StringComparison.Ordinal);
        Assert.Single((await app.Ledger.Reads.AuditAsync(new(Action: AuditActions.AdminRefused), Ct)).Items);
    }
}
