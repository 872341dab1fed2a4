using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Clients;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;

namespace Exeunt.Postgres;

/// <summary>
/// Finds out what a batch will touch, so that its rows can be locked in one order and loaded in one round trip. All operations run at once, without effect:
/// each goes on until it needs a row that is not known; then one round trip loads what all of them need, and they go on. What they decide here counts for
/// nothing: when all have finished, or wait for what nobody can foresee, the transaction runs them again, one after the other.
/// </summary>
internal sealed class Scout(Known known, DateTimeOffset now) : ILedgerTransaction
{
    // An operation that asks for what cannot be foreseen stops here for ever, and is collected with everything it holds.
    private static readonly Task Never = new TaskCompletionSource().Task;

    private readonly Lock gate = new();
    private TaskCompletionSource loaded = New();
    private TaskCompletionSource idle = New();
    private Wanted wanted = new() { Counts = true };
    private int busy; // operations that are neither finished nor waiting for a row

    private int waiting; // those that wait for a row

    /// <summary>Everything that was asked for.</summary>
    public Wanted Found { get; } = new();

    /// <summary>Endings that the log may hold already.</summary>
    public HashSet<EventId> Events { get; } = [];

    /// <summary>Whether a revocation will be appended.</summary>
    public bool Revokes { get; private set; }

    /// <summary>Whether an audit entry will be appended.</summary>
    public bool Audits { get; private set; }

    /// <summary>Whether somebody ends more than one user's sessions, which needs the ledger for itself.</summary>
    public bool EndsWidely { get; private set; }

    public bool IsTrial => true;

    public DateTimeOffset Now => now;

    public DateTimeOffset LatestTokenExpiry => now;

    /// <summary>Runs them until each has finished or needs what nobody can load beforehand.</summary>
    public async ValueTask RunAsync(IReadOnlyCollection<Func<ILedgerTransaction, ValueTask>> operations, Func<Wanted, ValueTask> load)
    {
        busy = operations.Count;
        foreach (var operation in operations) _ = TryAsync(operation);
        while (true)
        {
            await idle.Task;
            Wanted next;
            lock (gate) (next, wanted) = (wanted, new() { Counts = true });
            if (next.IsEmpty && waiting == 0) return;

            Found.Add(next);
            await load(next);

            TaskCompletionSource release;
            lock (gate)
            {
                (release, loaded, idle) = (loaded, New(), New());
                (busy, waiting) = (waiting, 0);
                if (busy == 0) idle.SetResult(); // an ending wanted its user, and went on without
            }

            release.SetResult();
        }
    }

    public void TokenLivesUntil(DateTimeOffset expiry)
    {
    }

    public async ValueTask ForeseeAsync(SessionId session, bool ends)
    {
        lock (gate)
        {
            Found.Sessions.Add(session);
            Revokes |= ends;
            Audits |= ends;
        }

        Leave();
        await Never;
    }

    public async ValueTask<User?> UserAsync(UserId id)
    {
        KnownUser? user;
        while (!known.TryUser(id, out user)) await MissAsync(rows => rows.Users.Add(id));
        return user?.Row;
    }

    public async ValueTask<User?> UserByEmailAsync(string normalizedEmail)
    {
        KnownUser? user;
        while (!known.TryUserByEmail(normalizedEmail, out user)) await MissAsync(rows => rows.Emails.Add(normalizedEmail));
        return user?.Row;
    }

    public async ValueTask<User?> UserBySubjectAsync(string issuer, string subject)
    {
        KnownUser? user;
        while (!known.TryUserBySubject(issuer, subject, out user)) await MissAsync(rows => rows.Subjects.Add((issuer, subject)));
        return user?.Row;
    }

    public async ValueTask<Session?> SessionAsync(SessionId id)
    {
        Session? session;
        while (!known.TrySession(id, out session)) await MissAsync(rows => rows.Sessions.Add(id));
        return session;
    }

    public async ValueTask<Session?> SessionByOutsideIdAsync(string issuer, string outsideId)
    {
        Session? session;
        while (!known.TrySessionByOutsideId(issuer, outsideId, out session)) await MissAsync(rows => rows.OutsideIds.Add((issuer, outsideId)));
        return session;
    }

    public async ValueTask<Revocation?> CutOffOverAsync(Session session)
    {
        await UserAsync(session.User);
        return known.EarliestOver(session);
    }

