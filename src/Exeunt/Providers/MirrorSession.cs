using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Authentication;
using Exeunt.Guard;
using Exeunt.Hosting;
using Exeunt.Protocol.Ids;
using Exeunt.Sessions;
using Exeunt.Storage;

namespace Exeunt.Providers;

/// <summary>What the ledger says of the session behind an authentic outside token.</summary>
public abstract record Sighting
{
    private Sighting()
    {
    }

    /// <summary>It is alive.</summary>
    /// <param name="Identity">Whom the token speaks for.</param>
    /// <param name="Session">Its row.</param>
    public sealed record Alive(Identity Identity, Session Session) : Sighting;

    /// <summary>It has ended, or may not begin.</summary>
    public sealed record Ended : Sighting;

    /// <summary>The session belongs to another user than the token says: its provider contradicts itself, and the token is not believed.</summary>
    public sealed record Contradicted : Sighting;
}

/// <summary>
/// Gives an outside session its row when one of its tokens is seen for the first time, so that it is listed, ended, audited and enforced like our own. User
/// and session are written in one transaction; of two first sights at once, the second finds the row of the first.
/// </summary>
public sealed class MirrorSession(Ledger ledger, RevocationIndex index, ExeuntOptions options)
{
    /// <summary>What the audit trail says of an ending that was asked for with a token whose session was first seen with another user.</summary>
    internal const string Contradiction = "session of another user";

    /// <summary>How far <see cref="Session.LastSeenAt"/> may lag behind: a request must not cost a write.</summary>
    internal static TimeSpan SeenEvery { get; } = TimeSpan.FromMinutes(1);

    /// <summary>Looks up the session of a token, and records what is new: the session itself, its use, a later expiry of its tokens.</summary>
    /// <exception cref="LedgerUnavailableException">It could not be recorded.</exception>
    public async Task<Sighting> SeeAsync(OutsideToken token, Origin from)
    {
        if (await ledger.Reads.FindSessionByOutsideIdAsync(token.Issuer, token.Session, CancellationToken.None) is { } known)
        {
            if (known.Session.Subject != token.Subject) return new Sighting.Contradicted();
            if (known.End is not null) return new Sighting.Ended();
            if (!IsNews(token, known.Session, ledger.Clock.GetUtcNow())) return new Sighting.Alive(Identify(token, known.Session), known.Session);
        }

        return await ledger.RunWithinDeadlineAsync(transaction => SeeAsync(transaction, token, from)); // a logout may be waiting for the answer
    }

    /// <summary>The same as part of a larger change.</summary>
    public async ValueTask<Sighting> SeeAsync(ILedgerTransaction transaction, OutsideToken token, Origin from)
    {
        if (await transaction.SessionByOutsideIdAsync(token.Issuer, token.Session) is not { } session) return await FirstSightAsync(transaction, token, from);
        if (session.Subject != token.Subject) return new Sighting.Contradicted();
        if (session.Judge(await transaction.CutOffOverAsync(session), transaction.Now) is not null) return new Sighting.Ended();

        if (IsNews(token, session, transaction.Now))
        {
            session = session with { LastSeenAt = transaction.Now, LastTokenExpiresAt = Later(session.LastTokenExpiresAt, token.ExpiresAt) };
            transaction.Update(session);
            transaction.TokenLivesUntil(session.LastTokenExpiresAt);
        }

        return new Sighting.Alive(Identify(token, session), session);
    }

    /// <summary>Whom a token speaks for, by the row of its session.</summary>
    internal static Identity Identify(OutsideToken token, Session session) =>
        new(session.User, session.Id, token.Issuer, token.Subject, token.Client, [], token.AuthenticatedAt, token.ExpiresAt, token.TokenId, token.KeyId) { Outside = token };

    private async ValueTask<Sighting> FirstSightAsync(ILedgerTransaction transaction, OutsideToken token, Origin from)
    {
        // The index holds every ending of earlier batches, also those whose rows have long been marked; those of this batch are in the transaction.
        if (index.IsRevoked(token.Facts)) return new Sighting.Ended();

        var user = await transaction.UserBySubjectAsync(token.Issuer, token.Subject);
        if (user?.DisabledAt is not null) return new Sighting.Ended();

        var now = transaction.Now;
        var session = New(token, user?.Id ?? Id.New<UserId>(now), from, now);
        if (session.Judge(await transaction.CutOffOverAsync(session), now) is not null) return new Sighting.Ended();

        if (user is null) transaction.Insert(new User { Id = session.User, Issuer = token.Issuer, Subject = token.Subject, CreatedAt = now });
        transaction.Insert(session);
        transaction.TokenLivesUntil(token.ExpiresAt);
        transaction.Append(new AuditEntry
        {
            At = now,
            Action = AuditActions.SessionMirrored,
            By = new(ActorKind.Provider, session.User, session.Id, token.Provider),
            User = session.User,
            Session = session.Id,
            Client = session.Client,
            Address = from.Address,
            UserAgent = from.UserAgent,
        });
        return new Sighting.Alive(Identify(token, session), session);
    }

    private Session New(OutsideToken token, UserId user, Origin from, DateTimeOffset now)
    {
        var ends = (token.AuthenticatedAt ?? now) + LifetimeOf(token.Issuer);
        return new()
        {
            Id = Id.New<SessionId>(now),
            User = user,
            Issuer = token.Issuer,
            OutsideId = token.Session,
            Subject = token.Subject,
            Client = token.Client,
            UserAgent = from.UserAgent,
            Address = from.Address,
            OpenedAt = now,
            AuthenticatedAt = token.AuthenticatedAt,
            Amr = "",
            LastSeenAt = now,
            ExpiresAt = ends,
            AbsoluteExpiresAt = ends,
            LastTokenExpiresAt = token.ExpiresAt,
        };
    }

    internal TimeSpan LifetimeOf(string issuer) => LifetimeOf(options, issuer);

    internal static TimeSpan LifetimeOf(ExeuntOptions options, string issuer) => options.Providers.Find(p => p.Issuer == issuer)?.SessionLifetime ?? new ProviderOptions().SessionLifetime;

    private static bool IsNews(OutsideToken token, Session session, DateTimeOffset now) =>
        token.ExpiresAt > session.LastTokenExpiresAt || now - session.LastSeenAt >= SeenEvery;

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
}
