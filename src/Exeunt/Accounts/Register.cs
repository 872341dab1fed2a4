using Exeunt.Audit;
using Exeunt.Hosting;
using Exeunt.Keys;
using Exeunt.Protocol.Ids;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;

namespace Exeunt.Accounts;

/// <summary>What somebody who registers says.</summary>
/// <param name="Email">Read by <see cref="EmailAddress"/>.</param>
/// <param name="Password">At most <see cref="Passwords.Longest"/> characters.</param>
/// <param name="Name">Null when none was given.</param>
/// <param name="Invite">Null when none was given.</param>
/// <param name="From">Where from.</param>
public sealed record Registration(string Email, string Password, string? Name, string? Invite, Origin From);

/// <summary>Every way a registration can go.</summary>
public abstract record RegisterOutcome
{
    private RegisterOutcome()
    {
    }

    /// <summary>The account exists; nobody is signed in yet.</summary>
    public sealed record Registered(User User) : RegisterOutcome;

    /// <summary>The address has an account.</summary>
    public sealed record EmailTaken : RegisterOutcome;

    /// <summary>The password would be guessed.</summary>
    public sealed record Weak(string Why) : RegisterOutcome;

    /// <summary>Nobody may register here, or only with an invitation that this is not.</summary>
    public sealed record NotAdmitted(bool InviteWanted) : RegisterOutcome;

    /// <summary>Too many tries from this address.</summary>
    public sealed record Throttled(TimeSpan RetryAfter) : RegisterOutcome;
}

/// <summary>Makes an account for somebody who asks for one, as far as <c>Accounts:Registration</c> lets them.</summary>
public sealed class Register(
    Ledger ledger, Passwords passwords, PasswordPolicy policy, RegistrationThrottle throttle, RevocationRules rules, ServerKeys keys, ExeuntOptions options)
{
    /// <summary>
    /// Whether the address is taken is asked only after the hash has been made, inside the transaction: both answers take the same time, and of two who
    /// register at once one is told.
    /// </summary>
    public async Task<RegisterOutcome> HandleAsync(Registration wanted, CancellationToken ct)
    {
        if (options.Accounts.Registration is not ("open" or "invite")) return new RegisterOutcome.NotAdmitted(InviteWanted: false);
        if (throttle.Count(wanted.From.Address) is { } retryAfter) return new RegisterOutcome.Throttled(retryAfter);
        if (options.Accounts.Registration is "invite" && !InviteCode.Admits(keys, wanted.Invite, wanted.Email, ledger.Clock.GetUtcNow()))
            return new RegisterOutcome.NotAdmitted(InviteWanted: true);
        if (await policy.WhyWeakAsync(wanted.Password, [wanted.Email, wanted.Name], ct) is { } why) return new RegisterOutcome.Weak(why);

        var hash = await passwords.HashAsync(wanted.Password, ct);
        return await ledger.RunAsync(transaction => InsertAsync(transaction, wanted, hash));
    }

    private async ValueTask<RegisterOutcome> InsertAsync(ILedgerTransaction transaction, Registration wanted, string hash)
    {
        if (await transaction.UserByEmailAsync(User.Normalize(wanted.Email)) is not null) return new RegisterOutcome.EmailTaken();

        var id = Id.New<UserId>(transaction.Now);
        var user = new User
        {
            Id = id,
            Issuer = rules.OwnIssuer,
            Subject = id.ToString(),
            Email = wanted.Email,
            Name = wanted.Name,
            PasswordHash = hash,
            CreatedAt = transaction.Now,
        };
        transaction.Insert(user);
        transaction.Append(new AuditEntry
        {
            At = transaction.Now,
            Action = AuditActions.AccountCreated,
            By = new(ActorKind.User, id),
            User = id,
            Device = DeviceKind.Of(wanted.From.UserAgent),
            Address = wanted.From.Address,
            UserAgent = wanted.From.UserAgent,
        });
        return new RegisterOutcome.Registered(user);
    }
}
