using Exeunt.Audit;
using Exeunt.Sessions;
using Exeunt.Storage;

namespace Exeunt.Accounts;

/// <summary>Checks a password and opens a session.</summary>
public sealed class SignIn(Ledger ledger, Passwords passwords, OpenSession openSession)
{
    /// <summary>Null for a wrong password, an unknown or a disabled account: all look the same, and take the same time.</summary>
    public async Task<LiveSession?> HandleAsync(string email, string password, SignInContext context, CancellationToken ct)
    {
        var user = await ledger.Reads.FindUserByEmailAsync(User.Normalize(email), ct);
        var check = await passwords.CheckAsync(user, password, ct);
        if (check is not PasswordCheck.Wrong && user!.DisabledAt is null)
        {
            if (check is PasswordCheck.RightButOldHash) user = await RehashAsync(user, password, ct);
            if (await openSession.HandleAsync(user, context) is { } live) return live;
        }

        await RecordFailureAsync(user, email, context);
        return null;
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

    private Task<bool> RecordFailureAsync(User? user, string email, SignInContext context) => ledger.RunAsync(transaction =>
    {
        transaction.Append(new AuditEntry
        {
            At = transaction.Now,
            Action = AuditActions.SignInFailed,
            By = Actor.Nobody,
            User = user?.Id,
            Client = context.Client,
            Device = DeviceKind.Of(context.From.UserAgent),
            Claimed = email,
            Address = context.From.Address,
            UserAgent = context.From.UserAgent,
        });
        return new ValueTask<bool>(true);
    });
}
