using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Clients;
using Exeunt.Postgres.Rows;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Sessions;
using Npgsql;

namespace Exeunt.Postgres;

/// <summary>What a transaction has decided and not yet sent. Rows of one kind travel together, the last state of each.</summary>
internal sealed class Pending
{
    private readonly Dictionary<UserId, User> newUsers = [];
    private readonly Dictionary<UserId, User> changedUsers = [];
    private readonly Dictionary<SessionId, Session> newSessions = [];
    private readonly Dictionary<SessionId, Session> changedSessions = [];
    private readonly List<Revocation> revocations = [];
    private readonly List<(Revocation Revocation, DateTimeOffset Expires)> prolonged = [];
    private readonly List<Revocation> swept = [];
    private readonly List<(DateTimeOffset At, string Jws)> checkpoints = [];
    private readonly List<RegisteredClient> newClients = [];
    private DateTimeOffset? latestTokenExpiry;

    /// <summary>Whether there is anything that a question to the database would have to see.</summary>
    public bool HasRows { get; private set; }

    public void Insert(User user)
    {
        if (!newUsers.TryAdd(user.Id, user)) throw new InvalidOperationException($"The account {user.Id} is there twice.");
        HasRows = true;
    }

    public void Update(User user)
    {
        (newUsers.ContainsKey(user.Id) ? newUsers : changedUsers)[user.Id] = user;
        HasRows = true;
    }

    public void Insert(Session session)
    {
        if (!newSessions.TryAdd(session.Id, session)) throw new InvalidOperationException($"The session {session.Id} is there twice.");
        HasRows = true;
    }

    public void Update(Session session)
    {
        (newSessions.ContainsKey(session.Id) ? newSessions : changedSessions)[session.Id] = session;
        HasRows = true;
    }

    /// <summary>The state that is about to be written, if any.</summary>
    public Session? Of(SessionId id) => newSessions.GetValueOrDefault(id) ?? changedSessions.GetValueOrDefault(id);

    public void Append(Revocation revocation)
    {
        revocations.Add(revocation);
        HasRows = true;
    }

    public void Prolong(Revocation revocation, DateTimeOffset expires)
    {
        prolonged.Add((revocation, expires));
        HasRows = true;
    }

    public void MarkSwept(Revocation cutOff)
    {
        swept.Add(cutOff);
        HasRows = true;
    }

    public void Insert(RegisteredClient client)
    {
        newClients.Add(client);
        HasRows = true;
    }

    public void AppendCheckpoint(DateTimeOffset at, string jws)
    {
        checkpoints.Add((at, jws));
        HasRows = true;
    }

    public void RaiseLatestTokenExpiry(DateTimeOffset expiry)
    {
        latestTokenExpiry = expiry;
        HasRows = true;
    }

    /// <summary>Adds the statements that write everything, and forgets it. They follow each other as the rows depend on each other.</summary>
    public void Write(NpgsqlBatch batch)
    {
        foreach (var user in newUsers.Values) UserRows.Insert(batch, user);
        foreach (var user in changedUsers.Values) UserRows.Update(batch, user);
        if (newSessions.Count > 0) SessionRows.Insert(batch, newSessions.Values);
        if (changedSessions.Count > 0) SessionRows.Update(batch, changedSessions.Values);
        if (revocations.Count > 0) RevocationRows.Insert(batch, revocations);
        foreach (var (revocation, expires) in prolonged) RevocationRows.Prolong(batch, revocation, expires);
        if (swept.Count > 0) RevocationRows.MarkSwept(batch, swept);
        foreach (var client in newClients) ClientRows.Insert(batch, client);
        foreach (var (at, jws) in checkpoints) AuditUpkeep.AppendCheckpoint(batch, at, jws);
        if (latestTokenExpiry is { } expiry) SettingRows.RaiseLatestTokenExpiry(batch, expiry);

        newUsers.Clear();
        changedUsers.Clear();
        newSessions.Clear();
        changedSessions.Clear();
        revocations.Clear();
        prolonged.Clear();
        swept.Clear();
        newClients.Clear();
        checkpoints.Clear();
        latestTokenExpiry = null;
        HasRows = false;
    }
}
