using Exeunt.Accounts;
using Exeunt.Hosting;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Accounts;

public sealed class SignInThrottleTests
{
    private static readonly (string, string?)[] BehindProxy = [("Server:TrustedProxies:0", "127.0.0.1")];

    [Fact]
    public async Task After_five_failures_even_the_right_password_waits_out_the_quarter_of_an_hour()
    {
        await using var app = await ExeuntApp.StartAsync();
        await app.AddAccountAsync("ada@example.com");
        for (var i = 0; i < 5; i++) await (await LoginAsync(app, "ada@example.com", "wrong-one")).ProblemAsync(401, "wrong-credentials");
        app.Clock.Advance(TimeSpan.FromMinutes(5));

        using var refused = await LoginAsync(app, "ada@example.com", ExeuntApp.Password);

        await refused.ProblemAsync(429, "too-many-requests");
        Assert.Equal(TimeSpan.FromMinutes(10), refused.Headers.RetryAfter?.Delta);
        app.Clock.Advance(TimeSpan.FromMinutes(10));
        await app.SignInAsync("ada@example.com");
    }

    [Fact]
    public async Task Nobody_is_locked_out_by_a_stranger_at_another_address()
    {
        await using var app = await ExeuntApp.StartAsync(BehindProxy);
        await app.AddAccountAsync("ada@example.com");
        for (var i = 0; i < 6; i++) await LoginAsync(app, "ada@example.com", "wrong-one", "198.51.100.7");

        using var stranger = await LoginAsync(app, "ada@example.com", ExeuntApp.Password, "198.51.100.7");
        using var owner = await LoginAsync(app, "ada@example.com", ExeuntApp.Password, "203.0.113.9");

        Assert.Equal(429, (int)stranger.StatusCode);
        Assert.Equal(200, (int)owner.StatusCode);
    }

    [Fact]
    public async Task One_address_fails_at_many_accounts_only_so_often()
    {
        await using var app = await ExeuntApp.StartAsync(("Limits:FailuresPerAddress", "8"));
        for (var i = 0; i < 8; i++) await (await LoginAsync(app, $"user{i}@example.com", "wrong-one")).ProblemAsync(401, "wrong-credentials");

        using var refused = await LoginAsync(app, "another@example.com", "wrong-one");

        await refused.ProblemAsync(429, "too-many-requests");
    }

    [Fact]
    public async Task A_thousand_addresses_of_one_IPv6_household_are_one()
    {
        await using var app = await ExeuntApp.StartAsync(BehindProxy);
        for (var i = 0; i < 5; i++) await (await LoginAsync(app, "ada@example.com", "wrong-one", $"2001:db8:1:2::{i + 1:x}")).ProblemAsync(401, "wrong-credentials");

        using var same = await LoginAsync(app, "ada@example.com", "wrong-one", "2001:db8:1:2:ffff::1");
        using var next = await LoginAsync(app, "ada@example.com", "wrong-one", "2001:db8:1:3::1");

        Assert.Equal(429, (int)same.StatusCode);
        Assert.Equal(401, (int)next.StatusCode);
    }

    [Fact]
    public async Task Successful_sign_ins_are_not_throttled()
    {
        await using var app = await ExeuntApp.StartAsync(("Limits:FailuresPerAccountAndAddress", "2"), ("Limits:FailuresPerAddress", "3"));
        await app.AddAccountAsync("ada@example.com");

        var all = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => LoginAsync(app, "ada@example.com", ExeuntApp.Password)));

        Assert.All(all, r => Assert.Equal(200, (int)r.StatusCode));
    }

    [Fact]
    public async Task Guesses_at_once_are_no_more_than_guesses_one_after_the_other()
    {
        await using var app = await ExeuntApp.StartAsync();
        await app.AddAccountAsync("ada@example.com");

        var all = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => LoginAsync(app, "ada@example.com", $"guess number {i}")));

        Assert.Equal(5, all.Count(r => (int)r.StatusCode == 401));
        Assert.Equal(25, all.Count(r => (int)r.StatusCode == 429));
    }

    [Fact]
    public async Task Who_waits_behind_attempts_that_succeed_goes_on_when_they_are_done()
    {
        var clock = new TestClock();
        var throttle = new SignInThrottle(new ExeuntOptions { Limits = { FailuresPerAccountAndAddress = 1 } }, clock);
        var (first, _) = await throttle.EnterAsync("ada@example.com", "192.0.2.1", CancellationToken.None);
        var second = throttle.EnterAsync("ADA@example.com", "192.0.2.1", CancellationToken.None);
        Assert.False(second.IsCompleted);

        first!.Dispose();

        Assert.NotNull((await second).Attempt);
    }

    [Fact]
    public async Task Who_waits_behind_an_attempt_that_fails_is_refused()
    {
        var clock = new TestClock();
        var throttle = new SignInThrottle(new ExeuntOptions { Limits = { FailuresPerAccountAndAddress = 1 } }, clock);
        var (first, _) = await throttle.EnterAsync("ada@example.com", "192.0.2.1", CancellationToken.None);
        var second = throttle.EnterAsync("ada@example.com", "192.0.2.1", CancellationToken.None);

        first!.Failed();
        first.Dispose();

        var (attempt, retryAfter) = await second;
        Assert.Null(attempt);
        Assert.Equal(SignInThrottle.Window, retryAfter);
    }

    [Fact]
    public void The_table_never_holds_more_than_its_capacity_and_forgets_the_oldest_first()
    {
        var table = new AttemptTable(most: 1, TimeSpan.FromMinutes(15), capacity: 100);
        var now = new TestClock().GetUtcNow();
        for (uint i = 0; i < 1000; i++)
        {
            table.Start(i, now.AddSeconds(i));
            table.Finish(i, counts: true, now.AddSeconds(i));
            Assert.True(table.Count <= 100);
        }

        Assert.NotNull(table.Blocked(999, now.AddSeconds(1000)));
        Assert.Null(table.Blocked(0, now.AddSeconds(1000)));
    }

    private static Task<HttpResponseMessage> LoginAsync(ExeuntApp app, string email, string password, string? from = null) =>
        app.SendAsync(HttpMethod.Post, "api/v1/auth/login", new { email, password }, from is null ? [] : [("X-Forwarded-For", from)]);
}
