using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Storage;

namespace Exeunt.Admin;

/// <summary>Shuts an account and ends all its sessions in one transaction: from then on nobody is in, and nobody gets in. Doing it twice is doing it once.</summary>
public sealed class DisableAccount(Ledger ledger, Revoker revoker)
{
    /// <summary>Disables the account.</summary>
    public Task<AccountChange> HandleAsync(UserId id, Actor by, Origin from) => ledger.RunAsync(transaction => HandleAsync(transaction, id, by, from));

    /// <summary>The same within a larger change.</summary>
    internal async ValueTask<AccountChange> HandleAsync(ILedgerTransaction transaction, UserId id, Actor by, Origin from)
    {
        if ((await Authority.OfAsync(transaction, by)).WhyNot is { } why) return new AccountChange.NotAllowed(why);
        if (await transaction.UserAsync(id) is not { } user) return new AccountChange.NotFound();
        if (user.DisabledAt is not null) return new AccountChange.Done(user, 0);

        // The sessions first: whoever disables their own account acts from one of them.
        var outcome = await revoker.EndAsync(transaction, new() { Scope = new EndScope.AllOf(id), By = by, Reason = EndReason.AccountDisabled, From = from });
        var disabled = user with { DisabledAt = transaction.Now };
        transaction.Update(disabled);
        transaction.Append(new AuditEntry
        {
            At = transaction.Now,
            Action = AuditActions.AccountDisabled,
            By = by,
            User = id,
            Address = from.Address,
            UserAgent = from.UserAgent,
        });
        return new AccountChange.Done(disabled, outcome is EndOutcome.Ended ended ? ended.Count : 0) { Ending = outcome };
    }
}
