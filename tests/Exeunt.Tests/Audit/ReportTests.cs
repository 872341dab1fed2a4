using Exeunt.Audit;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Audit;

/// <summary>Reports tell the truth: they are compared with what the test itself has counted.</summary>
public class ReportTests
{
    private static readonly Dictionary<string, string> Agents = new()
    {
        ["Firefox on Windows"] = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0",
        ["Safari on iPhone"] = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0) Version/19.0 Safari/605.1",
        ["curl"] = "curl/8.5.0",
    };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Endings_failures_and_sign_ins_are_counted_by_reason_hour_day_and_device()
    {
        var random = Races.Seeded();
        await using var world = await World.OpenAsync();
        var users = new[] { await world.AddUserAsync(), await world.AddUserAsync(), await world.AddUserAsync() };
        var start = world.Clock.GetUtcNow();
        List<Happened> happened = [];

        for (var step = 0; step < 150; step++)
        {
            world.Clock.Advance(TimeSpan.FromMinutes(random.Next(1, 90)));
            var hour = world.Clock.GetUtcNow().ToString("yyyy-MM-ddTHH");
            var device = random.Pick(Agents.Keys.ToList());
            var user = random.Pick(users);
            var reason = random.Pick([EndReason.User, EndReason.Admin, EndReason.Policy]);
            var session = await world.SignInAsync(user, from: new("192.0.2.1", Agents[device]));
            happened.Add(new(null, hour, device, 1, What.SignIn));
            switch (random.Next(4))
            {
                case 0:
                    await world.EndAsync(new EndScope.OneSession(session.Id), reason);
                    happened.Add(new(reason.ToWire(), hour, device, 1, What.Ending));
                    break;
                case 1:
                    var alive = await world.Store.CountAliveAsync(new EndScope.AllOf(user.Id), Ct);
                    await world.EndAsync(new EndScope.AllOf(user.Id), reason);
                    happened.Add(new(reason.ToWire(), hour, null, alive, What.Ending));
                    break;
                case 2:
                    await FailAsync(world, device, null);
                    happened.Add(new(null, hour, device, 1, What.Failure));
                    break;
            }
        }

        await FailAsync(world, null, 25, AuditActions.FailuresCounted, AuditActions.SignInFailed);
        await FailAsync(world, null, 99, AuditActions.FailuresCounted, AuditActions.LogoutRefused); // no sign-ins
        happened.Add(new(null, world.Clock.GetUtcNow().ToString("yyyy-MM-ddTHH"), null, 25, What.Failure));

        await ExpectAsync(AuditGroup.Reason, h => h.Reason);
        await ExpectAsync(AuditGroup.Hour, h => h.Hour);
        await ExpectAsync(AuditGroup.Day, h => h.Hour[..10]);
        await ExpectAsync(AuditGroup.Device, h => h.Device);

        var empty = await new ReportAudit(world.Store, world.Store.Clock).HandleAsync(AuditGroup.Reason, start.AddDays(-9), start, endingsOnly: false, Ct);
        Assert.Empty(empty.Rows);

        happened.RemoveAll(h => h.What is not What.Ending);
        await ExpectAsync(AuditGroup.Reason, h => h.Reason, endingsOnly: true);
        await ExpectAsync(AuditGroup.Day, h => h.Hour[..10], endingsOnly: true);

        async Task ExpectAsync(AuditGroup group, Func<Happened, string?> key, bool endingsOnly = false)
        {
            var report = await new ReportAudit(world.Store, world.Store.Clock).HandleAsync(group, null, null, endingsOnly, Ct);
            var expected = happened.GroupBy(key).Select(g => new AuditTally(
                g.Key, g.LongCount(h => h.What is What.Ending), Sum(g, What.Ending), Sum(g, What.Failure), Sum(g, What.SignIn)));
            Assert.Equal(expected.OrderBy(t => t.Key, StringComparer.Ordinal), report.Rows.OrderBy(t => t.Key, StringComparer.Ordinal));
            Assert.Equal(happened.LongCount(h => h.What is What.Ending), report.Endings);
            Assert.Equal(
                (Sum(happened, What.Ending), Sum(happened, What.Failure), Sum(happened, What.SignIn)), (report.Sessions, report.FailedSignIns, report.SignIns));
        }
    }

    private static long Sum(IEnumerable<Happened> happened, What what) => happened.Where(h => h.What == what).Sum(h => h.Sessions);

    private static Task<bool> FailAsync(World world, string? device, long? count, string action = AuditActions.SignInFailed, string? detail = null) => world.Ledger.RunAsync(transaction =>
    {
        transaction.Append(new AuditEntry { At = transaction.Now, Action = action, By = Actor.Nobody, Device = device, Count = count, Detail = detail });
        return new ValueTask<bool>(true);
    });

    private enum What
    {
        Ending,
        Failure,
        SignIn,
    }

    private sealed record Happened(string? Reason, string Hour, string? Device, long Sessions, What What);
}
