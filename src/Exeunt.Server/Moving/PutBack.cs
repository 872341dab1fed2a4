using Exeunt.Audit;
using Exeunt.Keys;
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
    private const int LogPage = 1000;

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

    /// <summary>
    /// Takes signing keys out of use that were revoked after this state was made: they came back with it, and whoever stole one could sign with it again.
    /// </summary>
    /// <param name="workplace">The ledger, and the keys that were put back with it.</param>
    /// <param name="memory">The node's memory.</param>
    /// <param name="ct">Stops reading.</param>
    /// <returns>Their <c>kid</c>s.</returns>
    public static async Task<IReadOnlyList<string>> DropRevokedKeysAsync(Workplace workplace, string memory, CancellationToken ct)
    {
        var revoked = new HashSet<string>();
        var issuer = workplace.Get<RevocationRules>().OwnIssuer;
        Take(NodeMemoryKeeper.Read(memory, out _).Revocations);
        for (var after = 0L; await workplace.Ledger.Reads.RevocationsAfterAsync(after, LogPage, ct) is { Count: > 0 } page; after = page[^1].Sequence) Take(page);

        var dropped = new List<string>();
        foreach (var kid in revoked)
        {
            if (workplace.Get<KeyRing>().Drop(kid, workplace.Ledger.Clock.GetUtcNow()) is not { } changes) continue;
            await RotateKeys.RecordAsync(workplace.Ledger, Actor.Operator, changes);
            dropped.Add(kid);
        }

        // One by a key that counts vouches for those that the dropped ones signed.
        if (dropped.Count > 0) await workplace.Get<SignCheckpoint>().HandleAsync();
        return dropped;

        void Take(IEnumerable<Revocation> revocations)
        {
            foreach (var revocation in revocations.Where(revocation => revocation.Scope is RevocationScope.Key && revocation.Issuer == issuer)) revoked.Add(revocation.Key);
        }
    }

    /// <summary>What the operator should know about a key that was dropped.</summary>
    public static string KeySentence(string kid) => $"The signing key {kid} was revoked after this state was made; it is out of use again.";

    /// <summary>What the operator should know about the sessions.</summary>
    public static string Sentence(int takenBack, long? ended) =>
        $"A new epoch begins; {takenBack} {(takenBack == 1 ? "ending" : "endings")} that this node still knew were written back. " + (ended is { } count
            ? $"Everybody signs in again: {count} {(count == 1 ? "session" : "sessions")} ended."
            : "Sessions go on. Endings that only others knew are lost: those sessions are alive again.");
}
