using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Hosting;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Providers;
using Exeunt.Revocations;
using Exeunt.Sessions;

namespace Exeunt.Storage.Journal;

/// <summary>
/// Writes a journaled ending into the ledger as it was decided then: its time, its cut-off and its event id are the record's. What the ledger already holds of
/// it, from a commit whose outcome nobody knew or from a replay that a crash cut short, is left as it is, so that replaying once or ten times is the same.
/// </summary>
public sealed class JournalReplay(ExeuntOptions options)
{
    /// <summary>What the audit trail says of every ending that came by way of the journal.</summary>
    public const string Journaled = "journaled";

    private const int PageSize = 500;

    /// <summary>Writes one record, within the caller's transaction.</summary>
    /// <param name="transaction">The one that brings the ledger back.</param>
    /// <param name="record">From the journal.</param>
    /// <param name="store">The ledger as it was before this transaction.</param>
    public async ValueTask ApplyAsync(ILedgerTransaction transaction, JournalRecord record, ILedgerStore store)
    {
        var held = record.Revocation is null ? null : await transaction.RevocationAsync(record.Event);
        var isInLog = held is not null;
        if ((isInLog || record.Revocation is null) && await IsInTrailAsync(record.Event, held?.At ?? record.At, store)) return;

        var entry = EntryOf(record, store.Epoch);
        switch (record.Revocation)
        {
            case null:
                transaction.Append(entry with { Action = AuditActions.LogoutRecorded, Reason = null, User = record.User, Session = record.Session });
                break;
            case { IsCutOff: true } cutOff:
                await CutOffAsync(transaction, record, cutOff, entry, isInLog);
                break;
            case var point:
                await EndAsync(transaction, record, point, entry, isInLog);
                break;
        }
    }

    // A logout that was only recorded has no place in the revocation log. One that has may be there without its entry: a ledger that lost it was given it back
    // out of a node's memory, which knows nothing of the trail. Both are written with one time: of a commit whose outcome nobody knew, that is the commit's.
    private static async ValueTask<bool> IsInTrailAsync(EventId ending, DateTimeOffset at, ILedgerStore store)
    {
        var query = new AuditQuery(From: at, To: at.AddMilliseconds(1), Limit: 1000);
        while (true)
        {
            var page = await store.AuditAsync(query, CancellationToken.None);
            if (page.Items.Any(known => known.Entry.Event == ending)) return true;
            if (page.Next is null) return false;
            query = query with { Cursor = page.Next };
        }
    }

    private async ValueTask EndAsync(ILedgerTransaction transaction, JournalRecord record, Revocation point, AuditEntry entry, bool isInLog)
    {
        var session = record.Outside is { } outside ? await OutsideAsync(transaction, record, point, outside)
            : record.Session is { } id ? await transaction.SessionAsync(id) : null;
        var isMarked = session?.End?.Event == record.Event;
        if (isMarked && !isInLog) return;

        if (record.Outside is { } told && session is not null && session.Subject != told.Subject)
        {
            // As without an outage: an id that was first seen with another person is not believed. Until now it was enforced here, as nobody could look it up.
            transaction.Append(entry with { Action = AuditActions.LogoutRefused, Reason = null, User = null, Detail = Join(entry.Detail, MirrorSession.Contradiction) });
            return;
        }

        if (session is null)
        {
            // Long gone, or of a ledger that was put back from an older copy: its tokens may still be about.
            if (!isInLog) transaction.Append(point);
            transaction.Append(entry with { Action = AuditActions.LogoutRecorded, Reason = null, User = record.User, Session = record.Session });
            return;
        }

        // Judged as of then. An ending that another node has recorded since then is later, and the earliest is the one that counts.
        var cutOff = await transaction.CutOffOverAsync(session);
        var how = isMarked ? null : session.Judge(cutOff?.At > record.At ? null : cutOff, record.At);
        var stale = record.Generation < session.Generations.Current ? Contracts.RefreshTokenContract.StaleCredential : null;
        var by = record.By is { Kind: ActorKind.User, User: null } unnamed ? unnamed with { User = session.User, Session = unnamed.Session ?? session.Id } : record.By;
        entry = entry with { By = by, User = session.User, Session = session.Id, Client = session.Client, Detail = Join(entry.Detail, stale) };
        if (!isInLog) transaction.Append(point with { Expires = Later(point.Expires, session.LastTokenExpiresAt + RevocationRules.Margin) });
        if (how is not null)
        {
            transaction.Append(entry with { Action = AuditActions.LogoutRecorded, Reason = null });
            return;
        }

        transaction.Update(session with { End = new(record.Event, record.At, record.Reason) });
        transaction.Append(entry with { Action = AuditActions.SessionEnded, Count = 1, Device = DeviceKind.Of(session.UserAgent) });
    }

