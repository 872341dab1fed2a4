using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;

namespace Exeunt.Tests.Support;

/// <summary>Fills a ledger with rows of every kind, as months of use would: sessions that live, have ended and are covered, odd text, outside people.</summary>
internal static class ManyRows
{
    private const int PerBatch = 1000;

    /// <summary>Text that a database may trip over: NUL, half a character, quotes, another script.</summary>
    public const string OddText = "o'dd \0 \u001A1 \"text\" Пример 🦦";

    /// <summary>Writes this many sessions of a tenth as many accounts, each with its audit entries.</summary>
    public static async Task WriteAsync(ILedgerStore store, string issuer, int sessions)
    {
        for (var done = 0; done < sessions; done += PerBatch)
        {
            var from = done;
            await store.CommitAsync(transaction =>
            {
                User? user = null;
                for (var i = from; i < Math.Min(from + PerBatch, sessions); i++)
                {
                    if (i % 10 == 0) transaction.Insert(user = NewUser(issuer, i, transaction.Now));
                    Write(transaction, user!, i);
                }

                return ValueTask.CompletedTask;
            });
        }
    }

    /// <summary>Writes sessions and nothing else, all of one account or each ten of an account of their own.</summary>
    /// <param name="store">Where.</param>
    /// <param name="issuer">Of the accounts.</param>
    /// <param name="sessions">How many.</param>
    /// <param name="of">The one account; null for many.</param>
    /// <param name="openedAgo">Before now, for a life of seven days.</param>
    /// <returns>Their ids.</returns>
    public static async Task<IReadOnlyList<SessionId>> WriteSessionsAsync(ILedgerStore store, string issuer, int sessions, User? of = null, TimeSpan openedAgo = default)
    {
        const int NeverOutside = 30;
        var user = of;
        var written = new SessionId[sessions];
        for (var done = 0; done < sessions; done += PerBatch)
        {
            var from = done;
            await store.CommitAsync(transaction =>
            {
                var opened = transaction.Now - openedAgo;
                for (var i = from; i < Math.Min(from + PerBatch, sessions); i++)
                {
                    if (of is null && i % 10 == 0) transaction.Insert(user = NewUser(issuer, i * NeverOutside, opened) with { DisabledAt = null });
                    var session = NewSession(user!, i, opened);
                    transaction.Insert(session);
                    written[i] = session.Id;
                }

                return ValueTask.CompletedTask;
            });
        }

        return written;
    }

    private static void Write(ILedgerTransaction transaction, User user, int i)
    {
        var session = NewSession(user, i, transaction.Now);
        var by = new Actor(ActorKind.User, user.Id, session.Id);
        transaction.Insert(session);
        transaction.Append(new AuditEntry
        {
            At = transaction.Now,
            Action = AuditActions.SignedIn,
            By = by,
            User = user.Id,
            Session = session.Id,
            Client = session.Client,
            Device = OddText,
            Address = "203.0.113.7",
            UserAgent = i % 3 == 0 ? null : OddText,
            Claimed = i % 5 == 0 ? "claimed" : null,
        });
        if (i % 4 == 0)
        {
            var ending = Ending(transaction, user.Issuer, RevocationScope.Session, session.OutsideId ?? session.Id.ToString());
            transaction.Append(ending);
            transaction.Update(session with { End = new(ending.Event, ending.At, ending.Reason) });
            transaction.Append(new AuditEntry
            {
                At = transaction.Now,
                Action = AuditActions.SessionEnded,
                By = by,
                User = user.Id,
                Session = session.Id,
                Event = ending.Event,
                Reason = ending.Reason,
                Count = 1,
            });
        }

        if (i % 50 != 49) return;
        var cutOff = transaction.Append(Ending(transaction, user.Issuer, RevocationScope.User, user.Subject) with
        {
            UpTo = session.Id,
            UpToSecond = transaction.Now.ToUnixTimeSeconds(),
            Except = session.Id.ToString(),
        });
        if (i % 100 == 99) transaction.MarkSwept(cutOff); // one half as the sweep has left them, the other before it
    }

    private static User NewUser(string issuer, int i, DateTimeOffset now)
    {
        var id = Id.New<UserId>(now);
        var isOutside = i % 30 == 20;
        return new()
        {
            Id = id,
            Issuer = isOutside ? "https://outside.example" : issuer,
            Subject = isOutside ? $"outside\0{i} by {issuer}" : id.ToString(),
            Email = isOutside ? null : $"many{i}@{new Uri(issuer).Host}",
            Name = $"{OddText} {i}",
            Roles = i % 20 == 0 ? ["reader", OddText] : [],
            DisabledAt = i % 70 == 0 ? now : null,
            CreatedAt = now,
        };
    }

    private static Session NewSession(User user, int i, DateTimeOffset now)
    {
        var isOutside = user.Email is null;
        return new()
        {
            Id = Id.New<SessionId>(now),
            User = user.Id,
            Issuer = user.Issuer,
            OutsideId = isOutside ? $"sess_{user.Subject}_{i}" : null,
            Subject = user.Subject,
            Client = i % 7 == 0 ? OddText : "web",
            DeviceName = i % 2 == 0 ? OddText : null,
            UserAgent = "Mozilla/5.0",
            Address = "203.0.113.7",
            OpenedAt = now,
            AuthenticatedAt = i % 11 == 0 ? null : now,
            Amr = "pwd",
            LastSeenAt = now,
            ExpiresAt = now.AddDays(7),
            AbsoluteExpiresAt = now.AddDays(30),
            LastTokenExpiresAt = now.AddMinutes(15),
            Secret = BitConverter.GetBytes(i),
            Generations = new((uint)i + 2, i % 2 == 0 ? (uint)i : null, i % 2 == 0 ? now : null),
        };
    }

    private static Revocation Ending(ILedgerTransaction transaction, string issuer, RevocationScope scope, string key) => new()
    {
        Event = Id.New<EventId>(transaction.Now),
        Scope = scope,
        Issuer = issuer,
        Key = key,
        Expires = transaction.Now.AddDays(1),
        At = transaction.Now,
        Reason = EndReason.User,
    };
}
