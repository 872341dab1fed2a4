using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Storage;

namespace Exeunt.Admin;

/// <summary>
/// Forgets a person (GDPR Art. 17): the account is disabled and its sessions end, its e-mail address, name and password go, and so do the personal values
/// of the audit trail and of its session rows. The account id stays, as the pseudonym under which the trail goes on telling what happened.
/// </summary>
public sealed class EraseAccount(Ledger ledger, DisableAccount disable, ErasePersonal erase)
{
    /// <summary>Erases. Can be repeated; one that was cut off is finished by the next.</summary>
    public async Task<AccountChange> HandleAsync(UserId id, Actor by, Origin from)
    {
        var change = await ledger.RunAsync(async transaction =>
        {
            var disabled = await disable.HandleAsync(transaction, id, by, from);
            if (disabled is not AccountChange.Done done) return disabled;

            var nameless = done.User with { Email = null, Name = null, PasswordHash = null, Roles = [] };
            transaction.Update(nameless);
            return done with { User = nameless };
        });
        if (change is AccountChange.Done) await erase.HandleAsync(id, by, from);
        return change;
    }
}
