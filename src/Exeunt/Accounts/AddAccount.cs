using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Revocations;
using Exeunt.Storage;

namespace Exeunt.Accounts;

/// <summary>Makes an account on behalf of the operator, who answers for the strength of its password.</summary>
public sealed class AddAccount(Ledger ledger, Passwords passwords, RevocationRules rules)
{
    /// <summary>Null when the e-mail address has an account.</summary>
    public async Task<User?> HandleAsync(string email, string? name, string password, IReadOnlyList<string> roles, Actor by, CancellationToken ct)
    {
        var hash = await passwords.HashAsync(password, ct);
        return await ledger.RunAsync(async transaction =>
        {
            if (await transaction.UserByEmailAsync(User.Normalize(email)) is not null) return null;

            var id = Id.New<UserId>(transaction.Now);
            var user = new User
            {
                Id = id,
                Issuer = rules.OwnIssuer,
                Subject = id.ToString(),
                Email = email,
                Name = name,
                PasswordHash = hash,
                Roles = roles,
                CreatedAt = transaction.Now,
            };
            transaction.Insert(user);
            transaction.Append(new AuditEntry { At = transaction.Now, Action = AuditActions.AccountCreated, By = by, User = id, Detail = user.IsAdmin ? "administrator" : null });
            return user;
        });
    }
}
