using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Keys;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.Accounts;

public sealed class RegistrationTests
{
    private const string Path = "api/v1/auth/register";

    [Fact]
    public async Task Registering_gives_an_account_that_can_sign_in()
    {
        await using var app = await ExeuntApp.StartAsync(("Accounts:Registration", "open"));

        using var response = await app.Client().PostAsync(Path, new { email = "  Ada@Example.com ", password = ExeuntApp.Password, name = "Ada" });

        var user = (await response.JsonAsync(201)).GetProperty("user");
        Assert.Equal("Ada@Example.com", user.GetProperty("email").GetString());
        Assert.Equal("Ada", user.GetProperty("name").GetString());
        Assert.Empty(user.GetProperty("roles").EnumerateArray());
        var signedIn = await app.SignInAsync("ada@example.COM");
        Assert.Equal(user.GetProperty("id").GetString(), signedIn.User.ToString());
        var created = Assert.Single(await app.AuditAsync(AuditActions.AccountCreated));
        Assert.Equal(signedIn.User, created.User);
    }

    [Fact]
    public async Task An_address_registers_once_however_it_is_written()
    {
        await using var app = await ExeuntApp.StartAsync(("Accounts:Registration", "open"));
        await app.AddAccountAsync("ada@example.com");

        using var response = await app.Client().PostAsync(Path, new { email = "ADA@example.com", password = ExeuntApp.Password });

        await response.ProblemAsync(409, "email-taken");
    }

