using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Clients;
using Exeunt.Postgres.Rows;
using Exeunt.Postgres.Server;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;
using Npgsql;

namespace Exeunt.Postgres;

/// <summary>
/// One transaction of this node. What operations change is kept in memory, where those behind them read it, and is written in one round trip together with
/// the commit. Locks are taken in this order, which no node ever turns round: the ledger (shared, or alone), users by id, the chain's head, the log's head.
/// </summary>
internal sealed partial class PostgresTransaction(Dialogue server, Known known, DateTimeOffset now, string chain, CommitNumber number, bool alone) : ILedgerTransaction
{
    /// <summary>The advisory lock that every transaction shares, and that an ending of more than one user's sessions has alone.</summary>
    public const long LedgerLock = 0x45786E74_0001;

    // Moving the latest expiry writes a row that all nodes share; rounded up, that happens once in five minutes and not with every sign-in.
    private static readonly long ExpiryStep = TimeSpan.FromMinutes(5).Ticks;

    private readonly Pending pending = new();
    private readonly List<Revocation> appended = [];
    private readonly List<AuditEntry> entries = [];
    private readonly List<AuditRecord> records = [];
    private readonly HashSet<EventId> asked = []; // whether the log holds them is known, and nobody can change it
    private long? sequence;
    private bool hasMoved; // whether that is another place than the one that was locked
    private (long Number, byte[] Hash)? head;

    /// <summary>What this transaction appended to the revocation log.</summary>
    public IReadOnlyList<Revocation> Appended => appended;

    /// <summary>Revocations that the log held before, by what makes them the same; filled when an insert has failed because of one.</summary>
    public Dictionary<(EventId, RevocationScope, string, string), Revocation> Held { get; } = [];

    /// <summary>The ledger's present life.</summary>
    public string Epoch { get; private set; } = "";

    public DateTimeOffset Now => now;

    public DateTimeOffset LatestTokenExpiry { get; private set; }

    /// <summary>Whether a revocation of this scope covers what no lock of a user protects.</summary>
    public static bool NeedsLedgerAlone(RevocationScope scope) =>
        scope is RevocationScope.Client or RevocationScope.Issuer or RevocationScope.Everyone or RevocationScope.Key;

    /// <summary>Begins, and locks and loads what is wanted, in one round trip.</summary>
    public async ValueTask BeginAsync(Wanted wanted, bool audits, bool revokes, IReadOnlyCollection<EventId> events)
    {
        var found = await server.AskAsync(
            batch =>
            {
                batch.Sql("begin");
                batch.Sql(alone ? "select pg_advisory_xact_lock($1)" : "select pg_advisory_xact_lock_shared($1)").Set(LedgerLock);
                CommitRows.Begin(batch, number, now);
                Loading.Ask(batch, wanted, now, locking: true);
                AddHeads(batch, audits || revokes, revokes);
                SettingRows.LatestTokenExpiry(batch);
                if (events.Count > 0) RevocationRows.OfEvents(batch, events);
            },
            async results =>
            {
                await results.SkipAsync();
                Epoch = (await results.FirstAsync(row => row.Text()))!;
                await Loading.ReadAsync(results, wanted, known, Epoch, locking: true);
                if (audits || revokes) head = await results.FirstAsync(row => (row.Long(), row.Bytes()));
                if (revokes) sequence = await results.FirstAsync(row => row.Long());
                LatestTokenExpiry = await results.FirstAsync(row => row.Time());
                return events.Count > 0 ? await results.AllAsync(row => RevocationRows.Read(row, Epoch)) : [];
            });
        foreach (var revocation in found) Held[Key(revocation)] = revocation;
        if (revokes) asked.UnionWith(events);
    }

    public void TokenLivesUntil(DateTimeOffset expiry)
    {
        if (expiry <= LatestTokenExpiry) return;
        LatestTokenExpiry = new((expiry.UtcTicks + ExpiryStep - 1) / ExpiryStep * ExpiryStep, TimeSpan.Zero);
        pending.RaiseLatestTokenExpiry(LatestTokenExpiry);
    }

    public void Insert(User user)
    {
        pending.Insert(user);
        known.Put(new KnownUser(user with { UnmarkedSessions = 0 }, 0, null, []));
    }

    public void Update(User user)
    {
        pending.Update(user);
        if (!known.TryUser(user.Id, out var before)) return;
        if (before is null) throw new InvalidOperationException($"There is no account {user.Id} to update.");
        known.Put(before with
        {
            Row = before.Row with { Email = user.Email, Name = user.Name, PasswordHash = user.PasswordHash, Roles = user.Roles, DisabledAt = user.DisabledAt },
        });
    }

    public void Insert(RegisteredClient client) => pending.Insert(client);

    public void Insert(Session session)
    {
        pending.Insert(session);
        known.Put(session);
        if (session.End is not null || !known.TryUser(session.User, out var user) || user is null) return;
        if (!user.IsCounted)
        {
            known.Forget(session.User);
            return;
        }

        var isNewest = user.Newest is not { } newest || session.Id.Value > newest.Value;
        known.Put(user with
        {
            Row = user.Row with { UnmarkedSessions = user.Row.UnmarkedSessions + 1 },
            Expired = user.Expired + (session.ExpiresAt < now ? 1 : 0),
            Newest = isNewest ? session.Id : user.Newest,
            HasLostNewest = !isNewest && user.HasLostNewest,
        });
    }

