using Exeunt.Admin;
using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Storage;

namespace Exeunt.Accounts;

/// <summary>Gives an account another password on behalf of the operator. Whoever was signed in with the old one is not any more.</summary>
public sealed class ResetPassword(Ledger ledger, Passwords passwords, Revoker revoker)
{
    /// <summary>Changes the password and ends all sessions of the account in one transaction.</summary>
    public async Task<AccountChange> HandleAsync(UserId id, string password, Actor by, CancellationToken ct)
    {
        var hash = await passwords.HashAsync(password, ct);
        return await ledger.RunAsync<AccountChange>(async transaction =>
        {
            if (await transaction.UserAsync(id) is not { PasswordHash: not null } user) return new AccountChange.NotFound();

            var changed = user with { PasswordHash = hash };
            transaction.Update(changed);
            transaction.Append(new AuditEntry { At = transaction.Now, Action = AuditActions.PasswordChanged, By = by, User = id });
            var outcome = await revoker.EndAsync(transaction, new() { Scope = new EndScope.AllOf(id), By = by, Reason = EndReason.PasswordChanged, From = Origin.Here });
            return new AccountChange.Done(changed, outcome is EndOutcome.Ended ended ? ended.Count : 0);
        });
    }
}
