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
    public async Task Endings_and_failures_are_counted_by_reason_day_and_device()
    {
        var random = Seeded.Random(out _);
        await using var world = await World.OpenAsync();
        var users = new[] { await world.AddUserAsync(), await world.AddUserAsync(), await world.AddUserAsync() };
        var start = world.Clock.GetUtcNow();
        List<(string? Reason, string Day, string? Device, long Sessions, bool Failed)> happened = [];

        for (var step = 0; step < 150; step++)
        {
            world.Clock.Advance(TimeSpan.FromMinutes(random.Next(1, 90)));
            var day = world.Clock.GetUtcNow().ToString("yyyy-MM-dd");
            var device = random.Pick(Agents.Keys.ToList());
            var user = random.Pick(users);
            var reason = random.Pick([EndReason.User, EndReason.Admin, EndReason.Policy]);
            var session = await world.SignInAsync(user, from: new("192.0.2.1", Agents[device]));
            switch (random.Next(4))
            {
                case 0:
                    await world.EndAsync(new EndScope.OneSession(session.Id), reason);
                    happened.Add((reason.ToWire(), day, device, 1, false));
                    break;
                case 1:
                    var alive = await world.Store.CountAliveAsync(new EndScope.AllOf(user.Id), Ct);
                    await world.EndAsync(new EndScope.AllOf(user.Id), reason);
                    happened.Add((reason.ToWire(), day, null, alive, false));
                    break;
                case 2:
                    await FailAsync(world, device, null);
                    happened.Add((null, day, device, 1, true));
                    break;
            }
        }

        await FailAsync(world, null, 25, AuditActions.FailuresCounted, AuditActions.SignInFailed);
        await FailAsync(world, null, 99, AuditActions.FailuresCounted, AuditActions.LogoutRefused); // no sign-ins
        happened.Add((null, world.Clock.GetUtcNow().ToString("yyyy-MM-dd"), null, 25, true));

        await ExpectAsync(AuditGroup.Reason, h => h.Reason);
        await ExpectAsync(AuditGroup.Day, h => h.Day);
        await ExpectAsync(AuditGroup.Device, h => h.Device);

        var empty = await new ReportAudit(world.Store, world.Store.Clock).HandleAsync(AuditGroup.Reason, start.AddDays(-9), start, Ct);
        Assert.Empty(empty.Rows);

        async Task ExpectAsync(AuditGroup group, Func<(string? Reason, string Day, string? Device, long Sessions, bool Failed), string?> key)
        {
            var report = await new ReportAudit(world.Store, world.Store.Clock).HandleAsync(group, null, null, Ct);
            var expected = happened.GroupBy(key).Select(g => new AuditTally(
                g.Key, g.LongCount(h => !h.Failed), g.Where(h => !h.Failed).Sum(h => h.Sessions), g.Where(h => h.Failed).Sum(h => h.Sessions)));
            Assert.Equal(expected.OrderBy(t => t.Key, StringComparer.Ordinal), report.Rows.OrderBy(t => t.Key, StringComparer.Ordinal));
            Assert.Equal(happened.LongCount(h => !h.Failed), report.Endings);
            Assert.Equal(happened.Where(h => !h.Failed).Sum(h => h.Sessions), report.Sessions);
            Assert.Equal(happened.Where(h => h.Failed).Sum(h => h.Sessions), report.FailedSignIns);
        }
    }

    private static Task<bool> FailAsync(World world, string? device, long? count, string action = AuditActions.SignInFailed, string? detail = null) => world.Ledger.RunAsync(transaction =>
    {
        transaction.Append(new AuditEntry { At = transaction.Now, Action = action, By = Actor.Nobody, Device = device, Count = count, Detail = detail });
        return new ValueTask<bool>(true);
    });
}
