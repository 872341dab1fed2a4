using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Clients;
using Exeunt.Protocol.Feed;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;

namespace Exeunt.Storage;

/// <summary>The reading side of the ledger's port: consistent snapshots of committed state, from any thread.</summary>
public interface ILedgerReads
{
    /// <summary>The user of this id.</summary>
    ValueTask<User?> FindUserAsync(UserId id, CancellationToken ct);

    /// <summary>The account with this e-mail address, normalised by <see cref="User.Normalize"/>.</summary>
    ValueTask<User?> FindUserByEmailAsync(string normalizedEmail, CancellationToken ct);

    /// <summary>The session of this id and how it ended, if it has.</summary>
    ValueTask<JudgedSession?> FindSessionAsync(SessionId id, CancellationToken ct);

    /// <summary>The mirrored session of a provider and how it ended, if it has.</summary>
    ValueTask<JudgedSession?> FindSessionByOutsideIdAsync(string issuer, string outsideId, CancellationToken ct);

    /// <summary>Sessions, newest first, one page.</summary>
    /// <exception cref="ArgumentException">The cursor is not one of this listing.</exception>
    ValueTask<Page<JudgedSession>> SessionsAsync(SessionQuery query, CancellationToken ct);

    /// <summary>Accounts in the order of their ids, one page.</summary>
    /// <exception cref="ArgumentException">The cursor is not one of this listing.</exception>
    ValueTask<Page<User>> UsersAsync(UserQuery query, CancellationToken ct);

    /// <summary>How many sessions within the scope are alive now: what an ending would hit.</summary>
    ValueTask<long> CountAliveAsync(EndScope scope, CancellationToken ct);

    /// <summary>The revocation log after this place, in order, at most <paramref name="limit"/>. Its places are those of the ledger's present epoch.</summary>
    ValueTask<IReadOnlyList<Revocation>> RevocationsAfterAsync(long sequence, int limit, CancellationToken ct);

    /// <summary>The revocation log after a mark, at most <paramref name="limit"/>, and whether it is still the log that the mark was read from.</summary>
    ValueTask<LogNews> NewsAfterAsync(LogMark mark, int limit, CancellationToken ct);

    /// <summary>The epoch and the newest place of the revocation log, those of rows that were purged included.</summary>
    ValueTask<FeedPlace> RevocationPlaceAsync(CancellationToken ct);

    /// <summary>All programs with credentials, in the order of their ids. There are few.</summary>
    ValueTask<IReadOnlyList<RegisteredClient>> ClientsAsync(CancellationToken ct);

    /// <summary>The audit trail in order of time, entries of one instant in the order of their chain, one page.</summary>
    /// <exception cref="ArgumentException">The cursor is not one of this listing.</exception>
    ValueTask<Page<AuditRecord>> AuditAsync(AuditQuery query, CancellationToken ct);

    /// <summary>Counts endings and sign-ins of a time, one row for each value of the group, in the order of their keys.</summary>
    ValueTask<IReadOnlyList<AuditTally>> TallyAuditAsync(AuditTallyQuery query, CancellationToken ct);

    /// <summary>Entries of one chain with numbers greater than <paramref name="after"/>, in order, at most <paramref name="limit"/>: what verifying reads.</summary>
    ValueTask<IReadOnlyList<AuditRecord>> AuditChainAsync(string chain, long after, int limit, CancellationToken ct);

    /// <summary>Where each chain begins and ends, in the order in which they were opened.</summary>
    ValueTask<IReadOnlyList<AuditHead>> AuditHeadsAsync(CancellationToken ct);

    /// <summary>Signed checkpoints with numbers less than <paramref name="before"/> (null for all), newest first, at most <paramref name="limit"/>.</summary>
    ValueTask<IReadOnlyList<AuditCheckpoint>> CheckpointsAsync(long? before, int limit, CancellationToken ct);
}

/// <summary>A session and what is true of it at the moment of reading.</summary>
/// <param name="Session">The row.</param>
/// <param name="End">How it ended; null while it is alive.</param>
public sealed record JudgedSession(Session Session, SessionEnd? End);

/// <summary>One page of a listing.</summary>
/// <param name="Items">At most as many as were asked for.</param>
/// <param name="Next">Give it back as <c>cursor</c> for the next page; null on the last.</param>
/// <typeparam name="T">What is listed.</typeparam>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);

/// <summary>Which sessions to list.</summary>
/// <param name="User">Only this user's; null for everyone's.</param>
/// <param name="AliveOnly">Leave out those that have ended.</param>
/// <param name="Client">Only this client's.</param>
/// <param name="Limit">1 to 200.</param>
/// <param name="Cursor">From the page before.</param>
public sealed record SessionQuery(UserId? User = null, bool AliveOnly = false, string? Client = null, int Limit = 50, string? Cursor = null);

/// <summary>Which accounts to list.</summary>
/// <param name="Search">An exact id, or a prefix of the e-mail address or the name; null for all.</param>
/// <param name="Limit">1 to 200.</param>
/// <param name="Cursor">From the page before.</param>
public sealed record UserQuery(string? Search = null, int Limit = 50, string? Cursor = null);
