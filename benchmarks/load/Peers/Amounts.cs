namespace Exeunt.LoadBench.Peers;

/// <summary>How much each contender is asked to do in one round, and what it must hold for that.</summary>
internal sealed record Amounts(Bench Bench)
{
    /// <summary>Sessions of an ordinary user.</summary>
    public const int Plain = 10;

    /// <summary>Sessions of a user who logs out everywhere.</summary>
    public const int Large = 10_000;

    /// <summary>Sessions that make authenticated requests in a round.</summary>
    public const int Callers = 200;

    private const int MostRounds = 5;
    private const int Spare = 200; // for checking that all is right, before anything is measured

    /// <summary>Rounds that count; one before them warms up.</summary>
    public int Rounds => Math.Min(Bench.Rounds, MostRounds);

    public int LogoutsAlone => Bench.Scaled(400);

    public int LogoutsOfSome => Bench.Scaled(2000);

    public int LogoutsOfMany => Bench.Scaled(6000);

    public int Refreshes => Bench.Scaled(2000);

    public int Requests => Bench.Scaled(8000);

    public int Introspections => Bench.Scaled(4000);

    /// <summary>Logouts of all of a user's sessions, of users with one session, of which the median counts.</summary>
    public static int SinglesInRound => 5;

    /// <summary>The same of users with many sessions.</summary>
    public static int LargesInRound => 3;

    /// <summary>Users who have ordinary numbers of sessions.</summary>
    /// <param name="byAccess">Whether logouts by access token are measured as well.</param>
    public int PlainUsers(bool byAccess) =>
        ((Rounds + 1) * (LogoutsAlone + LogoutsOfSome + (LogoutsOfMany * (byAccess ? 2 : 1)) + Refreshes + Callers) + Spare) / Plain;

    /// <summary>Users with many sessions.</summary>
    public int LargeUsers => (Rounds + 1) * LargesInRound;

    /// <summary>Users with one session.</summary>
    public int SingleUsers => (Rounds + 1) * SinglesInRound;

    /// <summary>The same as arguments for a peer that fills its own store.</summary>
    /// <param name="everywhere">Whether it can log a user out everywhere.</param>
    public IReadOnlyList<string> ForSeed(bool everywhere)
    {
        var plain = $"{PlainUsers(byAccess: false)}x{Plain}";
        return everywhere ? [plain, $"{LargeUsers}x{Large}", $"{SingleUsers}x1"] : [plain];
    }
}
