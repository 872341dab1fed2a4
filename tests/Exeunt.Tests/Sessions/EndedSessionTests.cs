using Exeunt.Tests.Support;

namespace Exeunt.Tests.Sessions;

public sealed class EndedSessionTests
{
    [Fact]
    public async Task The_owner_sees_when_and_why_each_session_ended_and_nobody_elses()
    {
        await using var app = await ExeuntApp.StartAsync();
        await app.AddAccountAsync("ada@example.com");
        var idle = await app.SignInAsync("ada@example.com", device: "idle");
        app.Clock.Advance(TimeSpan.FromDays(7) + TimeSpan.FromMilliseconds(1));
        var left = await app.SignInAsync("ada@example.com", device: "left");
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        var ended = await app.SignInAsync("ada@example.com", device: "ended from here");
        var here = await app.SignInAsync("ada@example.com", device: "here");
        var bob = await app.SignUpAsync("bob@example.com");
        using (await app.Client().PostAsync("api/v1/auth/logout", new { refresh_token = left.RefreshToken }))
        using (await app.Client(here.AccessToken).DeleteAsync($"api/v1/sessions/{ended.Session}"))
        using (await app.Client().PostAsync("api/v1/auth/logout", new { refresh_token = bob.RefreshToken }))
        using (var response = await app.Client(here.AccessToken).GetAsync("api/v1/sessions/ended"))
        {
            var sessions = (await response.JsonAsync(200)).GetProperty("sessions").EnumerateArray().ToList();
            Assert.Equal(
                [("ended from here", "other_device"), ("left", "user"), ("idle", "idle_timeout")],
                sessions.Select(one => (one.GetProperty("device").GetString()!, one.GetProperty("reason").GetString()!)));
            Assert.Equal(["id", "device", "address", "created_at", "ended_at", "reason"], sessions[0].EnumerateObject().Select(member => member.Name));
            Assert.Equal(TimeSpan.FromDays(7), sessions[2].GetProperty("ended_at").GetDateTimeOffset() - sessions[2].GetProperty("created_at").GetDateTimeOffset());
            Assert.Equal(idle.Session.ToString(), sessions[2].GetProperty("id").GetString());
        }
    }

    [Fact]
    public async Task Pages_together_are_the_whole_history_and_none_is_empty_before_the_end()
    {
        await using var app = await ExeuntApp.StartAsync();
        await app.AddAccountAsync("ada@example.com");
        for (var i = 0; i < 3; i++)
        {
            app.Clock.Advance(TimeSpan.FromSeconds(1));
            var one = await app.SignInAsync("ada@example.com", device: $"{i}");
            using var left = await app.Client().PostAsync("api/v1/auth/logout", new { refresh_token = one.RefreshToken });
        }

        app.Clock.Advance(TimeSpan.FromSeconds(1));
        for (var alive = 0; alive < 4; alive++) await app.SignInAsync("ada@example.com");
        var here = await app.SignInAsync("ada@example.com");

        var seen = new List<string>();
        string? next = null;
        do
        {
            using var response = await app.Client(here.AccessToken).GetAsync($"api/v1/sessions/ended?limit=2{(next is null ? "" : $"&cursor={next}")}");
            var page = await response.JsonAsync(200);
            var devices = page.GetProperty("sessions").EnumerateArray().Select(one => one.GetProperty("device").GetString()!).ToList();
            next = page.TryGetProperty("next", out var cursor) ? cursor.GetString() : null;
            Assert.True(devices.Count > 0 || next is null);
            seen.AddRange(devices);
        }
        while (next is not null);

        Assert.Equal(["2", "1", "0"], seen);
    }

    [Fact]
    public async Task A_stranger_is_asked_to_sign_in()
    {
        await using var app = await ExeuntApp.StartAsync();
        using var response = await app.Client().GetAsync("api/v1/sessions/ended");
        await response.ProblemAsync(401, "unauthenticated");
    }
}
