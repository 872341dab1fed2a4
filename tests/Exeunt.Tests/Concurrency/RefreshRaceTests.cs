using System.Net;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Concurrency;

/// <summary>Refreshes that meet each other, lost answers, copies and endings, over HTTP with an injected clock.</summary>
public class RefreshRaceTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task RT_7_fifty_parallel_refreshes_of_one_token_give_one_successor()
    {
        await using var app = await ExeuntApp.StartAsync();
        var signedIn = await app.SignUpAsync("ada@example.com");

        var answers = await Races.AtOnceAsync(Enumerable.Repeat(() => RefreshAsync(app, signedIn.RefreshToken), 50));

        Assert.All(answers, Assert.NotNull);
        var successor = Assert.Single(answers.Select(a => a!.RefreshToken).Distinct());
        Assert.NotEqual(signedIn.RefreshToken, successor);
        Assert.NotNull(await RefreshAsync(app, successor));
    }

    [Fact]
    public async Task P6_a_lost_answer_loses_nothing_inside_and_after_the_window()
    {
        await using var app = await ExeuntApp.StartAsync();
        var signedIn = await app.SignUpAsync("ada@example.com");

        await RefreshAsync(app, signedIn.RefreshToken); // lost
        app.Clock.Advance(Window / 2);
        var again = await RefreshAsync(app, signedIn.RefreshToken); // lost as well
        Assert.NotNull(again);
        app.Clock.Advance(Window * 2);
        var late = await RefreshAsync(app, signedIn.RefreshToken);
        Assert.NotNull(late);
        Assert.NotEqual(again.RefreshToken, late.RefreshToken);
        app.Clock.Advance(Window * 2);
        Assert.NotNull(await RefreshAsync(app, late.RefreshToken));
        Assert.True(await IsAliveAsync(app, late.AccessToken));
    }

    /// <summary>Late, lost and repeated requests in any order, while somebody sets the clock: each answer is the one that DESIGN's table names.</summary>
    [Fact]
    public async Task RT_8_whatever_comes_late_or_again_is_answered_as_the_table_says()
    {
        var random = Races.Seeded(output);
        await using var app = await ExeuntApp.StartAsync(("Sessions:PerAccount", "100000"));
        await app.AddAccountAsync("ada@example.com");
        var cells = new HashSet<(string, bool)>();

        var rounds = Races.Long ? 400 : 40;
        for (var round = 0; round < rounds || (cells.Count < 6 && round < 10 * rounds); round++) // chance may leave a cell out for long
        {
            List<SignedIn> made = [await app.SignInAsync("ada@example.com")]; // by generation
            int? predecessor = null;
            var sinceTurn = TimeSpan.MaxValue;
            for (var step = 0; step < 12; step++)
            {
                app.Clock.ShiftWallClock(TimeSpan.FromMinutes(random.Next(-5, 6)));
                var pause = Window * random.Next(0, 5) / 2;
                app.Clock.Advance(pause);
                sinceTurn = sinceTurn == TimeSpan.MaxValue ? sinceTurn : sinceTurn + pause;
                var (current, presented) = (made.Count - 1, random.Next(4) > 0 ? made.Count - 1 : random.Next(made.Count));
                var (line, within) = (presented == current ? "current" : presented == predecessor ? "predecessor" : "void or older", sinceTurn < Window);
                cells.Add((line, within));

                var answer = await RefreshAsync(app, made[presented].RefreshToken);

                if (line == "void or older")
                {
                    Assert.True(answer is null && !await IsAliveAsync(app, made[^1].AccessToken), $"round {round}, step {step}: generation {presented} of {current} was no theft");
                    break;
                }

                Assert.True(answer is not null, $"round {round}, step {step}: {line}, within {within}, was refused");
                if (within)
                {
                    Assert.Equal(made[^1].RefreshToken, answer.RefreshToken);
                    continue;
                }

                Assert.DoesNotContain(made, one => one.RefreshToken == answer.RefreshToken);
                made.Add(answer);
                (predecessor, sinceTurn) = (presented, TimeSpan.Zero);
            }
        }

        Assert.Equal(6, cells.Count); // every cell of the table was met
    }

    [Fact]
    public async Task RT_5_a_copied_token_ends_the_session_at_the_next_turn_and_its_access_tokens_die()
    {
        await using var app = await ExeuntApp.StartAsync();
        var owner = await app.SignUpAsync("ada@example.com");
        var elsewhere = await app.SignInAsync("ada@example.com");
        var thief = owner;

        for (var turn = 0; turn < 2; turn++)
        {
            app.Clock.Advance(Window);
            owner = await RefreshAsync(app, owner.RefreshToken);
            Assert.NotNull(owner);
        }

        Assert.True(await IsAliveAsync(app, owner.AccessToken));
        Assert.Null(await RefreshAsync(app, thief.RefreshToken));

        Assert.False(await IsAliveAsync(app, owner.AccessToken));
        Assert.Null(await RefreshAsync(app, owner.RefreshToken));
        Assert.True(await IsAliveAsync(app, elsewhere.AccessToken)); // the other device has nothing to do with it
    }

    [Fact]
    public async Task P6_a_late_predecessor_from_another_kind_of_device_is_a_copy()
    {
        await using var app = await ExeuntApp.StartAsync();
        await app.AddAccountAsync("ada@example.com");
        const string Firefox = "Mozilla/5.0 (Windows NT 10.0; rv:130.0) Gecko/20100101 Firefox/130.0";
        var owner = await app.SignInAsync("ada@example.com", userAgent: Firefox);
        var next = await RefreshAsync(app, owner.RefreshToken, Firefox);
        app.Clock.Advance(Window * 2);

        Assert.Null(await RefreshAsync(app, owner.RefreshToken, "curl/8.5.0"));
        Assert.False(await IsAliveAsync(app, next!.AccessToken));
    }

    [Theory]
    [InlineData(-5)]
    [InlineData(+5)]
    public async Task A_wall_clock_set_by_minutes_turns_no_token_and_ends_no_session(int minutes)
    {
        await using var app = await ExeuntApp.StartAsync();
        var signedIn = await app.SignUpAsync("ada@example.com");
        var first = await RefreshAsync(app, signedIn.RefreshToken);

        app.Clock.ShiftWallClock(TimeSpan.FromMinutes(minutes));

        var second = await RefreshAsync(app, signedIn.RefreshToken);
        Assert.Equal(first!.RefreshToken, second!.RefreshToken); // no time has passed: the window still stands
        Assert.True(await IsAliveAsync(app, first.AccessToken));
        app.Clock.Advance(Window);
        Assert.NotNull(await RefreshAsync(app, second.RefreshToken));
    }

    [Fact]
    public async Task P1_an_inflight_refresh_never_revives_an_ended_session()
    {
        var random = Races.Seeded(output);
        await using var app = await ExeuntApp.StartAsync();
        await app.AddAccountAsync("ada@example.com");

        for (var round = 0; round < (Races.Long ? 200 : 10); round++)
        {
            app.Clock.ShiftWallClock(TimeSpan.FromMinutes(random.Next(-5, 6)));
            var signedIn = await app.SignInAsync("ada@example.com");
            var logoutAt = random.Next(20);
            var answers = await Races.AtOnceAsync(Enumerable.Range(0, 20).Select<int, Func<Task<SignedIn?>>>(i => async () =>
            {
                if (i != logoutAt) return await RefreshAsync(app, signedIn.RefreshToken);
                using var logout = await app.Client().PostAsync("api/v1/auth/logout", new { refresh_token = signedIn.RefreshToken });
                Assert.Equal(HttpStatusCode.OK, logout.StatusCode);
                return null;
            }));

            foreach (var answer in answers.OfType<SignedIn>())
            {
                Assert.False(await IsAliveAsync(app, answer.AccessToken), $"round {round}: an access token outlived the logout");
                Assert.Null(await RefreshAsync(app, answer.RefreshToken));
            }
        }
    }

    private static async Task<SignedIn?> RefreshAsync(ExeuntApp app, string refreshToken, string? userAgent = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "api/v1/auth/refresh") { Content = Json.Body(new { refresh_token = refreshToken }) };
        if (userAgent is not null) request.Headers.TryAddWithoutValidation("User-Agent", userAgent);
        using var response = await app.Client().SendAsync(request);
        if (response.StatusCode == HttpStatusCode.OK) return SignedIn.Of(await response.JsonAsync(200));
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        return null;
    }

    private static async Task<bool> IsAliveAsync(ExeuntApp app, string accessToken)
    {
        using var response = await app.Client(accessToken).GetAsync("api/v1/users/me");
        Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Unauthorized, $"{response.StatusCode}");
        return response.StatusCode == HttpStatusCode.OK;
    }
}