    public void Update(Session session)
    {
        var before = known.TrySession(session.Id, out var row) ? row : pending.Of(session.Id);
        if (before?.End is not null && session.End is null) throw new InvalidOperationException($"The session {session.Id} has ended and cannot come back.");

        var after = before is null ? session : before with
        {
            LastSeenAt = session.LastSeenAt,
            ExpiresAt = session.ExpiresAt,
            AbsoluteExpiresAt = session.AbsoluteExpiresAt,
            LastTokenExpiresAt = session.LastTokenExpiresAt,
            Generations = session.Generations,
            End = before.End ?? session.End,
        };
        pending.Update(after);
        if (before is not null) known.Put(after);
        Recount(before, after);
    }

    public Revocation Append(Revocation revocation)
    {
        var ofUser = known.TryUserBySubject(revocation.Issuer, revocation.Key, out var user) ? user : null;
        if (!alone && (NeedsLedgerAlone(revocation.Scope) || (revocation.Scope is RevocationScope.User && ofUser is null))) throw new NeedsLedgerAloneException();

        if (sequence is null) LockHeads();
        if (Held.TryGetValue(Key(revocation), out var held)) return held;

        var placed = revocation with { Epoch = Epoch, Sequence = sequence!.Value + 1, Previous = sequence.Value };
        (sequence, hasMoved) = (placed.Sequence, true);
        pending.Append(placed);
        appended.Add(placed);
        Held.Add(Key(placed), placed);
        if (placed.Scope is RevocationScope.User) ofUser?.CutOffs.Add(new(placed, Swept: false));
        else if (placed.IsCutOff) known.Wide.Add(new(placed, Swept: false));
        return placed;
    }

    public void Prolong(Revocation revocation, DateTimeOffset expires) => pending.Prolong(revocation, expires);

    public void MarkSwept(Revocation cutOff)
    {
        pending.MarkSwept(cutOff);
        Mark(known.Wide);
        if (cutOff.Scope is RevocationScope.User && known.TryUserBySubject(cutOff.Issuer, cutOff.Key, out var user) && user is not null) Mark(user.CutOffs);

        void Mark(List<CutOff> cutOffs)
        {
            var at = cutOffs.FindIndex(one => one.Revocation.Sequence == cutOff.Sequence);
            if (at >= 0) cutOffs[at] = cutOffs[at] with { Swept = true };
        }
    }

    /// <summary>
    /// Begins a new life of the ledger, whose places in the log come after all that any node can have seen, so that nobody who reads on misses one.
    /// </summary>
    public async ValueTask BeginEpochAsync(string epoch, long seen)
    {
        if (sequence is null) await LockHeadsAsync(audits: true, revokes: true);
        await server.RunAsync(batch => SettingRows.BeginEpoch(batch, epoch, now, sequence!.Value));
        Epoch = epoch;
        (sequence, hasMoved) = (Math.Max(sequence!.Value, seen), true);
    }

    /// <summary>Marks rows of which these revocations speak; the index refuses their access tokens, this refuses their refresh tokens, too.</summary>
    public ValueTask MarkFromAsync(IEnumerable<Revocation> revocations) => server.RunAsync(batch =>
    {
        foreach (var revocation in revocations) SessionRows.MarkFrom(batch, revocation);
    });

    public void Append(AuditEntry entry) => entries.Add(entry);

    public void AppendCheckpoint(DateTimeOffset at, string jws) => pending.AppendCheckpoint(at, jws);

    /// <summary>Writes everything and commits, in one round trip once the chain's head is locked.</summary>
    /// <param name="bell">The channel on which other nodes listen for revocations.</param>
    /// <param name="writer">Who says so: no more than that it was this process.</param>
    public async ValueTask CommitAsync(string bell, string writer)
    {
        if (entries.Count > 0 && head is null) await LockHeadAsync();
        Link();
        await server.RunAsync(
            batch =>
            {
                pending.Write(batch);
                if (records.Count > 0)
                {
                    AuditRows.Insert(batch, records);
                    AuditUpkeep.MoveHead(batch, records[^1]);
                }

                if (hasMoved) SettingRows.MoveSequence(batch, sequence!.Value);
                if (appended.Count > 0) batch.Sql($"notify {bell}, '{writer}'");

                batch.Sql("commit");
            },
            commits: true);
    }

    private static (EventId, RevocationScope, string, string) Key(Revocation revocation) => (revocation.Event, revocation.Scope, revocation.Issuer, revocation.Key);

    // Entries take their places once the chain's head is known.
    private void Link()
    {
        foreach (var entry in entries)
        {
            var record = AuditChain.Link(chain, head!.Value.Number + 1, head.Value.Hash, entry);
            records.Add(record);
            head = (record.Number, record.Hash);
        }

        entries.Clear();
    }

    private void Recount(Session? before, Session after)
    {
        if (!known.TryUser(after.User, out var user) || user is null) return;
        if (before is null)
        {
            known.Forget(after.User);
            return;
        }

        var isMarkedNow = before.End is null && after.End is not null;
        known.Put(user with
        {
            Row = user.Row with { UnmarkedSessions = user.Row.UnmarkedSessions - (isMarkedNow ? 1 : 0) },
            Expired = user.Expired - (IsExpired(before) ? 1 : 0) + (IsExpired(after) ? 1 : 0),
            HasLostNewest = user.HasLostNewest || (isMarkedNow && user.Newest == after.Id),
        });

        bool IsExpired(Session session) => session.End is null && session.ExpiresAt < now;
    }

    private void AddHeads(NpgsqlBatch batch, bool ofChain, bool ofLog)
    {
        if (ofChain) AuditUpkeep.LockHead(batch, chain);
        if (ofLog) SettingRows.LockSequence(batch);
    }
}

/// <summary>The transaction has to begin again with the ledger to itself: who shares it cannot take it alone without waiting for others who want the same.</summary>
internal sealed class NeedsLedgerAloneException : Exception;
