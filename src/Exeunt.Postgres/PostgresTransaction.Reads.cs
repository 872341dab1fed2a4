using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Postgres.Rows;
using Exeunt.Postgres.Server;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;
using Npgsql;

namespace Exeunt.Postgres;

/// <content>Reading, and what changes many rows at once. What is not known is locked and loaded; before any question to the database, it gets what was decided.</content>
internal sealed partial class PostgresTransaction
{
    public async ValueTask<User?> UserAsync(UserId id) => (await KnownUserAsync(id))?.Row;

    public async ValueTask<User?> UserByEmailAsync(string normalizedEmail)
    {
        KnownUser? user;
        while (!known.TryUserByEmail(normalizedEmail, out user)) await LoadAsync(wanted => wanted.Emails.Add(normalizedEmail));
        return user?.Row;
    }

    public async ValueTask<User?> UserBySubjectAsync(string issuer, string subject)
    {
        KnownUser? user;
        while (!known.TryUserBySubject(issuer, subject, out user)) await LoadAsync(wanted => wanted.Subjects.Add((issuer, subject)));
        return user?.Row;
    }

    public async ValueTask<Session?> SessionAsync(SessionId id)
    {
        Session? session;
        while (!known.TrySession(id, out session)) await LoadAsync(wanted => wanted.Sessions.Add(id));
        return session;
    }

    public async ValueTask<Session?> SessionByOutsideIdAsync(string issuer, string outsideId)
    {
        Session? session;
        while (!known.TrySessionByOutsideId(issuer, outsideId, out session)) await LoadAsync(wanted => wanted.OutsideIds.Add((issuer, outsideId)));
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
        if (scope is not EndScope.AllOf all)
            return await QueryAsync(batch => SessionSets.Newest(batch, scope), results => results.FirstAsync(row => (SessionId?)row.Key<SessionId>()));
        if (known.TryUser(all.User, out var user) && user is { HasLostNewest: true } or { IsCounted: false }) known.Forget(all.User);
        return (await KnownUserAsync(all.User))?.Newest;
    }

    public async ValueTask<long> CountAliveAsync(EndScope scope)
    {
        if (scope is EndScope.AllOf all)
        {
            if (await KnownUserAsync(all.User) is null) return 0;
            var spared = all.Except is { } except ? await SessionAsync(except) : null;
            if (known.CountOf((await KnownUserAsync(all.User))!, spared, now) is { } count) return count;
        }

        return await QueryAsync(batch => SessionSets.CountAlive(batch, scope, now), results => results.FirstAsync(row => row.Long()));
    }

    public ValueTask<Session?> OldestAliveAsync(UserId user) =>
        QueryAsync(batch => SessionSets.OldestAlive(batch, user, now), results => results.FirstAsync(SessionRows.Read));

    public async ValueTask<ExpiredSessions> ExpiredUnmarkedAsync(int limit, DateTimeOffset from = default)
    {
        var found = await QueryAsync(batch => SessionSets.Expired(batch, from, now, limit), results => results.AllAsync(SessionRows.Read));
        DateTimeOffset? next = found.Count == limit ? found[^1].ExpiresAt : null;
        if (found.Count == 0) return new([], next);
        var free = await QueryAsync(batch => SessionSets.LockFree(batch, found.Select(session => session.User).Distinct()), results => results.AllAsync(row => row.Key<UserId>()));
        if (free.Count == 0) return new([], next);

        // Who held a lock before may have ended some of them, or kept them alive.
        await LoadAsync(wanted => wanted.Users.UnionWith(free));
        var ofFree = found.Where(session => free.Contains(session.User)).Select(session => session.Id);
        var locked = await QueryAsync(batch => SessionSets.OfIds(batch, ofFree), results => results.AllAsync(SessionRows.Read));
        return new(Remember([.. locked.Where(session => session.End is null && session.ExpiresAt < now).OrderBy(session => session.ExpiresAt)]), next);
    }

    public async ValueTask<IReadOnlyList<Session>> CoveredUnmarkedAsync(Revocation cutOff, int limit, SessionId? after = null)
    {
        // Nobody may be passed over: a cut-off is put away when its rows have been marked. So their users are waited for, and then it is looked again.
        var found = await QueryAsync(batch => SessionSets.Covered(batch, cutOff, after, limit), results => results.AllAsync(SessionRows.Read));
        if (found.Count == 0) return [];
        await LoadAsync(wanted => wanted.Users.UnionWith(found.Select(session => session.User)));
        var locked = await QueryAsync(batch => SessionSets.OfIds(batch, found.Select(session => session.Id)), results => results.AllAsync(SessionRows.Read));
        return Remember(locked);
    }

    public async ValueTask<IReadOnlyList<Revocation>> UnsweptAsync(int limit) =>
        await QueryAsync(batch => RevocationRows.Unswept(batch, limit), results => results.AllAsync(row => RevocationRows.Read(row, Epoch)));

