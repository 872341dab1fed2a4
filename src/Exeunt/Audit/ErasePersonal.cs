using Exeunt.Protocol.Ids;
using Exeunt.Storage;

namespace Exeunt.Audit;

/// <summary>
/// Erases what the audit trail and the session rows hold of a person: addresses, user agents, device names, what was typed. Commitments stay, so the chain
/// still verifies; without the salts, which are erased as well, they tell nothing. What happened, and to which account id, stays on record.
/// </summary>
public sealed class ErasePersonal(Ledger ledger)
{
    private const int BatchSize = 500;

    /// <summary>Erases in small batches and returns how many rows it changed. Can be repeated; one that was cut off is finished by the next.</summary>
    public async Task<long> HandleAsync(UserId user, Actor by, Origin from)
    {
        // The entry first: from then on, what is missing has an answer.
        long erased = await ledger.RunAsync(transaction =>
        {
            transaction.Append(new AuditEntry
            {
                At = transaction.Now,
                Action = AuditActions.PersonalErased,
                By = by,
                User = user,
                Address = from.Address,
                UserAgent = from.UserAgent,
            });
            return transaction.ErasePersonalAsync(user, BatchSize);
        });

        int more;
        do
        {
            more = await ledger.RunAsync(transaction => transaction.ErasePersonalAsync(user, BatchSize));
            erased += more;
        }
        while (more > 0);
        return erased;
    }
}
