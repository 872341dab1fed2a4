using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Clients;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Sqlite.Files;
using Exeunt.Sqlite.Rows;
using Exeunt.Storage;

namespace Exeunt.Sqlite;

/// <summary>One transaction of the writer. Every change goes to SQLite at once, so that what follows reads it back.</summary>
internal sealed class SqliteTransaction(Database db, WriterState state, WriterCutOffs cutOffs, DateTimeOffset now) : ILedgerTransaction
{
    // Moving the latest expiry writes a row; rounded up, that happens once in five minutes and not with every sign-in.
    private static readonly long ExpiryStep = TimeSpan.FromMinutes(5).Ticks;

    private readonly List<Revocation> appended = [];

    /// <summary>What the writer knows once this is committed.</summary>
    public WriterState State { get; private set; } = state;

    /// <summary>The connection it runs on.</summary>
    public Database Database => db;

    /// <summary>What this transaction appended to the revocation log.</summary>
    public IReadOnlyList<Revocation> Appended => appended;

    public DateTimeOffset Now { get; } = now;

    public DateTimeOffset LatestTokenExpiry => State.LatestTokenExpiry;

    public void TokenLivesUntil(DateTimeOffset expiry)
    {
        if (expiry <= LatestTokenExpiry) return;
        var rounded = new DateTimeOffset((expiry.UtcTicks + ExpiryStep - 1) / ExpiryStep * ExpiryStep, TimeSpan.Zero);
        SettingRows.Put(db, SettingRows.LatestTokenExpiry, rounded.ToUnixTimeMilliseconds());
        State = State with { LatestTokenExpiry = rounded };
    }

    public ValueTask<User?> UserAsync(UserId id) => new(UserRows.Find(db, id));

    public ValueTask<User?> UserByEmailAsync(string normalizedEmail) => new(UserRows.FindByEmail(db, normalizedEmail));

    public ValueTask<User?> UserBySubjectAsync(string issuer, string subject) => new(UserRows.FindBySubject(db, issuer, subject));

    public ValueTask<Session?> SessionAsync(SessionId id) => new(SessionRows.Find(db, id));

    public ValueTask<Session?> SessionByOutsideIdAsync(string issuer, string outsideId) => new(SessionRows.FindByOutsideId(db, issuer, outsideId));

    public ValueTask<Revocation?> CutOffOverAsync(Session session) => new(cutOffs.EarliestOver(session));

    public ValueTask<SessionId?> HighestCutOffAsync(string issuer, string subject, string client) => new(cutOffs.HighestOver(issuer, subject, client));

    public ValueTask<SessionId?> NewestSessionAsync(EndScope scope) => new(SessionSets.Newest(db, scope));

    public ValueTask<Session?> OldestAliveAsync(UserId user) => new(AliveCount.Oldest(db, cutOffs, user, Now));

    public ValueTask<long> CountAliveAsync(EndScope scope) => new(AliveCount.Of(db, cutOffs, scope, Now));

    public ValueTask<ExpiredSessions> ExpiredUnmarkedAsync(int limit, DateTimeOffset from = default)
    {
        var found = SessionSets.Expired(db, from, Now, limit);
        return new(new ExpiredSessions(found, found.Count == limit ? found[^1].ExpiresAt : null));
    }

    public ValueTask<IReadOnlyList<Session>> CoveredUnmarkedAsync(Revocation cutOff, int limit, SessionId? after = null) =>
        new(SessionSets.Covered(db, cutOff, after, limit));

    public ValueTask<IReadOnlyList<Revocation>> UnsweptAsync(int limit) => new(RevocationRows.Unswept(db, limit, State.Epoch));

    public void MarkSwept(Revocation cutOff)
    {
        RevocationRows.MarkSwept(db, cutOff);
        cutOffs.Remove(cutOff);
    }

    public void Insert(User user) => UserRows.Insert(db, user);

    public void Update(User user) => UserRows.Update(db, user);

    public void Insert(Session session) => SessionRows.Insert(db, session);

    public void Update(Session session) => SessionRows.Update(db, session);

    public Revocation Append(Revocation revocation)
    {
        var placed = revocation with { Epoch = State.Epoch, Sequence = State.Sequence + 1, Previous = State.Sequence };
        if (!RevocationRows.Insert(db, placed)) return RevocationRows.Find(db, placed, State.Epoch)!;

        State = State with { Sequence = placed.Sequence };
        appended.Add(placed);
        if (placed.IsCutOff) cutOffs.Add(placed);
        return placed;
    }

    public ValueTask<Revocation?> RevocationAsync(EventId ending) => new(RevocationRows.FirstOf(db, ending, State.Epoch));

    public void Prolong(Revocation revocation, DateTimeOffset expires) => RevocationRows.Prolong(db, revocation, expires);

    public void Insert(RegisteredClient client) => ClientRows.Insert(db, client);

    public ValueTask<bool> DeleteClientAsync(AppId id) => new(ClientRows.Delete(db, id));

    public void Append(AuditEntry entry)
    {
        var record = AuditChain.Link(State.Chain, State.AuditNumber + 1, State.AuditHash, entry);
        AuditRows.Insert(db, record);
        State = State with { AuditNumber = record.Number, AuditHash = record.Hash };
    }

    public ValueTask<IReadOnlyList<AuditHead>> AuditHeadsAsync() => new(AuditUpkeep.Heads(db));

    public ValueTask<AuditCheckpoint?> NewestCheckpointAsync() => new(AuditUpkeep.Checkpoints(db, before: null, limit: 1).FirstOrDefault());

    public void AppendCheckpoint(DateTimeOffset at, string jws) => AuditUpkeep.AppendCheckpoint(db, at, jws);

    public ValueTask<int> DeleteAuditAsync(string chain, long upTo, int limit) => new(AuditUpkeep.DeleteUpTo(db, chain, upTo, limit));

    public ValueTask<int> ErasePersonalAsync(UserId user, int limit) =>
        new(AuditUpkeep.ErasePersonal(db, user, limit) + SessionSets.ErasePersonal(db, user, limit));

    public ValueTask<int> PurgeAsync(PurgeLimits limits, int limit)
    {
        var gone = RevocationRows.Purge(db, limits.RevocationsExpiredBefore, limit);
        if (gone < limit) gone += SessionSets.Purge(db, limits.SessionsEndedBefore, limit - gone);
        return new(gone);
    }
}
