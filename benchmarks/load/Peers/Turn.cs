using System.Diagnostics;
using Exeunt.LoadBench.Load;
using Exeunt.LoadBench.Results;

namespace Exeunt.LoadBench.Peers;

/// <summary>What one contender did in one round.</summary>
internal sealed class Turn
{
    public const int Alone = 1;
    public const int Some = 16;
    public const int Many = 64;

    private const int Sample = 20; // sessions of each run that are looked at again

    private Turn()
    {
    }

    public required Pace LogoutAlone { get; init; }

    public required Pace LogoutSome { get; init; }

    public required Pace LogoutMany { get; init; }

    /// <summary>Null where it is no other thing than a logout.</summary>
    public Pace? LogoutByAccess { get; private set; }

    public Pace? Refresh { get; private set; }

    public Pace? Request { get; private set; }

    public Pace? Introspection { get; private set; }

    /// <summary>Milliseconds that logging out everywhere took with one session and with many; null where there is no such thing.</summary>
    public (double One, double Many)? LogoutAll { get; private set; }

    /// <summary>Processor time of the server for a logout with 64 in flight, in microseconds.</summary>
    public double ProcessorTime { get; private set; }

    /// <summary>Does every job once.</summary>
    /// <exception cref="InvalidDataException">An answer was wrong, or a session that had ended went on.</exception>
    public static async Task<Turn> RunAsync(Contender contender, Amounts amounts)
    {
        await contender.SettleAsync();
        var (alone, some) = (await LogoutsAsync(contender, amounts.LogoutsAlone, Alone), await LogoutsAsync(contender, amounts.LogoutsOfSome, Some));
        var before = contender.ProcessorTime;
        var turn = new Turn { LogoutAlone = alone, LogoutSome = some, LogoutMany = await LogoutsAsync(contender, amounts.LogoutsOfMany, Many) };
        turn.ProcessorTime = (contender.ProcessorTime - before).TotalMicroseconds / amounts.LogoutsOfMany;
        turn.LogoutByAccess = await LogoutsByAccessAsync(contender, amounts);
        turn.Refresh = await RefreshesAsync(contender, amounts);
        await turn.RequestsAsync(contender, amounts);
        turn.LogoutAll = await LogoutAllAsync(contender);
        return turn;
    }

    private static async Task<Pace> LogoutsAsync(Contender contender, int amount, int inFlight)
    {
        var sessions = contender.Supply.Next(amount);
        var pace = await contender.RunAsync([.. sessions.Select(contender.Wire.Logout)], inFlight, contender.Wire.IsLoggedOut);
        MustBeOver(contender, sessions);
        return pace;
    }

    private static async Task<Pace?> LogoutsByAccessAsync(Contender contender, Amounts amounts)
    {
        if (!contender.IsOurs) return null;
        var sessions = contender.Fresh(contender.Supply.Next(amounts.LogoutsOfMany));
        var pace = await contender.RunAsync([.. sessions.Select(session => contender.Wire.LogoutByAccess(session)!)], Many, contender.Wire.IsLoggedOut);
        MustBeOver(contender, sessions);
        return pace;
    }

    private static async Task<Pace?> RefreshesAsync(Contender contender, Amounts amounts)
    {
        byte[]?[] requests = [.. contender.Supply.Next(amounts.Refreshes).Select(contender.Wire.Refresh)];
        return requests[0] is null ? null : await contender.RunAsync(requests!, Some, contender.Wire.IsRefreshed);
    }

    private async Task RequestsAsync(Contender contender, Amounts amounts)
    {
        var callers = contender.Fresh(contender.Supply.Next(Amounts.Callers));
        Request = await contender.RunAtAppAsync(InTurns(callers, amounts.Requests, contender.Wire.Request), Many, contender.Wire.IsLetIn);
        if (contender.Wire.Introspect(callers[0]) is null) return;
        Introspection = await contender.RunAsync(InTurns(callers, amounts.Introspections, session => contender.Wire.Introspect(session)!), Many, contender.Wire.IsActive);
    }

    // One after the other, as all the rest: what somebody does behind a logout's answer falls into the time of the next.
    private static async Task<(double One, double Many)?> LogoutAllAsync(Contender contender)
    {
        if (!contender.Wire.LogsOutEverywhere) return null;
        var singles = Enumerable.Range(0, Amounts.SinglesInRound).Select(_ => contender.Supply.NextSingle()).ToList();
        var larges = Enumerable.Range(0, Amounts.LargesInRound).Select(_ => contender.Supply.NextLarge()).ToList();
        return (await TimeAsync(singles), await TimeAsync(larges));

        async Task<double> TimeAsync(IReadOnlyList<IReadOnlyList<Held>> users)
        {
            var callers = contender.Fresh([.. users.Select(sessions => sessions[0])]);
            byte[][] requests = [.. callers.Select(caller => contender.Wire.LogoutAll(caller)!)];
            await contender.SettleAsync();
            var took = new List<double>();
            using (var connection = contender.Connect())
            {
                foreach (var (request, sessions) in requests.Zip(users))
                {
                    var asked = Stopwatch.GetTimestamp();
                    var answer = connection.Ask(request);
                    took.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
                    if (!contender.Wire.HasEnded(answer, sessions.Count)) throw new InvalidDataException($"{contender.Name}: logging out everywhere did not end {sessions.Count} sessions.");
                }
            }

            foreach (var (caller, sessions) in callers.Zip(users)) MustBeOver(contender, [caller, .. sessions.Skip(1)]);
            return Spread.Of(took).Median;
        }
    }

    private static byte[][] InTurns(IReadOnlyList<Held> callers, int amount, Func<Held, byte[]> ask)
    {
        byte[][] each = [.. callers.Select(ask)];
        return [.. Enumerable.Range(0, amount).Select(i => each[i % each.Length])];
    }

    // Some say yes to whatever they are asked to end, so the answer alone proves nothing.
    private static void MustBeOver(Contender contender, IReadOnlyList<Held> sessions)
    {
        var step = Math.Max(1, sessions.Count / Sample);
        if (!Trial.AreOver(contender, sessions.Where((_, i) => i % step == 0))) throw new InvalidDataException($"{contender.Name}: a session that had ended went on.");
    }
}
