using Exeunt.Audit;
using Exeunt.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Exeunt.Tests.Audit;

public sealed class FailureAuditTests
{
    private static readonly (string, string?)[] Patient = [("Limits:FailuresPerAddress", "1000"), ("Limits:FailuresPerAccountAndAddress", "1000"), ("Server:TrustedProxies:0", "127.0.0.1")];

    [Fact]
    public async Task The_first_ten_failures_of_an_address_and_minute_are_recorded_each_and_the_rest_counted()
    {
        await using var app = await ExeuntApp.StartAsync();
        using var failures = new FailureAudit(app.Ledger, app.Clock, NullLogger<FailureAudit>.Instance); // not the server's, whose job runs beside us
        for (var i = 0; i < 25; i++) await failures.RecordAsync(Failure("198.51.100.7"));
        await failures.RecordAsync(Failure("203.0.113.9"));

        Assert.Equal(11, (await app.AuditAsync(AuditActions.SignInFailed)).Count);
        await failures.WriteCountsAsync(everything: false);
        Assert.Empty(await app.AuditAsync(AuditActions.FailuresCounted));

        app.Clock.Advance(TimeSpan.FromSeconds(60));
        await failures.WriteCountsAsync(everything: false);

        var counted = Assert.Single(await app.AuditAsync(AuditActions.FailuresCounted));
        Assert.Equal(15, counted.Count);
        Assert.Equal("198.51.100.7", counted.Address);
        await failures.RecordAsync(Failure("198.51.100.7"));
        Assert.Equal(12, (await app.AuditAsync(AuditActions.SignInFailed)).Count);
    }

    [Fact]
    public async Task The_addresses_of_one_IPv6_network_are_counted_as_one()
    {
        await using var app = await ExeuntApp.StartAsync();
        using var failures = new FailureAudit(app.Ledger, app.Clock, NullLogger<FailureAudit>.Instance);

        for (var i = 0; i < 13; i++) await failures.RecordAsync(Failure($"2001:db8:1:2:{i:x}::1"));
        await failures.RecordAsync(Failure("2001:db8:1:3::1"));
        await failures.WriteCountsAsync(everything: true);

        var each = await app.AuditAsync(AuditActions.SignInFailed);
        Assert.Equal((11, "2001:db8:1:2:9::1"), (each.Count, each[9].Address));
        var counted = Assert.Single(await app.AuditAsync(AuditActions.FailuresCounted));
        Assert.Equal((3, "2001:db8:1:2::"), (counted.Count, counted.Address));
    }

    [Fact]
    public async Task Ten_thousand_addresses_do_not_make_the_counter_grow_for_ever()
    {
        await using var app = await ExeuntApp.StartAsync();
        using var failures = new FailureAudit(app.Ledger, app.Clock, NullLogger<FailureAudit>.Instance);

        await Task.WhenAll(Enumerable.Range(0, 10_007).Select(i => failures.RecordAsync(Failure($"address {i}"))));
        await failures.WriteCountsAsync(everything: true);

        var counted = Assert.Single(await app.AuditAsync(AuditActions.FailuresCounted));
        Assert.Equal(7, counted.Count);
        Assert.Null(counted.Address);
    }

    [Fact]
    public async Task What_was_counted_is_recorded_when_the_server_stops()
    {
        await using var app = await ExeuntApp.StartAsync(Patient);
        for (var i = 0; i < 13; i++) await FailAsync(app, "198.51.100.7");

        await app.RestartAsync();

        Assert.Equal(3, Assert.Single(await app.AuditAsync(AuditActions.FailuresCounted)).Count);
    }

    [Fact]
    public async Task P2_counting_goes_on_after_a_failure_that_nobody_expected()
    {
        await using var world = await World.OpenAsync();
        using var log = new LogLines();
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(log));
        using var failures = new FailureAudit(world.Ledger, world.Clock, loggers.CreateLogger<FailureAudit>());
        await failures.StartAsync(TestContext.Current.CancellationToken);

        // Not the ledger being away, which is expected: an entry that it refuses.
        world.Tamper(db => db.Execute($"create trigger refuse before insert on audit when new.action = '{AuditActions.FailuresCounted}' begin select raise(abort, 'no'); end"));
        for (var i = 0; i < 12; i++) await failures.RecordAsync(Failure("198.51.100.7"));
        await MinutesUntilAsync(() => ValueTask.FromResult(log.All.Any(
            line => line.Contains(" 1301:", StringComparison.Ordinal) && line.Contains(nameof(InvalidOperationException), StringComparison.Ordinal))));

        world.Tamper(db => db.Execute("drop trigger refuse"));
        for (var i = 0; i < 13; i++) await failures.RecordAsync(Failure("198.51.100.7"));
        await MinutesUntilAsync(async () => (await CountedAsync()).Count > 0);

        Assert.Equal(3, Assert.Single(await CountedAsync()).Entry.Count);
        await failures.StopAsync(TestContext.Current.CancellationToken);

        async Task<IReadOnlyList<AuditRecord>> CountedAsync() => [.. (await world.TrailAsync()).Where(record => record.Entry.Action == AuditActions.FailuresCounted)];

        async Task MinutesUntilAsync(Func<ValueTask<bool>> isSo)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            for (; !await isSo(); await Task.Yield())
            {
                patience.Token.ThrowIfCancellationRequested();
                Assert.False(failures.ExecuteTask!.IsCompleted);
                world.Clock.Advance(TimeSpan.FromMinutes(1));
            }
        }
    }

    [Fact]
    public async Task Throttled_attempts_are_failures_too()
    {
        await using var app = await ExeuntApp.StartAsync(("Limits:FailuresPerAccountAndAddress", "1"));
        var ada = await app.AddAccountAsync("ada@example.com");
        using (await app.Client().PostAsync("api/v1/auth/login", new { email = "ada@example.com", password = "wrong-one" }))
        using (await app.Client().PostAsync("api/v1/auth/login", new { email = "ada@example.com", password = "wrong-two" }))
        {
            Assert.Equal([(null, ada.Id), ("throttled", ada.Id)], (await app.AuditAsync(AuditActions.SignInFailed)).Select(e => (e.Detail, e.User!.Value)));
        }
    }

    private static AuditEntry Failure(string address) => new() { At = default, Action = AuditActions.SignInFailed, By = Actor.Nobody, Address = address };

    private static async Task FailAsync(ExeuntApp app, string from)
    {
        using var response = await app.SendAsync(HttpMethod.Post, "api/v1/auth/login", new { email = "ada@example.com", password = "wrong-one" }, ("X-Forwarded-For", from));
        await response.ProblemAsync(401, "wrong-credentials");
    }
}