    [Fact]
    public async Task Of_two_who_register_one_address_at_once_one_is_told()
    {
        await using var app = await ExeuntApp.StartAsync(("Accounts:Registration", "open"));

        var both = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => app.Client().PostAsync(Path, new { email = "ada@example.com", password = ExeuntApp.Password })));

        Assert.Equal([201, 409], both.Select(r => (int)r.StatusCode).Order());
    }

    [Theory]
    [InlineData("{}", "email")]
    [InlineData("""{"password":"purple-otter-lantern-41"}""", "email")]
    [InlineData("""{"email":null,"password":"purple-otter-lantern-41"}""", "email")]
    [InlineData("""{"email":"ada","password":"purple-otter-lantern-41"}""", "email")]
    [InlineData("""{"email":"ada@","password":"purple-otter-lantern-41"}""", "email")]
    [InlineData("""{"email":"a b@example.com","password":"purple-otter-lantern-41"}""", "email")]
    [InlineData("""{"email":"a@b@example.com","password":"purple-otter-lantern-41"}""", "email")]
    [InlineData("""{"email":7,"password":"purple-otter-lantern-41"}""", "email")]
    [InlineData("""{"email":"ada@example.com"}""", "password")]
    [InlineData("""{"email":"ada@example.com","password":""}""", "password")]
    [InlineData("""{"email":"ada@example.com","password":["x"]}""", "password")]
    [InlineData("""{"email":"ada@example.com","password":"purple-otter-lantern-41","name":"a\u0000b"}""", "name")]
    [InlineData("""{"email":"ada\u202e@example.com","password":"purple-otter-lantern-41"}""", "email")] // turns the direction of writing
    [InlineData("""{"email":"a\u200bda@example.com","password":"purple-otter-lantern-41"}""", "email")] // looks like another's
    [InlineData("""{"email":"\ufeffada@example.com","password":"purple-otter-lantern-41"}""", "email")]
    [InlineData("""{"email":"jose\u0301@example.com","password":"purple-otter-lantern-41"}""", "email")] // the other spelling of an accented letter
    [InlineData("""{"email":"ada\uffff@example.com","password":"purple-otter-lantern-41"}""", "email")]
    [InlineData("""{"email":"ada@example.com","password":"purple-otter-lantern-41","name":"\u202enimda"}""", "name")]
    [InlineData("""{"email":"ada@example.com","password":"purple-otter-lantern-41","name":"Ada\u2028Administrator"}""", "name")]
    [InlineData("""{"email":"ada@example.com","password":"purple-otter-lantern-41","name":"Ada\uffff"}""", "name")]
    public async Task A_missing_or_malformed_field_is_named(string body, string field)
    {
        await using var app = await ExeuntApp.StartAsync(("Accounts:Registration", "open"));

        using var response = await app.Client().PostAsync(Path, Json.Body(body));

        var problem = await response.ProblemAsync(400, "invalid-field");
        Assert.Equal(field, problem.GetProperty("field").GetString());
    }

    [Fact]
    public async Task A_password_of_257_characters_is_too_long_and_one_of_256_is_not()
    {
        await using var app = await ExeuntApp.StartAsync(("Accounts:Registration", "open"));
        var longest = string.Concat(Enumerable.Repeat("purple otter lantern 41 ", 11))[..256];

        using var tooLong = await app.Client().PostAsync(Path, new { email = "ada@example.com", password = longest + "x" });
        using var fits = await app.Client().PostAsync(Path, new { email = "ada@example.com", password = longest });

        await tooLong.ProblemAsync(400, "invalid-field");
        await fits.JsonAsync(201);
        await app.SignInAsync("ada@example.com", longest);
    }

    [Theory]
    [InlineData("abc", "too short")]
    [InlineData("iloveyou", "very many people")]
    [InlineData("ada@example.com", "belong to this account")]
    [InlineData("Lovelace1815", "belong to this account")]
    [InlineData("aaaaaaaaaaaa", "repeats itself")]
    [InlineData("12.04.1987", "date")]
    public async Task A_weak_password_is_refused_with_the_reason_in_words(string password, string why)
    {
        await using var app = await ExeuntApp.StartAsync(("Accounts:Registration", "open"));

        using var response = await app.Client().PostAsync(Path, new { email = "ada@example.com", password, name = "Ada Lovelace" });

        var problem = await response.ProblemAsync(422, "weak-password");
        Assert.Equal("password", problem.GetProperty("field").GetString());
        Assert.Contains(why, problem.GetProperty("detail").GetString());
        Assert.DoesNotContain(password, problem.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Closed_registration_admits_nobody()
    {
        await using var app = await ExeuntApp.StartAsync();

        using var response = await app.Client().PostAsync(Path, new { email = "ada@example.com", password = ExeuntApp.Password });

        await response.ProblemAsync(403, "registration-closed");
    }

    [Fact]
    public async Task An_invitation_admits_its_address_once_and_until_its_time()
    {
        await using var app = await ExeuntApp.StartAsync(("Accounts:Registration", "invite"));
        var keys = app.Services.GetRequiredService<ServerKeys>();
        var code = InviteCode.Write(keys, "ada@example.com", app.Clock.GetUtcNow().AddHours(1));

        await (await RegisterAsync("ada@example.com", null)).ProblemAsync(403, "invite-refused");
        await (await RegisterAsync("ada@example.com", "exi_nonsense")).ProblemAsync(403, "invite-refused");
        await (await RegisterAsync("eve@example.com", code)).ProblemAsync(403, "invite-refused");
        await (await RegisterAsync("ada@example.com", code[..^1] + (code[^1] == 'A' ? 'B' : 'A'))).ProblemAsync(403, "invite-refused");
        await (await RegisterAsync("Ada@Example.com", code)).JsonAsync(201);
        await (await RegisterAsync("ada@example.com", code)).ProblemAsync(409, "email-taken");

        var late = InviteCode.Write(keys, "bob@example.com", app.Clock.GetUtcNow().AddHours(1));
        app.Clock.Advance(TimeSpan.FromHours(1));
        await (await RegisterAsync("bob@example.com", late)).ProblemAsync(403, "invite-refused");

        Task<HttpResponseMessage> RegisterAsync(string email, string? invite) => app.Client().PostAsync(Path, new { email, password = ExeuntApp.Password, invite });
    }

    [Fact]
    public async Task One_address_registers_so_often_an_hour_and_no_more()
    {
        await using var app = await ExeuntApp.StartAsync(("Accounts:Registration", "open"), ("Limits:RegistrationsPerAddress", "3"));
        for (var i = 0; i < 3; i++) await (await RegisterAsync()).ProblemAsync(422, "weak-password");

        var refused = await RegisterAsync();

        await refused.ProblemAsync(429, "too-many-requests");
        Assert.Equal(TimeSpan.FromHours(1), refused.Headers.RetryAfter?.Delta);
        app.Clock.Advance(TimeSpan.FromHours(1));
        await (await RegisterAsync()).ProblemAsync(422, "weak-password");

        Task<HttpResponseMessage> RegisterAsync() => app.Client().PostAsync(Path, new { email = "ada@example.com", password = "password" });
    }
}