    private static async ValueTask CutOffAsync(ILedgerTransaction transaction, JournalRecord record, Revocation cutOff, AuditEntry entry, bool isInLog)
    {
        var count = await CountAsync(transaction, record, cutOff);
        if (!isInLog) transaction.Append(cutOff with { Expires = Later(cutOff.Expires, transaction.LatestTokenExpiry + RevocationRules.Margin) });
        var scope = cutOff.Except is null ? "all" : "all but one";
        transaction.Append(entry with { Action = AuditActions.SessionsEnded, User = record.User, Count = count, Detail = Join(entry.Detail, record.Detail is null ? scope : null) });
    }

    // Those that it ends and that no earlier ending had ended. Sessions that were opened after it was taken are not among them.
    private static async ValueTask<long> CountAsync(ILedgerTransaction transaction, JournalRecord record, Revocation cutOff)
    {
        long alive = 0;
        SessionId? after = null;
        while (true)
        {
            var page = await transaction.CoveredUnmarkedAsync(cutOff, PageSize, after);
            foreach (var session in page)
            {
                var over = await transaction.CutOffOverAsync(session);
                if (session.Judge(over?.Event == record.Event ? null : over, record.At) is null) alive++; // itself, when a node's memory has given it back
            }

            if (page.Count < PageSize) return alive;
            after = page[^1].Id;
        }
    }

    // The row that it was mirrored into, or a new one: whoever asks later finds that the session was here, whose it was, and that it ended.
    private async ValueTask<Session> OutsideAsync(ILedgerTransaction transaction, JournalRecord record, Revocation point, JournaledToken token)
    {
        if (await transaction.SessionByOutsideIdAsync(point.Issuer, point.Key) is { } session) return session;

        var user = await transaction.UserBySubjectAsync(point.Issuer, token.Subject);
        if (user is null)
        {
            user = new User { Id = Id.New<UserId>(record.At), Issuer = point.Issuer, Subject = token.Subject, CreatedAt = record.At };
            transaction.Insert(user);
        }

        var ends = (token.AuthenticatedAt ?? record.At) + MirrorSession.LifetimeOf(options, point.Issuer);
        session = new Session
        {
            Id = Id.New<SessionId>(record.At),
            User = user.Id,
            Issuer = point.Issuer,
            OutsideId = point.Key,
            Subject = token.Subject,
            Client = record.Client ?? token.Provider,
            UserAgent = record.UserAgent,
            Address = record.Address,
            OpenedAt = record.At,
            AuthenticatedAt = token.AuthenticatedAt,
            Amr = "",
            LastSeenAt = record.At,
            ExpiresAt = ends,
            AbsoluteExpiresAt = ends,
            LastTokenExpiresAt = token.ExpiresAt,
        };
        transaction.Insert(session);
        return session;
    }

    private static AuditEntry EntryOf(JournalRecord record, string epoch) => new()
    {
        At = record.At,
        Action = "",
        By = record.By,
        Event = record.Event,
        Reason = record.Reason,
        Client = record.Client,
        Detail = Join(record.Epoch == epoch || record.Epoch.Length == 0 ? Journaled : $"{Journaled} in epoch {record.Epoch}", record.Detail),
        Claimed = record.Claimed,
        Address = record.Address,
        UserAgent = record.UserAgent,
    };

    private static string? Join(string? one, string? other) => one is null ? other : other is null ? one : $"{one}; {other}";

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
}
