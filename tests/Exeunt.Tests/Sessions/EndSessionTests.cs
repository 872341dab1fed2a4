using System.Text.Json;
using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Sessions;

public sealed class EndSessionTests
{
    [Fact]
    public async Task Logging_out_here_ends_this_session_at_once_and_says_so_again_when_repeated()
    {
        await using var app = await ExeuntApp.StartAsync();
        var (here, other) = (await app.SignUpAsync("ada@example.com"), await app.SignInAsync("ada@example.com"));

        var first = await DeleteAsync(app, "current", here, 200);
        Assert.False(await app.OpensAsync(here.AccessToken));
        var second = await DeleteAsync(app, "current", here, 200);

        Assert.Equal(1, first.GetProperty("ended").GetInt64());
        Assert.Equal(0, second.GetProperty("ended").GetInt64());
        Assert.Equal(first.GetProperty("id").GetString(), second.GetProperty("id").GetString());
        Assert.True(await app.OpensAsync(other.AccessToken));
        var entry = Assert.Single(await app.AuditAsync(AuditActions.SessionEnded));
        Assert.Equal((EndReason.User, here.Session, first.GetProperty("id").GetString()), (entry.Reason, entry.Session, entry.Event.ToString()));
    }

    [Fact]
    public async Task P5_an_expired_token_still_ends_its_own_session_and_nothing_else()
    {
        await using var app = await ExeuntApp.StartAsync();
        var here = await app.SignUpAsync("ada@example.com");
        app.Clock.Advance(TimeSpan.FromMinutes(16));
        var other = await app.SignInAsync("ada@example.com");

        await DeleteAsync(app, "others", here, 401);
        await DeleteAsync(app, "", here, 401);
        await DeleteAsync(app, other.Session.ToString(), here, 401);
        Assert.True(await app.OpensAsync(other.AccessToken));
        Assert.Equal(1, (await DeleteAsync(app, "current", here, 200)).GetProperty("ended").GetInt64());

        using var refresh = await app.Client().PostAsync("api/v1/auth/refresh", new { refresh_token = here.RefreshToken });
        await refresh.ProblemAsync(401, "refresh-refused");
        Assert.True(await app.OpensAsync(other.AccessToken));
    }

    [Fact]
    public async Task One_device_can_be_logged_out_from_another()
    {
        await using var app = await ExeuntApp.StartAsync();
        var (here, phone, third) = (await app.SignUpAsync("ada@example.com"), await app.SignInAsync("ada@example.com"), await app.SignInAsync("ada@example.com"));

        var first = await DeleteAsync(app, phone.Session.ToString(), here, 200);
        var again = await DeleteAsync(app, phone.Session.ToString(), here, 200);

        Assert.Equal((1, 0), (first.GetProperty("ended").GetInt64(), again.GetProperty("ended").GetInt64()));
        Assert.False(await app.OpensAsync(phone.AccessToken));
        Assert.True(await app.OpensAsync(here.AccessToken));
        Assert.True(await app.OpensAsync(third.AccessToken));
        Assert.Equal(EndReason.OtherDevice, Assert.Single(await app.AuditAsync(AuditActions.SessionEnded)).Reason);

        await DeleteAsync(app, here.Session.ToString(), here, 200);
        Assert.Equal(EndReason.User, (await app.AuditAsync(AuditActions.SessionEnded))[^1].Reason);
    }

    [Fact]
    public async Task Somebody_elses_session_and_none_are_answered_alike_and_nothing_ends()
    {
        await using var app = await ExeuntApp.StartAsync();
        var (ada, bob) = (await app.SignUpAsync("ada@example.com"), await app.SignUpAsync("bob@example.com"));

        var answers = new List<string>();
        foreach (var sid in new[] { bob.Session.ToString(), Id.New<SessionId>(app.Clock.GetUtcNow()).ToString(), "ses_nonsense", "x", bob.User.ToString() })
            answers.Add((await DeleteAsync(app, sid, ada, 404)).GetRawText());

        Assert.Single(answers.Distinct());
        Assert.True(await app.OpensAsync(bob.AccessToken));
    }

    [Fact]
    public async Task All_but_this_one()
    {
        await using var app = await ExeuntApp.StartAsync();
        var (one, here, three) = (await app.SignUpAsync("ada@example.com"), await app.SignInAsync("ada@example.com"), await app.SignInAsync("ada@example.com"));
        var bob = await app.SignUpAsync("bob@example.com");

        var first = await DeleteAsync(app, "others", here, 200);
        var again = await DeleteAsync(app, "others", here, 200);

        Assert.Equal((2, 0), (first.GetProperty("ended").GetInt64(), again.GetProperty("ended").GetInt64()));
        Assert.Equal((bool[])[false, true, false, true], await Task.WhenAll(new[] { one, here, three, bob }.Select(s => app.OpensAsync(s.AccessToken))));
        Assert.All(await app.AuditAsync(AuditActions.SessionsEnded), e => Assert.Equal(EndReason.OtherDevice, e.Reason));
    }

    [Fact]
    public async Task All_of_them()
    {
        await using var app = await ExeuntApp.StartAsync();
        var (one, here) = (await app.SignUpAsync("ada@example.com"), await app.SignInAsync("ada@example.com"));
        var bob = await app.SignUpAsync("bob@example.com");

        Assert.Equal(2, (await DeleteAsync(app, "", here, 200)).GetProperty("ended").GetInt64());

        Assert.Equal((bool[])[false, false, true], await Task.WhenAll(new[] { one, here, bob }.Select(s => app.OpensAsync(s.AccessToken))));
        Assert.Equal(EndReason.LogoutAll, Assert.Single(await app.AuditAsync(AuditActions.SessionsEnded)).Reason);
        await DeleteAsync(app, "", here, 401);
        Assert.True(await app.OpensAsync((await app.SignInAsync("ada@example.com")).AccessToken));
    }

    [Theory]
    [InlineData("")]
    [InlineData("current")]
    [InlineData("others")]
    [InlineData("ses_01890a5dac967b2e8000000000")]
    public async Task BRR_2_without_credentials_the_answer_is_401_with_a_challenge_and_no_error(string which)
    {
        await using var app = await ExeuntApp.StartAsync();

        using var response = await app.Client().DeleteAsync("api/v1/sessions/" + which);

        await response.ProblemAsync(401, "unauthenticated");
        Assert.Equal("Bearer realm=\"exeunt\"", response.Headers.WwwAuthenticate.ToString());
    }

    private static async Task<JsonElement> DeleteAsync(ExeuntApp app, string which, SignedIn by, int status)
    {
        using var response = await app.Client(by.AccessToken).DeleteAsync($"api/v1/sessions/{which}".TrimEnd('/'));
        return await response.JsonAsync(status);
    }
}
