using System.Text.Json;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Sessions;

public sealed class SessionListTests
{
    private const string FirefoxOnWindows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";

    [Fact]
    public async Task The_list_shows_the_callers_devices_newest_first()
    {
        await using var app = await ExeuntApp.StartAsync();
        await app.AddAccountAsync("ada@example.com");
        var old = await app.SignInAsync("ada@example.com", device: "Ada's phone");
        app.Clock.Advance(TimeSpan.FromHours(1));
        var here = await app.SignInAsync("ada@example.com", userAgent: FirefoxOnWindows);
        await app.SignUpAsync("bob@example.com");

        using var response = await app.Client(here.AccessToken).GetAsync("api/v1/sessions");

        var answer = await response.JsonAsync(200);
        Assert.False(answer.TryGetProperty("next", out _));
        var (first, second) = Two(answer.GetProperty("sessions"));
        Assert.Equal(["id", "device", "address", "created_at", "last_seen_at", "expires_at", "current"], first.EnumerateObject().Select(m => m.Name));
        Assert.Equal(here.Session.ToString(), first.GetProperty("id").GetString());
        Assert.Equal("Firefox on Windows", first.GetProperty("device").GetString());
        Assert.Equal("127.0.0.1", first.GetProperty("address").GetString());
        Assert.True(first.GetProperty("current").GetBoolean());
        Assert.Equal(old.Session.ToString(), second.GetProperty("id").GetString());
        Assert.Equal("Ada's phone", second.GetProperty("device").GetString());
        Assert.False(second.GetProperty("current").GetBoolean());
        Assert.Equal(TimeSpan.FromHours(1), first.GetProperty("created_at").GetDateTimeOffset() - second.GetProperty("created_at").GetDateTimeOffset());
        Assert.Equal(TimeSpan.FromDays(7), first.GetProperty("expires_at").GetDateTimeOffset() - first.GetProperty("last_seen_at").GetDateTimeOffset());
    }

    [Fact]
    public async Task Sessions_that_ended_or_expired_are_not_listed()
    {
        await using var app = await ExeuntApp.StartAsync();
        await app.AddAccountAsync("ada@example.com");
        await app.SignInAsync("ada@example.com");
        app.Clock.Advance(TimeSpan.FromDays(7) + TimeSpan.FromMilliseconds(1));
        var ended = await app.SignInAsync("ada@example.com");
        var here = await app.SignInAsync("ada@example.com");
        using (await app.Client().PostAsync("api/v1/auth/logout", new { refresh_token = ended.RefreshToken }))
        using (var response = await app.Client(here.AccessToken).GetAsync("api/v1/sessions"))
        {
            var only = Assert.Single((await response.JsonAsync(200)).GetProperty("sessions").EnumerateArray());
            Assert.Equal(here.Session.ToString(), only.GetProperty("id").GetString());
        }
    }

    [Fact]
    public async Task Pages_together_are_the_whole_list()
    {
        await using var app = await ExeuntApp.StartAsync();
        await app.AddAccountAsync("ada@example.com");
        var all = new List<string>();
        SignedIn last = null!;
        for (var i = 0; i < 5; i++)
        {
            all.Insert(0, (last = await app.SignInAsync("ada@example.com")).Session.ToString());
            app.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        var (seen, next) = (new List<string>(), (string?)null);
        do
        {
            using var response = await app.Client(last.AccessToken).GetAsync($"api/v1/sessions?limit=2{(next is null ? "" : "&cursor=" + next)}");
            var page = await response.JsonAsync(200);
            seen.AddRange(page.GetProperty("sessions").EnumerateArray().Select(s => s.GetProperty("id").GetString()!));
            next = page.TryGetProperty("next", out var cursor) ? cursor.GetString() : null;
        }
        while (next is not null);

        Assert.Equal(all, seen);
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=201", "limit")]
    [InlineData("limit=-1", "limit")]
    [InlineData("limit=ten", "limit")]
    [InlineData("limit=1&limit=2", "limit")]
    [InlineData("limit=99999999999999", "limit")]
    [InlineData("cursor=nonsense", "cursor")]
    [InlineData("cursor=%00", "cursor")]
    public async Task A_page_that_does_not_exist_is_a_mistake_of_the_caller(string query, string field)
    {
        await using var app = await ExeuntApp.StartAsync();
        var ada = await app.SignUpAsync("ada@example.com");

        using var response = await app.Client(ada.AccessToken).GetAsync("api/v1/sessions?" + query);

        Assert.Equal(field, (await response.ProblemAsync(400, "invalid-field")).GetProperty("field").GetString());
    }

    private static (JsonElement First, JsonElement Second) Two(JsonElement array)
    {
        Assert.Equal(2, array.GetArrayLength());
        return (array[0], array[1]);
    }
}
