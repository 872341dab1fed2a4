using System.Net;
using System.Text.Json;
using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Sessions;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.Admin;

/// <summary>Finding and changing accounts and sessions as an administrator.</summary>
public class AccountTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Accounts_are_found_by_id_and_by_the_beginning_of_address_or_name_page_by_page()
    {
        await using var app = await ExeuntApp.StartAsync();
        var root = await app.SignUpAsync("root@example.com", roles: User.AdminRole);
        List<User> anna = [];
        for (var i = 0; i < 7; i++)
        {
            app.Clock.Advance(TimeSpan.FromMilliseconds(1));
            anna.Add(await app.AddAccountAsync($"Anna{i}@example.com"));
        }

        await app.AddAccountAsync("zoe@example.com");
        List<string> found = [];
        for (string? next = "limit=3"; next is not null;)
        {
            var page = await GetAsync(app, root, $"accounts?search=aNNa&{next}");
            found.AddRange(page.GetProperty("accounts").EnumerateArray().Select(a => a.GetProperty("id").GetString()!));
            next = page.TryGetProperty("next", out var cursor) ? $"limit=3&cursor={cursor.GetString()}" : null;
        }

        Assert.Equal(anna.Select(a => a.Id.ToString()), found);
        var byId = await GetAsync(app, root, $"accounts?search={anna[2].Id}");
        Assert.Equal("Anna2@example.com", Assert.Single(byId.GetProperty("accounts").EnumerateArray()).GetProperty("email").GetString());
        Assert.Empty((await GetAsync(app, root, "accounts?search=nobody")).GetProperty("accounts").EnumerateArray());
    }

    [Fact]
    public async Task A_disabled_account_is_out_everywhere_and_enabling_it_revives_no_session()
    {
        await using var app = await ExeuntApp.StartAsync();
        var root = await app.SignUpAsync("root@example.com", roles: User.AdminRole);
        var bob = await app.SignUpAsync("bob@example.com");
        await app.SignInAsync("bob@example.com");

        Assert.Equal(2, (await ChangeAsync(app, root, bob.User, "disable")).GetProperty("ended").GetInt64());
        Assert.Equal(0, (await ChangeAsync(app, root, bob.User, "disable")).GetProperty("ended").GetInt64());
        await ExpectRefreshRefusedAsync(app, bob);
        using var login = await app.Client().PostAsync("api/v1/auth/login", new { email = "bob@example.com", password = ExeuntApp.Password });
        await login.ProblemAsync(401, "wrong-credentials");

        await ChangeAsync(app, root, bob.User, "enable");
        await ExpectRefreshRefusedAsync(app, bob);
        await app.SignInAsync("bob@example.com");

        var trail = (await app.Ledger.Reads.AuditAsync(new(bob.User), Ct)).Items.Select(r => (r.Entry.Action, r.Entry.Reason)).ToList();
        Assert.Single(trail, (AuditActions.SessionsEnded, (EndReason?)EndReason.AccountDisabled));
        Assert.Single(trail, (AuditActions.AccountDisabled, (EndReason?)null));
        Assert.Single(trail, (AuditActions.AccountEnabled, (EndReason?)null));
    }

    [Fact]
    public async Task An_erased_account_has_no_name_no_address_and_no_password_and_the_trail_verifies()
    {
        await using var app = await ExeuntApp.StartAsync();
        var root = await app.SignUpAsync("root@example.com", roles: User.AdminRole);
        var bob = await app.SignUpAsync("bob@example.com");

        await ChangeAsync(app, root, bob.User, "erase");
        var again = await ChangeAsync(app, root, bob.User, "erase");

        Assert.False(again.GetProperty("account").TryGetProperty("email", out _));
        Assert.Null((await app.Ledger.Reads.FindUserAsync(bob.User, Ct))!.PasswordHash);
        Assert.All((await app.Ledger.Reads.AuditAsync(new(bob.User), Ct)).Items.Where(r => r.Entry.By.User != root.User), r => Assert.Null(r.Entry.Address));
        await ExpectRefreshRefusedAsync(app, bob);
        await app.AddAccountAsync("bob@example.com"); // the address is free again
        var verdict = await app.Services.GetRequiredService<VerifyAudit>().HandleAsync(null, null, Ct);
        Assert.True(verdict.Holds, verdict.Break?.What);
        Assert.True(verdict.Erased > 0);
    }

    [Fact]
    public async Task Sessions_are_found_by_user_client_and_life_and_those_of_providers_among_them()
    {
        await using var app = await ExeuntApp.StartAsync();
        var root = await app.SignUpAsync("root@example.com", roles: User.AdminRole);
        var bob = await app.SignUpAsync("bob@example.com");
        app.Clock.Advance(TimeSpan.FromMilliseconds(1)); // within a millisecond nobody is newer
        var phone = await app.SignInAsync("bob@example.com", client: "phone");
        var outside = await MirrorAsync(app);
        using var logout = await app.Client().PostAsync("api/v1/auth/logout", new { refresh_token = bob.RefreshToken });

        Assert.Equal(4, await CountAsync("sessions"));
        Assert.Equal(3, await CountAsync("sessions?alive=true"));
        Assert.Equal(2, await CountAsync($"sessions?user={bob.User}"));
        Assert.Equal(1, await CountAsync($"sessions?user={bob.User}&alive=true"));
        Assert.Equal(1, await CountAsync("sessions?client=phone"));
        var one = await GetAsync(app, root, $"sessions/{bob.Session}");
        Assert.Equal("user", one.GetProperty("end_reason").GetString());
        Assert.False(one.GetProperty("alive").GetBoolean());
        var account = await GetAsync(app, root, $"accounts/{bob.User}");
        Assert.Equal(1, account.GetProperty("alive").GetInt64());
        Assert.Equal(phone.Session.ToString(), account.GetProperty("sessions")[0].GetProperty("id").GetString());
        var theirs = await GetAsync(app, root, $"sessions/{outside.Id}");
        Assert.Equal("sess_outside", theirs.GetProperty("outside_id").GetString());
        Assert.Contains((await GetAsync(app, root, "accounts")).GetProperty("accounts").EnumerateArray(), a => a.GetProperty("id").GetString() == outside.User.ToString());

        async Task<int> CountAsync(string path) => (await GetAsync(app, root, path)).GetProperty("sessions").GetArrayLength();
    }

    [Theory]
    [InlineData("accounts?limit=0", "limit")]
    [InlineData("accounts?limit=201", "limit")]
    [InlineData("accounts?limit=x", "limit")]
    [InlineData("accounts?limit=", "limit")]
    [InlineData("accounts?cursor=zzz", "cursor")]
    [InlineData("accounts?cursor=", "cursor")]
    [InlineData("accounts?limit=1&limit=2", "limit")]
    [InlineData("sessions?user=bob", "user")]
    [InlineData("sessions?alive=maybe", "alive")]
    [InlineData("sessions?cursor=%00", "cursor")]
    [InlineData("audit?reason=boredom", "reason")]
    [InlineData("audit?from=yesterday", "from")]
    [InlineData("audit?limit=201", "limit")]
    [InlineData("audit?cursor=AAAA", "cursor")]
    [InlineData("audit/report?group=mood", "group")]
    [InlineData("audit/report?endings_only=perhaps", "endings_only")]
    [InlineData("audit/export", "format")]
    [InlineData("audit/export?format=xls", "format")]
    public async Task A_filter_that_cannot_be_understood_is_named_and_never_left_out(string path, string field)
    {
        await using var app = await ExeuntApp.StartAsync();
        var root = await app.SignUpAsync("root@example.com", roles: User.AdminRole);

        using var answer = await app.Client(root.AccessToken).GetAsync($"api/v1/admin/{path}", Ct);

        Assert.Equal(field, (await answer.ProblemAsync(400, "invalid-field")).GetProperty("field").GetString());
    }

    private static Task<Session> MirrorAsync(ExeuntApp app) => app.Ledger.RunAsync(transaction =>
    {
        var now = transaction.Now;
        var user = new User { Id = Id.New<UserId>(now), Issuer = "https://clerk.example", Subject = "user_1", CreatedAt = now };
        var session = new Session
        {
            Id = Id.New<SessionId>(now),
            User = user.Id,
            Issuer = user.Issuer,
            OutsideId = "sess_outside",
            Subject = user.Subject,
            Client = "default",
            OpenedAt = now,
            AuthenticatedAt = now,
            LastSeenAt = now,
            ExpiresAt = now.AddDays(1),
            AbsoluteExpiresAt = now.AddDays(1),
            LastTokenExpiresAt = now.AddMinutes(1),
        };
        transaction.Insert(user);
        transaction.Insert(session);
        return new ValueTask<Session>(session);
    });

    private static async Task ExpectRefreshRefusedAsync(ExeuntApp app, SignedIn who)
    {
        using var refresh = await app.Client().PostAsync("api/v1/auth/refresh", new { refresh_token = who.RefreshToken });
        await refresh.ProblemAsync(401, "refresh-refused");
    }

    private static async Task<JsonElement> GetAsync(ExeuntApp app, SignedIn who, string path)
    {
        using var answer = await app.Client(who.AccessToken).GetAsync($"api/v1/admin/{path}", Ct);
        return await answer.JsonAsync(200);
    }

    private static async Task<JsonElement> ChangeAsync(ExeuntApp app, SignedIn who, UserId account, string change)
    {
        using var answer = await app.Client(who.AccessToken).PostAsync($"api/v1/admin/accounts/{account}/{change}", content: null, Ct);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.JsonAsync(200);
    }
}
