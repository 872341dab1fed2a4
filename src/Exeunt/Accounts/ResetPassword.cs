using System.Diagnostics;
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
    public async Task<AccountChange> HandleAsync(UserId id, string password, CancellationToken ct)
    {
        var hash = await passwords.HashAsync(password, ct);
        return await ledger.RunAsync<AccountChange>(async transaction =>
        {
            if (await transaction.UserAsync(id) is not { PasswordHash: not null } user) return new AccountChange.NotFound();

            var changed = user with { PasswordHash = hash };
            transaction.Update(changed);
            transaction.Append(new AuditEntry { At = transaction.Now, Action = AuditActions.PasswordChanged, By = Actor.Operator, User = id });
            var ending = new EndSessions { Scope = new EndScope.AllOf(id), By = Actor.Operator, Reason = EndReason.PasswordChanged, From = Origin.Here };
            return await revoker.EndAsync(transaction, ending) is EndOutcome.Ended ended
                ? new AccountChange.Done(changed, ended.Count)
                : throw new UnreachableException("The operator is never refused, and no password changes while sessions live."); // thrown, it changes nothing
        });
    }
}
