using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Clients;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;

namespace Exeunt.Storage;

/// <summary>
/// The writing side of the ledger's port: rows as the domain sees them, inside one transaction that other writers wait for. Whatever an operation has
/// inserted or updated before, it and every later one of the batch reads back.
/// </summary>
public interface ILedgerTransaction
{
    /// <summary>Whether this run only finds out what the operation will touch: it runs again, and what it decides here counts for nothing.</summary>
    bool IsTrial => false;

    /// <summary>Ledger time of this transaction. It is read once, when the batch begins.</summary>
    DateTimeOffset Now { get; }

    /// <summary>The latest <c>exp</c> of any access token ever signed; a cut-off is kept until then.</summary>
    DateTimeOffset LatestTokenExpiry { get; }

    /// <summary>Makes sure that <see cref="LatestTokenExpiry"/> is not before this instant. Cheap unless it moves by minutes.</summary>
    void TokenLivesUntil(DateTimeOffset expiry);

    /// <summary>
    /// Says, before anything is asked, that this session and its user are all that will be: a ledger that locks rows can then do so at once. If it turns out
    /// otherwise, everything can be asked as always; and saying it late or again changes nothing but the time that it takes.
    /// </summary>
    /// <param name="session">It need not be there.</param>
    /// <param name="ends">Whether the session is to end, which writes into the revocation log and the audit trail.</param>
    ValueTask ForeseeAsync(SessionId session, bool ends) => default;

    /// <summary>The user of this id.</summary>
    ValueTask<User?> UserAsync(UserId id);

    /// <summary>The account with this e-mail address, normalised by <see cref="User.Normalize"/>.</summary>
    ValueTask<User?> UserByEmailAsync(string normalizedEmail);

    /// <summary>The mirrored user of a provider.</summary>
    ValueTask<User?> UserBySubjectAsync(string issuer, string subject);

    /// <summary>The session of this id, also when it has ended.</summary>
    ValueTask<Session?> SessionAsync(SessionId id);

    /// <summary>The mirrored session of a provider, also when it has ended.</summary>
    ValueTask<Session?> SessionByOutsideIdAsync(string issuer, string outsideId);

    /// <summary>The earliest cut-off that covers this session and whose rows have not all been marked; null for none.</summary>
    ValueTask<Revocation?> CutOffOverAsync(Session session);

    /// <summary>The highest <see cref="Revocation.UpTo"/> of the cut-offs that a new session of this user and client could fall under; null for none.</summary>
    ValueTask<SessionId?> HighestCutOffAsync(string issuer, string subject, string client);

    /// <summary>The newest session id within the scope whose row is not marked ended (a marked one needs no cut-off); null when there is none.</summary>
    ValueTask<SessionId?> NewestSessionAsync(EndScope scope);

    /// <summary>The oldest session of this user that is alive at <see cref="Now"/>; null for none.</summary>
    ValueTask<Session?> OldestAliveAsync(UserId user);

    /// <summary>
    /// How many sessions within the scope are alive at <see cref="Now"/>: not marked, not covered, not expired. A spared session is not counted. The cost for a
    /// user does not grow with the sessions unless a cut-off over them has not been swept.
    /// </summary>
    ValueTask<long> CountAliveAsync(EndScope scope);

    /// <summary>
    /// Sessions that are not marked although their time was up at this instant (inclusive) or later: of the first <paramref name="limit"/> of them, oldest first,
    /// those that nobody else is working on.
    /// </summary>
    ValueTask<ExpiredSessions> ExpiredUnmarkedAsync(int limit, DateTimeOffset from = default);

    /// <summary>
    /// At most <paramref name="limit"/> sessions that are not marked although this cut-off covers them, in the order of their ids. Fewer are the last. Going on
    /// <paramref name="after"/> the last one of the batch before spares looking again at what is not covered.
    /// </summary>
    ValueTask<IReadOnlyList<Session>> CoveredUnmarkedAsync(Revocation cutOff, int limit, SessionId? after = null);

    /// <summary>Cut-offs whose rows have not all been marked, oldest first.</summary>
    ValueTask<IReadOnlyList<Revocation>> UnsweptAsync(int limit);

    /// <summary>Records that all rows which this cut-off covers have been marked.</summary>
    void MarkSwept(Revocation cutOff);

