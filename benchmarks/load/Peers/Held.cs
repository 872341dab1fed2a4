namespace Exeunt.LoadBench.Peers;

/// <summary>What one device holds.</summary>
/// <param name="User">Whose session it is.</param>
/// <param name="Refresh">What the session is kept alive and ended with.</param>
/// <param name="Access">What requests carry; empty until it has been asked for.</param>
internal sealed record Held(string User, string Refresh, string Access = "");

/// <summary>The sessions that were there before anything is measured, each to be used once.</summary>
internal sealed class Supply(IReadOnlyList<IReadOnlyList<Held>> users, int plain, int large)
{
    private readonly Queue<Held> sessions = new(users.Where(user => user.Count == plain).SelectMany(user => user));
    private readonly Queue<IReadOnlyList<Held>> largeUsers = new(users.Where(user => user.Count == large));
    private readonly Queue<IReadOnlyList<Held>> singleUsers = new(users.Where(user => user.Count == 1));

    /// <summary>So many sessions that nobody has used yet.</summary>
    public IReadOnlyList<Held> Next(int amount) => [.. Enumerable.Range(0, amount).Select(_ => sessions.Dequeue())];

    /// <summary>The sessions of the same user that nobody has used yet. Nobody will.</summary>
    public IReadOnlyList<Held> OthersOf(Held session)
    {
        var others = new List<Held>();
        while (sessions.TryPeek(out var next) && next.User == session.User) others.Add(sessions.Dequeue());
        return others;
    }

    /// <summary>All sessions of a user who has many.</summary>
    public IReadOnlyList<Held> NextLarge() => largeUsers.Dequeue();

    /// <summary>The session of a user who has no other.</summary>
    public IReadOnlyList<Held> NextSingle() => singleUsers.Dequeue();

    /// <summary>Reads what a peer tells of the sessions that it was filled with: a line for each, those of one user one after the other.</summary>
    public static Supply Read(string file, int plain, int large)
    {
        var users = new List<List<Held>>();
        foreach (var line in File.ReadLines(file))
        {
            var (user, refresh) = line.Split(' ') is [var one, var other] ? (one, other) : throw new InvalidDataException("A peer told of its sessions in another way.");
            if (users.Count == 0 || users[^1][0].User != user) users.Add([]);
            users[^1].Add(new(user, refresh));
        }

        return new(users, plain, large);
    }
}
