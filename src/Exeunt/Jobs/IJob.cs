namespace Exeunt.Jobs;

/// <summary>
/// Work that the server does by itself. A round may be repeated, may meet another process doing the same, and may be cut off anywhere: what it finds done it
/// leaves alone. Long work goes through the ledger in small transactions (<see cref="Storage.Ledger.RunJobAsync{T}"/>), each of about the cost of a commit: a logout never
/// waits for more than one of them.
/// </summary>
public interface IJob
{
    /// <summary>What logs call it.</summary>
    string Name { get; }

    /// <summary>Time from round to round, ledger time.</summary>
    TimeSpan Every { get; }

    /// <summary>Time from the start of the server to the first round, which a server that is restarted often must reach.</summary>
    TimeSpan First => Every;

    /// <summary>Whether every node runs it for itself, because it looks after the node rather than the ledger. Default false: one node at a time.</summary>
    bool IsOfNode => false;

    /// <summary>Does what there is to do now.</summary>
    /// <param name="ct">Stops between two transactions.</param>
    Task RunOnceAsync(CancellationToken ct);
}
