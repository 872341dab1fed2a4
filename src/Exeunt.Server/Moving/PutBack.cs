using Exeunt.Audit;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Server.Commands;
using Exeunt.Sqlite;
using Exeunt.Storage;

namespace Exeunt.Server.Moving;

/// <summary>
/// Makes an older state the ledger again. It has forgotten endings: what this node still knows is written back, and because others may have known more, every
/// session that was opened before is ended, unless the operator says otherwise.
/// </summary>
internal static class PutBack
{
    /// <summary>Begins a new life of the ledger in this file.</summary>
    /// <param name="database">The file.</param>
    /// <param name="memory">The node's memory.</param>
    /// <param name="ct">Stops opening.</param>
    /// <returns>How many endings were written back.</returns>
    public static async Task<int> BeginAnewAsync(string database, string memory, CancellationToken ct)
    {
        await using var store = new SqliteLedger(database, TimeProvider.System);
        var takenBack = (await store.PutBackAsync(NodeMemoryKeeper.Read(memory, out _), ct)).TakenBack;
        await store.UnsealAsync(ct);
        return takenBack;
    }

    /// <summary>Ends everything that was opened until now.</summary>
    /// <returns>How many sessions were alive.</returns>
    public static async Task<long> EndEveryoneAsync(Workplace workplace)
    {
        var ended = await workplace.Get<Revoker>().EndAsync(new()
        {
            Scope = new EndScope.Everyone(),
            By = Actor.Operator,
            Reason = EndReason.Policy,
            From = Origin.Here,
            Detail = "older state put back",
        });
        return ended is EndOutcome.Ended(_, var count, _, _) ? count : throw new NotDoneException("The sessions could not be ended.");
    }

    /// <summary>What the operator should know about the sessions.</summary>
    public static string Sentence(int takenBack, long? ended) =>
        $"A new epoch begins; {takenBack} {(takenBack == 1 ? "ending" : "endings")} that this node still knew were written back. " + (ended is { } count
            ? $"Everybody signs in again: {count} {(count == 1 ? "session" : "sessions")} ended."
            : "Sessions go on. Endings that only others knew are lost: those sessions are alive again.");
}
