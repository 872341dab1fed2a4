using Exeunt.Audit;
using Exeunt.Authentication;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;

namespace Exeunt.Accounts;

/// <summary>Every way changing a password can go.</summary>
public abstract record ChangePasswordOutcome
{
    private ChangePasswordOutcome()
    {
    }

    /// <summary>The new password counts, and the other sessions have ended.</summary>
    public sealed record Changed(EndOutcome.Ended Others) : ChangePasswordOutcome;

    /// <summary>The current password is not this one, or the account has none.</summary>
    public sealed record WrongPassword : ChangePasswordOutcome;

    /// <summary>The new one would be guessed.</summary>
    public sealed record Weak(string Why) : ChangePasswordOutcome;

    /// <summary>The session that asks has ended meanwhile.</summary>
    public sealed record SessionEnded : ChangePasswordOutcome;

    /// <summary>Too many wrong passwords before; nothing was checked.</summary>
    public sealed record Throttled(TimeSpan RetryAfter) : ChangePasswordOutcome;
}

/// <summary>
/// Replaces a password. Whoever knew the old one must be gone, so the account's other sessions end in the same transaction in which the new hash begins to
/// count, and only if the session that asks is alive in it.
/// </summary>
public sealed class ChangePassword(
    Ledger ledger, Passwords passwords, PasswordPolicy policy, SignInThrottle throttle, FailureAudit failures, Revoker revoker)
{
    /// <summary>Changes the caller's password.</summary>
    /// <param name="caller">A live session.</param>
    /// <param name="current">The password until now.</param>
    /// <param name="wanted">The new one, at most <see cref="Passwords.Longest"/> characters.</param>
    /// <param name="from">Where from.</param>
    /// <param name="ct">Stops waiting; a change that has begun is made.</param>
    public async Task<ChangePasswordOutcome> HandleAsync(Identity caller, string current, string wanted, Origin from, CancellationToken ct)
    {
        var user = await ledger.Reads.FindUserAsync(caller.User, ct);

        // A stolen session must not be good for guessing the password: its guesses count like those of a sign-in.
        var (attempt, retryAfter) = await throttle.EnterAsync(user?.Email ?? caller.Subject, from.Address, ct);
        if (attempt is null) return new ChangePasswordOutcome.Throttled(retryAfter);
        using (attempt)
        {
            if (await passwords.CheckAsync(user, current, ct) is PasswordCheck.Wrong)
            {
                attempt.Failed();
                await failures.RecordAsync(Entry(caller, from, AuditActions.SignInFailed) with { Detail = "password change" });
                return new ChangePasswordOutcome.WrongPassword();
            }
        }

        if (await policy.WhyWeakAsync(wanted, [user!.Email, user.Name, current], ct) is { } why) return new ChangePasswordOutcome.Weak(why);
        var hash = await passwords.HashAsync(wanted, ct);
        return await ledger.RunAsync(transaction => ChangeAsync(transaction, caller, user.PasswordHash!, hash, from));
    }

    private async ValueTask<ChangePasswordOutcome> ChangeAsync(ILedgerTransaction transaction, Identity caller, string checkedHash, string newHash, Origin from)
    {
        // Of two changes at once the second one's current password is not the current one any more.
        if (await transaction.UserAsync(caller.User) is not { } user || user.PasswordHash != checkedHash) return new ChangePasswordOutcome.WrongPassword();

        var outcome = await revoker.EndAsync(transaction, new()
        {
            Scope = new EndScope.AllOf(caller.User, caller.Session),
            By = new(ActorKind.User, caller.User, caller.Session),
            Reason = EndReason.PasswordChanged,
            From = from,
        });
        if (outcome is not EndOutcome.Ended ended) return new ChangePasswordOutcome.SessionEnded();

        transaction.Update(user with { PasswordHash = newHash });
        transaction.Append(Entry(caller, from, AuditActions.PasswordChanged) with { At = transaction.Now, Event = ended.Event });
        return new ChangePasswordOutcome.Changed(ended);
    }

    private static AuditEntry Entry(Identity caller, Origin from, string action) => new()
    {
        At = default, // given when it is written
        Action = action,
        By = new(ActorKind.User, caller.User, caller.Session),
        User = caller.User,
        Session = caller.Session,
        Client = caller.Client,
        Device = DeviceKind.Of(from.UserAgent),
        Address = from.Address,
        UserAgent = from.UserAgent,
    };
}