    /// <summary>Adds a user. <see cref="User.UnmarkedSessions"/> is the ledger's own count and is not taken from the object.</summary>
    /// <exception cref="InvalidOperationException">The id, the subject or the e-mail address is taken.</exception>
    void Insert(User user);

    /// <summary>
    /// Replaces what can change in a user's row: e-mail, name, password hash, roles, disabled. <see cref="User.UnmarkedSessions"/> is kept by the ledger itself
    /// whenever a session is inserted or marked.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is no such user, or the e-mail address is taken.</exception>
    void Update(User user);

    /// <summary>Adds a session, whose issuer and subject are those of its user.</summary>
    /// <exception cref="InvalidOperationException">The id or the provider's session is taken, or there is no such user.</exception>
    void Insert(Session session);

    /// <summary>
    /// Replaces what can change in a session's row: uses, limits, generations, end. An end that is recorded stays as it is for ever: a second one changes nothing
    /// of it, and taking it away is refused.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is no such session, or it has ended and <see cref="Session.End"/> is null.</exception>
    void Update(Session session);

    /// <summary>
    /// Appends to the revocation log and returns the revocation with its place in it. An ending is recorded once: when the log holds this event for this scope
    /// and key already, nothing is appended and the one that it holds is returned.
    /// </summary>
    Revocation Append(Revocation revocation);

    /// <summary>
    /// The revocation of this ending, the first when there are several; null when the log holds none. It sees every one that was committed before, also by
    /// a transaction whose writer never learned how it went.
    /// </summary>
    ValueTask<Revocation?> RevocationAsync(EventId ending);

    /// <summary>
    /// Keeps an existing revocation until <paramref name="expires"/> at least: a provider still mints what it covers. It keeps its place in the log, so whoever
    /// prolongs it makes it known.
    /// </summary>
    void Prolong(Revocation revocation, DateTimeOffset expires);

    /// <summary>Adds a program with credentials.</summary>
    /// <exception cref="InvalidOperationException">The id is taken.</exception>
    void Insert(RegisteredClient client);

    /// <summary>Removes a program; false when there is none of this id.</summary>
    ValueTask<bool> DeleteClientAsync(AppId id);

    /// <summary>Appends to the audit trail's chain.</summary>
    void Append(AuditEntry entry);

    /// <summary>Where each chain begins and ends, in the order in which they were opened, with what this transaction has appended.</summary>
    ValueTask<IReadOnlyList<AuditHead>> AuditHeadsAsync();

    /// <summary>The newest signed checkpoint; null while there is none.</summary>
    ValueTask<AuditCheckpoint?> NewestCheckpointAsync();

    /// <summary>Keeps a signed checkpoint of the heads of all chains.</summary>
    void AppendCheckpoint(DateTimeOffset at, string jws);

    /// <summary>
    /// Deletes the oldest entries of a chain, at most <paramref name="limit"/>, none after number <paramref name="upTo"/>; says how many went. The last one
    /// deleted becomes the chain's anchor, on which the rest still verifies.
    /// </summary>
    ValueTask<int> DeleteAuditAsync(string chain, long upTo, int limit);

    /// <summary>
    /// Erases the personal values of this user from entries of the audit trail, and device, user agent and address of their sessions, of at most
    /// <paramref name="limit"/> rows each; says how many it changed. Where somebody else acted on the user, address and user agent are that other person's
    /// and stay; only what was claimed goes. The chain still verifies.
    /// </summary>
    ValueTask<int> ErasePersonalAsync(UserId user, int limit);

    /// <summary>Deletes at most <paramref name="limit"/> rows of what retention no longer keeps, and says how many went.</summary>
    ValueTask<int> PurgeAsync(PurgeLimits limits, int limit);
}

/// <summary>Sessions whose time is up and that are not marked yet.</summary>
/// <param name="Sessions">Those that may be marked now, oldest first.</param>
/// <param name="Next">From where to go on, so that nobody walks again over what has been marked before; null when there are no more.</param>
public sealed record ExpiredSessions(IReadOnlyList<Session> Sessions, DateTimeOffset? Next);

/// <summary>What retention may delete: everything of a kind that is older than these instants.</summary>
/// <param name="SessionsEndedBefore">Marked sessions that ended before, unless the log still holds the revocation that ended them.</param>
/// <param name="RevocationsExpiredBefore">Revocations that expired before and whose rows are all marked.</param>
public sealed record PurgeLimits(DateTimeOffset SessionsEndedBefore, DateTimeOffset RevocationsExpiredBefore);