    public async ValueTask<Revocation?> RevocationAsync(EventId ending)
    {
        if (asked.Contains(ending)) return Held.Values.Where(held => held.Event == ending).MinBy(held => held.Sequence);

        // A transaction whose writer never learned how it went holds the head of the log until it is decided.
        await LockHeadsAsync(audits: true, revokes: true);
        var held = await QueryAsync(batch => RevocationRows.OfEvents(batch, [ending]), results => results.AllAsync(row => RevocationRows.Read(row, Epoch)));
        return held.MinBy(revocation => revocation.Sequence);
    }

    public async ValueTask<bool> DeleteClientAsync(AppId id) => await ChangeAsync(batch => ClientRows.Delete(batch, id)) == 1;

    public async ValueTask<IReadOnlyList<AuditHead>> AuditHeadsAsync()
    {
        if (head is null) await LockHeadAsync();
        Link();
        var heads = await QueryAsync(AuditUpkeep.Heads, results => results.AllAsync(AuditUpkeep.ReadHead));
        return [.. heads.Select(one => one.Chain == chain ? one with { Number = head!.Value.Number, Hash = head.Value.Hash } : one)];
    }

    public ValueTask<AuditCheckpoint?> NewestCheckpointAsync() =>
        QueryAsync(batch => AuditUpkeep.Checkpoints(batch, before: null, limit: 1), results => results.FirstAsync(AuditUpkeep.ReadCheckpoint));

    public async ValueTask<int> DeleteAuditAsync(string chain, long upTo, int limit) => await ChangeAsync(batch => AuditUpkeep.DeleteUpTo(batch, chain, upTo, limit));

    public async ValueTask<int> ErasePersonalAsync(UserId user, int limit)
    {
        var erased = await ChangeAsync(batch => AuditUpkeep.ErasePersonal(batch, user, limit));
        erased += await ChangeAsync(batch => AuditUpkeep.EraseClaimed(batch, user, Math.Max(0, limit - erased)));
        return erased + await ChangeAsync(batch => SessionSets.ErasePersonal(batch, user, limit));
    }

    public async ValueTask<int> PurgeAsync(PurgeLimits limits, int limit)
    {
        var gone = await ChangeAsync(batch => RevocationRows.Purge(batch, limits.RevocationsExpiredBefore, limit));
        if (gone < limit) gone += await ChangeAsync(batch => SessionSets.Purge(batch, limits.SessionsEndedBefore, limit - gone));
        return gone;
    }

    private async ValueTask<KnownUser?> KnownUserAsync(UserId id)
    {
        KnownUser? user;
        while (!known.TryUser(id, out user)) await LoadAsync(wanted => wanted.Users.Add(id));
        return user;
    }

    private List<Session> Remember(List<Session> sessions)
    {
        foreach (var session in sessions) known.Put(session);
        return sessions;
    }

    /// <summary>Locks and loads rows, and takes over what they say.</summary>
    internal async ValueTask LoadAsync(Action<Wanted> want)
    {
        var wanted = new Wanted { Counts = true };
        want(wanted);
        await LoadAsync(wanted);
    }

    /// <summary>The same for what a scout has found.</summary>
    internal async ValueTask LoadAsync(Wanted wanted) => await QueryAsync(
        batch => Loading.Ask(batch, wanted, now, locking: true),
        async results =>
        {
            await Loading.ReadAsync(results, wanted, known, Epoch, locking: true);
            return 0;
        });

    /// <summary>Locks the heads before the operations run, because they will append.</summary>
    internal async ValueTask LockHeadsAsync(bool audits, bool revokes)
    {
        if (revokes && sequence is null)
        {
            (head, sequence) = await server.AskAsync(
                batch => AddHeads(batch, ofChain: true, ofLog: true),
                async results => (await results.FirstAsync(row => (row.Long(), row.Bytes())), await results.FirstAsync(row => row.Long())));
        }
        else if (audits && head is null)
        {
            await LockHeadAsync();
        }
    }

    private async ValueTask LockHeadAsync() =>
        head = await server.AskAsync(batch => AddHeads(batch, ofChain: true, ofLog: false), results => results.FirstAsync(row => (row.Long(), row.Bytes())));

    // The one member of the port that has to know its place in the log at once, when nobody had foreseen it: jobs, and operations that went another way.
    private void LockHeads() => server.Ask(
        batch => AddHeads(batch, head is null, ofLog: true),
        reader =>
        {
            if (head is null)
            {
                reader.Read();
                var row = new Row(reader);
                head = (row.Long(), row.Bytes());
                reader.NextResult();
            }

            reader.Read();
            sequence = new Row(reader).Long();
        });

    private async ValueTask<int> ChangeAsync(Action<NpgsqlBatch> change) => (int)await QueryAsync(change, results => results.FirstAsync(row => row.Long()));

    private async ValueTask<T> QueryAsync<T>(Action<NpgsqlBatch> ask, Func<Results, ValueTask<T>> read)
    {
        if (pending.HasRows) await server.RunAsync(pending.Write);
        return await server.AskAsync(ask, read);
    }
}
