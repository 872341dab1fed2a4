using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Revocations;
using Exeunt.Storage;

namespace Exeunt.Admin;

/// <summary>Lets an account sign in again. Its old sessions stay ended.</summary>
public sealed class EnableAccount(Ledger ledger)
{
    /// <summary>Enables the account.</summary>
    public Task<AccountChange> HandleAsync(UserId id, Actor by, Origin from) => ledger.RunAsync<AccountChange>(async transaction =>
    {
        if ((await Authority.OfAsync(transaction, by)).WhyNot is { } why) return new AccountChange.NotAllowed(why);
        if (await transaction.UserAsync(id) is not { } user) return new AccountChange.NotFound();
        if (user.DisabledAt is null) return new AccountChange.Done(user, 0);

        var enabled = user with { DisabledAt = null };
        transaction.Update(enabled);
        transaction.Append(new AuditEntry
        {
            At = transaction.Now,
            Action = AuditActions.AccountEnabled,
            By = by,
            User = id,
            Address = from.Address,
            UserAgent = from.UserAgent,
        });
        return new AccountChange.Done(enabled, 0);
    });
}
