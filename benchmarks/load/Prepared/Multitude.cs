using System.Security.Cryptography;
using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;

namespace Exeunt.LoadBench.Prepared;

/// <summary>Rows by the million, through the ledger's port and thousands in a transaction: opened one by one they would take an hour.</summary>
internal static class Multitude
{
    private const int PerTransaction = 5000;
    private const int SessionsPerAccount = 10;

    /// <summary>Writes sessions, ten to an account.</summary>
    /// <param name="store">Where.</param>
    /// <param name="sessions">How many.</param>
    /// <param name="openedAgo">How long ago each was opened, for a life of seven days: none, and it lives; longer than that, and its time is up.</param>
    public static Task AddSessionsAsync(ILedgerStore store, int sessions, TimeSpan openedAgo = default)
    {
        User user = null!;
        return AddAsync(store, sessions, (transaction, i) =>
        {
            if (i % SessionsPerAccount == 0) transaction.Insert(user = NewUser(transaction.Now - openedAgo));
            transaction.Insert(NewSession(user, transaction.Now - openedAgo));
        });
    }

    /// <summary>Writes revocations of sessions whose rows are gone, which every index has to hold for a day.</summary>
    public static Task AddRevocationsAsync(ILedgerStore store, int revocations) => AddAsync(store, revocations, (transaction, _) => transaction.Append(new Revocation
    {
        Event = Id.New<EventId>(transaction.Now),
        Scope = RevocationScope.Session,
        Issuer = Kernel.Issuer,
        Key = Id.New<SessionId>(transaction.Now).ToString(),
        Expires = transaction.Now.AddDays(1),
        At = transaction.Now,
        Reason = EndReason.User,
    }));

    /// <summary>Writes entries of the audit trail, each as a sign-in leaves it, at the ledger's time.</summary>
    public static Task AddAuditAsync(ILedgerStore store, int entries) => AddAsync(store, entries, (transaction, _) => transaction.Append(new AuditEntry
    {
        At = transaction.Now,
        Action = AuditActions.SignedIn,
        By = Actor.Nobody,
        Address = "203.0.113.7",
        UserAgent = "Mozilla/5.0 (X11; Linux x86_64)",
    }));

    private static async Task AddAsync(ILedgerStore store, int amount, Action<ILedgerTransaction, int> add)
    {
        for (var done = 0; done < amount; done += PerTransaction)
        {
            var from = done;
            await store.CommitAsync(transaction =>
            {
                for (var i = from; i < Math.Min(from + PerTransaction, amount); i++) add(transaction, i);
                return ValueTask.CompletedTask;
            });
        }
    }

    private static User NewUser(DateTimeOffset at)
    {
        var id = Id.New<UserId>(at);
        return new() { Id = id, Issuer = Kernel.Issuer, Subject = id.ToString(), Email = $"{id}@example.com", CreatedAt = at };
    }

    private static Session NewSession(User user, DateTimeOffset at) => new()
    {
        Id = Id.New<SessionId>(at),
        User = user.Id,
        Issuer = user.Issuer,
        Subject = user.Subject,
        Client = "default",
        UserAgent = "Mozilla/5.0 (X11; Linux x86_64)",
        Address = "203.0.113.7",
        OpenedAt = at,
        AuthenticatedAt = at,
        Amr = "pwd",
        LastSeenAt = at,
        ExpiresAt = at.AddDays(7),
        AbsoluteExpiresAt = at.AddDays(30),
        LastTokenExpiresAt = at.AddMinutes(15),
        Secret = RandomNumberGenerator.GetBytes(32),
        Generations = new(0, null, null),
    };
}
