using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Sqlite.Files;
using Exeunt.Storage;

namespace Exeunt.Sqlite.Rows;

/// <summary>The entries of the audit trail as rows. <see cref="AuditUpkeep"/> has what retention and erasure do to them.</summary>
internal static class AuditRows
{
    private const string Columns = """
        chain, n, at, action, by_kind, by_user, by_session, by_name, user_id, session_id, event, reason, count, client, device, detail,
        address_commitment, agent_commitment, claimed_commitment, hash
        """;

    private const string Select = $"""
        select audit.position, {Columns}, address, address_salt, agent, agent_salt, claimed, claimed_salt
        from audit left join audit_personal using (position)
        """;

    public static void Insert(Database db, AuditRecord record)
    {
        var entry = record.Entry;
        db.Sql($"insert into audit ({Columns}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .Set(record.Chain).Set(record.Number).Set(entry.At).Set(entry.Action)
            .Set((long)entry.By.Kind).Set(entry.By.User).Set(entry.By.Session).Set(entry.By.Name)
            .Set(entry.User).Set(entry.Session).Set(entry.Event).Set((long?)entry.Reason).Set(entry.Count).Set(entry.Client).Set(entry.Device).Set(entry.Detail)
            .Set(record.Commitments.Address).Set(record.Commitments.UserAgent).Set(record.Commitments.Claimed).Set(record.Hash)
            .Run();

        if (entry is { Address: null, UserAgent: null, Claimed: null }) return;
        db.Sql("""
            insert into audit_personal (position, address, address_salt, agent, agent_salt, claimed, claimed_salt)
            values (last_insert_rowid(), ?, ?, ?, ?, ?, ?)
            """)
            .Set(entry.Address).Set(record.Salts.Address).Set(entry.UserAgent).Set(record.Salts.UserAgent).Set(entry.Claimed).Set(record.Salts.Claimed)
            .Run();
    }

    public static List<AuditRecord> OfChain(Database db, string chain, long after, int limit) => db
        .Sql($"{Select} where chain = ? and n > ? order by n limit ?").Set(chain).Set(after).Set(limit).All(row => Read(row).Record);

    /// <summary>A page of a filtered listing in order of time, after or before a place.</summary>
    public static List<(AuditPlace Place, AuditRecord Record)> Page(Database db, AuditQuery query, AuditPlace? from, int limit)
    {
        var (beyond, direction) = query.NewestFirst ? ("<", "desc") : (">", "asc");
        var hidden = query.User is null ? "" : "+"; // from the planner, which would take a reason or an action for rarer than a user
        List<string> conditions = [];
        if (from is not null) conditions.Add($"(at, position) {beyond} (?, ?)");
        if (query.User is not null) conditions.Add("user_id = ?");
        if (query.Action is not null) conditions.Add($"{hidden}action = ?");
        if (query.Reason is not null) conditions.Add($"{hidden}reason = ?");
        if (query.From is not null) conditions.Add("at >= ?");
        if (query.To is not null) conditions.Add("at < ?");
        var where = conditions.Count == 0 ? "" : $"where {string.Join(" and ", conditions)}";

        var sql = db.Sql($"{Select} {where} order by at {direction}, position {direction} limit ?");
        if (from is { } place) sql.Set(place.At).Set(place.Position);
        if (query.User is { } user) sql.Set(user);
        if (query.Action is { } action) sql.Set(action);
        if (query.Reason is { } reason) sql.Set((long)reason);
        if (query.From is { } earliest) sql.Set(earliest);
        if (query.To is { } end) sql.Set(end);
        return sql.Set(limit).All(Read);
    }

    private static (AuditPlace Place, AuditRecord Record) Read(Statement row)
    {
        var position = row.Long();
        var (chain, number) = (row.Text(), row.Long());
        var entry = new AuditEntry
        {
            At = row.Time(),
            Action = row.Text(),
            By = new((ActorKind)row.Long(), row.KeyOrNull<UserId>(), row.KeyOrNull<SessionId>(), row.TextOrNull()),
            User = row.KeyOrNull<UserId>(),
            Session = row.KeyOrNull<SessionId>(),
            Event = row.KeyOrNull<EventId>(),
            Reason = (EndReason?)row.LongOrNull(),
            Count = row.LongOrNull(),
            Client = row.TextOrNull(),
            Device = row.TextOrNull(),
            Detail = row.TextOrNull(),
        };
        var commitments = new PersonalBytes(row.BytesOrNull(), row.BytesOrNull(), row.BytesOrNull());
        var hash = row.Bytes();
        var (address, addressSalt) = (row.TextOrNull(), row.BytesOrNull());
        var (agent, agentSalt) = (row.TextOrNull(), row.BytesOrNull());
        var (claimed, claimedSalt) = (row.TextOrNull(), row.BytesOrNull());
        return (
            new(entry.At.ToUnixTimeMilliseconds(), position),
            new(
                chain,
                number,
                entry with { Address = address, UserAgent = agent, Claimed = claimed },
                commitments,
                new(addressSalt, agentSalt, claimedSalt),
                hash));
    }
}
