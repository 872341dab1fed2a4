using System.Net;
using System.Text.Json;
using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Admin;

/// <summary>Endings by administrators: the count that was promised is the count that ends.</summary>
public class EndingTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_dry_run_changes_nothing_and_counts_exactly_what_the_ending_then_hits()
    {
        var random = Races.Seeded();
        await using var app = await ExeuntApp.StartAsync(("Sessions:IdleTimeout", "00:20:00"), ("Tokens:Lifetime", "00:20:00"));
        string[] people = ["ada@example.com", "bob@example.com", "cy@example.com"];
        foreach (var person in people) await app.AddAccountAsync(person);
        await app.AddAccountAsync("root@example.com", roles: User.AdminRole);

        List<SignedIn> sessions = [];
        for (var round = 0; round < 12; round++)
        {
            for (var i = random.Next(1, 5); i > 0; i--) sessions.Add(await app.SignInAsync(random.Pick(people), client: random.Pick(["web", "phone"])));
            app.Clock.Advance(TimeSpan.FromSeconds(random.Next(1, 400))); // some expire on the way, some cut-offs are swept and some not
            var root = await app.SignInAsync("root@example.com");
            var chosen = random.Pick(sessions);
            var scope = random.Pick(["session", "user", "except", "client", "issuer", "everyone"]);
            object Body(bool dryRun) => scope switch
            {
                "session" => new { scope, session = chosen.Session.ToString(), dry_run = dryRun },
                "user" => new { scope, user = chosen.User.ToString(), dry_run = dryRun },
                "except" => new { scope = "user", user = chosen.User.ToString(), except = chosen.Session.ToString(), dry_run = dryRun },
                "client" => new { scope, client = "web", dry_run = dryRun },
                "issuer" => new { scope, issuer = ExeuntApp.Issuer, dry_run = dryRun },
                _ => new { scope, dry_run = dryRun },
            };

            var alive = await AliveAsync(app);
            var promised = await EndAsync(app, root, Body(dryRun: true));
            Assert.False(promised.TryGetProperty("id", out _));
            Assert.Equal(alive, await AliveAsync(app));

            var done = await EndAsync(app, root, Body(dryRun: false));
            Assert.True(promised.GetProperty("ended").GetInt64() == done.GetProperty("ended").GetInt64(), $"round {round}, {scope}: promised {promised}, ended {done}");
            Assert.Equal(alive.Count - done.GetProperty("ended").GetInt64(), (await AliveAsync(app)).Count);
        }

        async Task<HashSet<SessionId>> AliveAsync(ExeuntApp of)
        {
            var page = await of.Ledger.Reads.SessionsAsync(new(AliveOnly: true, Limit: 200), Ct);
            return [.. page.Items.Select(j => j.Session.Id)];
        }
    }

    [Fact]
    public async Task A_dry_run_warns_of_a_client_that_nobody_has_seen()
    {
        await using var app = await ExeuntApp.StartAsync();
        var root = await app.SignUpAsync("root@example.com", roles: User.AdminRole);
        await app.SignInAsync("root@example.com", client: "phone");

        var typo = await EndAsync(app, root, new { scope = "client", client = "fone", dry_run = true });
        Assert.Equal(0, typo.GetProperty("ended").GetInt64());
        Assert.Contains("'fone'", typo.GetProperty("warning").GetString(), StringComparison.Ordinal);

        await EndAsync(app, root, new { scope = "client", client = "phone" });
        var known = await EndAsync(app, root, new { scope = "client", client = "phone", dry_run = true });
        Assert.Equal((0, false), (known.GetProperty("ended").GetInt64(), known.TryGetProperty("warning", out _)));
    }

    [Fact]
    public async Task P1_an_ended_session_is_refused_on_its_next_use_and_the_trail_says_who_did_it()
    {
        await using var app = await ExeuntApp.StartAsync();
        var root = await app.SignUpAsync("root@example.com", roles: User.AdminRole);
        var bob = await app.SignUpAsync("bob@example.com");

        var done = await EndAsync(app, root, new { scope = "session", session = bob.Session.ToString() });
        Assert.Equal(1, done.GetProperty("ended").GetInt64());
        using var refused = await app.Client(bob.AccessToken).GetAsync("api/v1/admin/accounts", Ct);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);

        var again = await EndAsync(app, root, new { scope = "session", session = bob.Session.ToString() });
        Assert.Equal(0, again.GetProperty("ended").GetInt64());
        Assert.Equal(done.GetProperty("id").GetString(), again.GetProperty("id").GetString());

        var entry = Assert.Single((await app.Ledger.Reads.AuditAsync(new(bob.User, AuditActions.SessionEnded), Ct)).Items).Entry;
        Assert.Equal(new Actor(ActorKind.Admin, root.User, root.Session), entry.By);
        Assert.Equal(done.GetProperty("id").GetString(), entry.Event.ToString());
    }

    [Theory]
    [InlineData("""{}""", "scope")]
    [InlineData("""{"scope":"all"}""", "scope")]
    [InlineData("""{"scope":"session"}""", "session")]
    [InlineData("""{"scope":"user"}""", "user")]
    [InlineData("""{"scope":"client"}""", "client")]
    [InlineData("""{"scope":"client","client":""}""", "client")]
    [InlineData("""{"scope":"issuer"}""", "issuer")]
    [InlineData("""{"scope":"session","session":"ses_x"}""", "session")]
    [InlineData("""{"scope":"everyone","dry_run":"yes"}""", "dry_run")]
    public async Task A_request_that_does_not_say_what_to_end_is_told_which_field(string body, string field)
    {
        await using var app = await ExeuntApp.StartAsync();
        var root = await app.SignUpAsync("root@example.com", roles: User.AdminRole);

        using var answer = await app.Client(root.AccessToken).PostAsync("api/v1/admin/endings", Json.Body(body), Ct);

        Assert.Equal(field, (await answer.ProblemAsync(400, "invalid-field")).GetProperty("field").GetString());
    }

    [Theory]
    [InlineData("session", true)]
    [InlineData("session", false)]
    [InlineData("user", true)]
    [InlineData("user", false)]
    public async Task What_does_not_exist_cannot_be_ended(string scope, bool dryRun)
    {
        await using var app = await ExeuntApp.StartAsync();
        var root = await app.SignUpAsync("root@example.com", roles: User.AdminRole);
        var now = app.Clock.GetUtcNow();

        using var answer = await app.Client(root.AccessToken).PostAsync(
            "api/v1/admin/endings", new { scope, session = Id.New<SessionId>(now).ToString(), user = Id.New<UserId>(now).ToString(), dry_run = dryRun });

        await answer.ProblemAsync(404, "not-found");
    }

    private static async Task<JsonElement> EndAsync(ExeuntApp app, SignedIn by, object body)
    {
        using var answer = await app.Client(by.AccessToken).PostAsync("api/v1/admin/endings", body);
        return await answer.JsonAsync(200);
    }
}
