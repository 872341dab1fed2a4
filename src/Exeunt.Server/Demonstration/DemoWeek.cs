using System.Security.Cryptography;
using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Hosting;
using Exeunt.Keys;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;

namespace Exeunt.Server.Demonstration;

/// <summary>
/// A week of a few people: more sign-ins by day than by night and on working days than on others, a wrong password now and then, sessions that are used for
/// days, and every common way of ending one. A stolen token is among them.
/// </summary>
internal sealed class DemoWeek(
    DemoClock clock, List<User> people, OpenSession open, RefreshSession refresh, Revoker revoker, FailureAudit failures, TokenMint mint, ServerKeys keys, ExeuntOptions options)
{
    /// <summary>How far back it begins.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromDays(7);

    // Sign-ins of a working day, for each hour of it (UTC).
    private static readonly int[] Hours = [0, 0, 0, 0, 1, 1, 2, 4, 6, 5, 4, 3, 2, 4, 4, 3, 3, 2, 1, 2, 1, 2, 1, 0];

    // Addresses of the documentation networks of RFC 5737.
    private static readonly (string? Name, string Network, string UserAgent)[] Devices =
    [
        ("Work laptop", "192.0.2", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"),
        (null, "198.51.100", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"),
        (null, "203.0.113", "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15"),
        (null, "198.51.100", "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36"),
        ("Home computer", "203.0.113", "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0"),
    ];

    private readonly PriorityQueue<Func<Task>, DateTimeOffset> coming = new();
    private readonly Dictionary<UserId, SessionId> newest = [];
    private bool isStolen;

    /// <summary>Lets it happen, one thing after the other.</summary>
    /// <param name="end">When the week is over; what would come later does not happen.</param>
    /// <param name="ct">Stops it.</param>
    public async Task LiveAsync(DateTimeOffset end, CancellationToken ct)
    {
        for (var hour = clock.GetUtcNow(); hour < end; hour = hour.AddHours(1))
        {
            var often = hour.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday ? 55 : 85;
            for (var one = 0; one < Hours[hour.Hour]; one++)
            {
                if (Chance(often)) coming.Enqueue(SignInAsync, hour.AddMinutes(Below(60)).AddSeconds(Below(60)));
            }
        }

        while (coming.TryDequeue(out var happens, out var at) && at < end)
        {
            ct.ThrowIfCancellationRequested();
            clock.MoveTo(at);
            await happens();
        }
    }

    private async Task SignInAsync()
    {
        var who = Below(people.Count);
        var user = people[who];
        var device = Devices[(who + Below(3)) % Devices.Length];
        var from = new Origin($"{device.Network}.{10 + who}", device.UserAgent);
        if (Chance(12)) await MistypeAsync(user, from);
        if (await open.HandleAsync(user, new(null, device.Name, from, options.Tokens.Lifetime)) is not { } live) return;

        newest[user.Id] = live.Session.Id;
        switch (Below(100))
        {
            case < 60: Later(hours: 8, () => EndAsync(live, EndReason.User)); break;
            case < 78: Later(hours: 24, () => EndAsync(live, EndReason.OtherDevice)); break;
            case < 81: Later(hours: 12, () => EndAsync(live, EndReason.LogoutAll)); break;
            case < 84: Later(hours: 24, () => EndAsync(live, EndReason.Admin)); break;
            default: Later(hours: 6, () => UseAsync(live, from)); break;
        }
    }

    private Task MistypeAsync(User user, Origin from) => failures.RecordAsync(new()
    {
        At = default, // given when it is written
        Action = AuditActions.SignInFailed,
        By = Actor.Nobody,
        User = user.Id,
        Device = DeviceKind.Of(from.UserAgent),
        Claimed = user.Email,
        Address = from.Address,
        UserAgent = from.UserAgent,
    });

    // From another device it is ended by the newest session that its owner has; the door refuses that when it is over itself.
    private Task EndAsync(LiveSession live, EndReason reason)
    {
        var user = live.User.Id;
        var own = live.Session.Id;
        var by = reason == EndReason.OtherDevice ? newest[user] : own;
        return revoker.EndAsync(new()
        {
            Scope = reason == EndReason.LogoutAll ? new EndScope.AllOf(user) : new EndScope.OneSession(own),
            By = reason == EndReason.Admin ? Actor.Operator : new(ActorKind.User, user, by),
            Reason = by == own && reason == EndReason.OtherDevice ? EndReason.User : reason,
            From = reason == EndReason.Admin ? Origin.Here : new(live.Session.Address, live.Session.UserAgent),
        });
    }

    // Again and again, until it has ended; of one of them somebody has made a copy.
    private async Task UseAsync(LiveSession live, Origin from)
    {
        if (!RefreshToken.TryOpen(keys, mint.RefreshToken(live.Session, live.Generation), out var token)) return;
        if (await refresh.HandleAsync(token, null, from) is not RefreshOutcome.Refreshed { Live: var next }) return;
        Later(hours: 6, () => UseAsync(next, from));
        if (isStolen) return;

        isStolen = true;
        var thief = new Origin("192.0.2.200", Devices.First(device => DeviceKind.Of(device.UserAgent) != DeviceKind.Of(from.UserAgent)).UserAgent);
        Later(hours: 3, () => refresh.HandleAsync(token, null, thief));
    }

    private void Later(int hours, Func<Task> what) => coming.Enqueue(what, clock.GetUtcNow().AddMinutes(5 + Below(60 * hours)));

    private static int Below(int end) => RandomNumberGenerator.GetInt32(end);

    private static bool Chance(int percent) => Below(100) < percent;
}