    public async ValueTask<SessionId?> HighestCutOffAsync(string issuer, string subject, string client)
    {
        await UserBySubjectAsync(issuer, subject);
        return known.HighestOver(issuer, subject, client);
    }

    public async ValueTask<SessionId?> NewestSessionAsync(EndScope scope)
    {
        if (scope is not EndScope.AllOf all) return await StopAsync<SessionId?>(scope);
        KnownUser? user;
        while (!known.TryUser(all.User, out user)) await MissAsync(rows => rows.Users.Add(all.User));
        return user?.Newest;
    }

    public async ValueTask<long> CountAliveAsync(EndScope scope)
    {
        if (scope is not EndScope.AllOf all) return await StopAsync<long>(scope);
        await UserAsync(all.User);
        var spared = all.Except is { } except ? await SessionAsync(except) : null;
        return known.TryUser(all.User, out var user) && user is not null ? known.CountOf(user, spared, now) ?? 0 : 0;
    }

    public async ValueTask<Session?> OldestAliveAsync(UserId user) => await StopAsync<Session?>(null);

    public async ValueTask<ExpiredSessions> ExpiredUnmarkedAsync(int limit, DateTimeOffset from = default) => await StopAsync<ExpiredSessions>(null);

    public async ValueTask<IReadOnlyList<Session>> CoveredUnmarkedAsync(Revocation cutOff, int limit, SessionId? after = null) => await StopAsync<IReadOnlyList<Session>>(null);

    public async ValueTask<IReadOnlyList<Revocation>> UnsweptAsync(int limit) => await StopAsync<IReadOnlyList<Revocation>>(null);

    public void MarkSwept(Revocation cutOff)
    {
    }

    public void Insert(User user)
    {
    }

    public void Update(User user)
    {
    }

    public void Insert(Session session)
    {
    }

    public void Update(Session session)
    {
    }

    public Revocation Append(Revocation revocation)
    {
        Revokes = true;
        EndsWidely |= PostgresTransaction.NeedsLedgerAlone(revocation.Scope);
        if (revocation.Scope is RevocationScope.User && !known.TryUserBySubject(revocation.Issuer, revocation.Key, out _))
        {
            lock (gate) wanted.Subjects.Add((revocation.Issuer, revocation.Key));
        }

        return revocation;
    }

    public void Prolong(Revocation revocation, DateTimeOffset expires)
    {
    }

    public void Append(AuditEntry entry) => Audits = true;

    public ValueTask<Revocation?> RevocationAsync(EventId ending)
    {
        lock (gate) Events.Add(ending);
        Revokes = true; // or it would not ask; and the log's head is what an ending in doubt holds until it is decided
        return new((Revocation?)null);
    }

    public void Insert(RegisteredClient client)
    {
    }

    public async ValueTask<bool> DeleteClientAsync(AppId id) => await StopAsync<bool>(null);

    public async ValueTask<IReadOnlyList<AuditHead>> AuditHeadsAsync() => await StopAsync<IReadOnlyList<AuditHead>>(null);

    public async ValueTask<AuditCheckpoint?> NewestCheckpointAsync() => await StopAsync<AuditCheckpoint?>(null);

    public void AppendCheckpoint(DateTimeOffset at, string jws)
    {
    }

    public async ValueTask<int> DeleteAuditAsync(string chain, long upTo, int limit) => await StopAsync<int>(null);

    public async ValueTask<int> ErasePersonalAsync(UserId user, int limit) => await StopAsync<int>(null);

    public async ValueTask<int> PurgeAsync(PurgeLimits limits, int limit) => await StopAsync<int>(null);

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task TryAsync(Func<ILedgerTransaction, ValueTask> operation)
    {
        try
        {
            await operation(this);
        }
        catch (Exception)
        {
            // It will fail again in the transaction, where it counts.
        }

        Leave();
    }

    private Task MissAsync(Action<Wanted> want)
    {
        Task next;
        lock (gate)
        {
            want(wanted);
            waiting++;
            next = loaded.Task;
        }

        Leave();
        return next;
    }

    private async ValueTask<T> StopAsync<T>(EndScope? scope)
    {
        lock (gate) EndsWidely |= scope is EndScope.Client or EndScope.Issuer or EndScope.Everyone;
        Leave();
        await Never;
        return default!;
    }

    private void Leave()
    {
        lock (gate)
        {
            if (--busy == 0) idle.TrySetResult();
        }
    }
}
