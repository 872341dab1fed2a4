using Exeunt.Audit;
using Exeunt.Guard;
using Exeunt.Sessions;
using Exeunt.Storage;

namespace Exeunt.Accounts;

/// <summary>Every way a sign-in can go.</summary>
public abstract record SignInOutcome
{
    private SignInOutcome()
    {
    }

    /// <summary>A session has been opened.</summary>
    public sealed record SignedIn(LiveSession Live) : SignInOutcome;

    /// <summary>Wrong password, unknown or disabled account: all look the same, and take the same time.</summary>
    public sealed record Refused : SignInOutcome;

    /// <summary>Too many failed before; nothing was checked.</summary>
    public sealed record Throttled(TimeSpan RetryAfter) : SignInOutcome;
}

/// <summary>Checks a password and opens a session.</summary>
public sealed class SignIn(Ledger ledger, Passwords passwords, SignInThrottle throttle, FailureAudit failures, OpenSession openSession, RevocationIndex index)
{
    /// <summary>Signs in by e-mail address and password.</summary>
    /// <param name="email">As typed.</param>
    /// <param name="password">At most <see cref="Passwords.Longest"/> characters.</param>
    /// <param name="context">What the sign-in brings along.</param>
    /// <param name="ct">Stops waiting; an opened session stays opened.</param>
    public async Task<SignInOutcome> HandleAsync(string email, string password, SignInContext context, CancellationToken ct)
    {
        var (attempt, retryAfter) = await throttle.EnterAsync(email, context.From.Address, ct);

        // Looked up in either case: an entry that does not name its account could not be erased with it.
        using (attempt)
        {
            var user = await ledger.Reads.FindUserByEmailAsync(User.Normalize(email), ct);
            if (attempt is null)
            {
                await failures.RecordAsync(Failure(user, email, context) with { Detail = "throttled" });
                return new SignInOutcome.Throttled(retryAfter);
            }

            var check = await passwords.CheckAsync(user, password, ct);
            if (check is not PasswordCheck.Wrong && user!.DisabledAt is null)
            {
                if (check is PasswordCheck.RightButOldHash) user = await RehashAsync(user, password, ct);
                if (await OpenAsync(user, context, ct) is { } live) return new SignInOutcome.SignedIn(live);
            }

            attempt.Failed();
            await failures.RecordAsync(Failure(user, email, context));
            return new SignInOutcome.Refused();
        }
    }

    // An ending of everyone that is committed with the sign-in, or in the moment after it, covers the session before its owner has heard of it. Nobody is
    // answered with a dead token: whoever has just proved a password is given a session from after the ending, as if they had come that moment later.
    private async Task<LiveSession?> OpenAsync(User user, SignInContext context, CancellationToken ct)
    {
        var live = await openSession.HandleAsync(user, context);
        return live is not null && await HasEndedAsync(live.Session, ct) ? await openSession.HandleAsync(user, context) : live;
    }

    // The ledger is asked, because this node may not have heard of what another one ends; beside the hashing of a password that costs nothing.
    private async ValueTask<bool> HasEndedAsync(Session session, CancellationToken ct)
    {
        try
        {
            return await ledger.Reads.FindSessionAsync(session.Id, ct) is not { End: null };
        }
        catch (LedgerUnavailableException)
        {
            return index.IsRevoked(session.Facts); // the sign-in is recorded, and this is all that can be known now
        }
    }

    private async Task<User> RehashAsync(User user, string password, CancellationToken ct)
    {
        var hash = await passwords.HashAsync(password, ct);
        return await ledger.RunAsync(async transaction =>
        {
            var stored = await transaction.UserAsync(user.Id);
            if (stored?.PasswordHash != user.PasswordHash) return user; // changed meanwhile: opening the session will notice
            var renewed = stored! with { PasswordHash = hash };
            transaction.Update(renewed);
            return renewed;
        });
    }

    private static AuditEntry Failure(User? user, string email, SignInContext context) => new()
    {
        At = default, // given when it is written
        Action = AuditActions.SignInFailed,
        By = Actor.Nobody,
        User = user?.Id,
        Client = context.Client,
        Device = DeviceKind.Of(context.From.UserAgent),
        Claimed = email,
        Address = context.From.Address,
        UserAgent = context.From.UserAgent,
    };
}
