using Exeunt.Audit;
using Exeunt.Postgres.Server;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Storage;
using Npgsql;

namespace Exeunt.Postgres.Rows;

/// <summary>The entries of the audit trail as rows. <see cref="AuditUpkeep"/> has what retention and erasure do to them.</summary>
internal static class AuditRows
{
    private const string Columns = """
        chain, n, at, action, by_kind, by_user, by_session, by_name, user_id, session_id, event, reason, count, client, device, detail,
        address_commitment, agent_commitment, claimed_commitment, hash
        """;

    private const string Select = $"""
        select position, {Columns}, address, address_salt, agent, agent_salt, claimed, claimed_salt
        from audit left join audit_personal using (chain, n)
        """;

    public static void Insert(NpgsqlBatch batch, IReadOnlyCollection<AuditRecord> records)
    {
        batch
            .Sql($"""
                insert into audit ({Columns})
                select {Columns} from unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::uuid[], $7::uuid[], $8::text[], $9::uuid[],
                    $10::uuid[], $11::uuid[], $12::bigint[], $13::bigint[], $14::text[], $15::text[], $16::text[], $17::bytea[], $18::bytea[], $19::bytea[],
                    $20::bytea[]) as e ({Columns})
                order by n
                """)
            .Texts(records.Select(r => (string?)r.Chain)).Longs(records.Select(r => (long?)r.Number)).Times(records.Select(r => (DateTimeOffset?)r.Entry.At))
            .Texts(records.Select(r => (string?)r.Entry.Action)).Longs(records.Select(r => (long?)r.Entry.By.Kind))
            .IdsOrNulls(records.Select(r => r.Entry.By.User)).IdsOrNulls(records.Select(r => r.Entry.By.Session)).Texts(records.Select(r => r.Entry.By.Name))
            .IdsOrNulls(records.Select(r => r.Entry.User)).IdsOrNulls(records.Select(r => r.Entry.Session)).IdsOrNulls(records.Select(r => r.Entry.Event))
            .Longs(records.Select(r => (long?)r.Entry.Reason)).Longs(records.Select(r => r.Entry.Count)).Texts(records.Select(r => r.Entry.Client))
            .Texts(records.Select(r => r.Entry.Device)).Texts(records.Select(r => r.Entry.Detail)).Blobs(records.Select(r => r.Commitments.Address))
            .Blobs(records.Select(r => r.Commitments.UserAgent)).Blobs(records.Select(r => r.Commitments.Claimed)).Blobs(records.Select(r => r.Hash));

        var personal = records.Where(r => r.Entry is not { Address: null, UserAgent: null, Claimed: null }).ToList();
        if (personal.Count == 0) return;
        batch
            .Sql("""
                insert into audit_personal (chain, n, address, address_salt, agent, agent_salt, claimed, claimed_salt)
                select * from unnest($1::text[], $2::bigint[], $3::text[], $4::bytea[], $5::text[], $6::bytea[], $7::text[], $8::bytea[])
                """)
            .Texts(personal.Select(r => (string?)r.Chain)).Longs(personal.Select(r => (long?)r.Number))
            .Texts(personal.Select(r => r.Entry.Address)).Blobs(personal.Select(r => r.Salts.Address))
            .Texts(personal.Select(r => r.Entry.UserAgent)).Blobs(personal.Select(r => r.Salts.UserAgent))
            .Texts(personal.Select(r => r.Entry.Claimed)).Blobs(personal.Select(r => r.Salts.Claimed));
    }

    public static void OfChain(NpgsqlBatch batch, string chain, long after, int limit) =>
        batch.Sql($"{Select} where chain = $1 and n > $2 order by n limit $3").Set(chain).Set(after).Set(limit);

    /// <summary>A page of a filtered listing in order of time, after or before a place.</summary>
    public static void Page(NpgsqlBatch batch, AuditQuery query, AuditPlace? from, int limit)
    {
        var (beyond, direction) = query.NewestFirst ? ("<", "desc") : (">", "asc");
        List<string> conditions = [];
        var sql = batch.Sql("");
        if (from is { } place) conditions.Add($"(at, position) {beyond} ({Next(sql.Set(place.At))}, {Next(sql.Set(place.Position))})");
        if (query.User is { } user) conditions.Add($"user_id = {Next(sql.Set(user))}");
        if (query.Action is { } action) conditions.Add($"action = {Next(sql.Set(action))}");
        if (query.Reason is { } reason) conditions.Add($"reason = {Next(sql.Set((long)reason))}");
        if (query.From is { } earliest) conditions.Add($"at >= {Next(sql.Set(earliest))}");
        if (query.To is { } end) conditions.Add($"at < {Next(sql.Set(end))}");
        var where = conditions.Count == 0 ? "" : $"where {string.Join(" and ", conditions)}";
        sql.CommandText = $"{Select} {where} order by at {direction}, position {direction} limit {Next(sql.Set(limit))}";

        static string Next(NpgsqlBatchCommand added) => $"${added.Parameters.Count}";
    }

    public static (AuditPlace Place, AuditRecord Record) Read(Row row)
    {
        var position = row.Long();
        var (chain, number) = (row.Text(), row.Long());
        var entry = new AuditEntry
        {
            At = row.Time(),
            Action = row.Text(),
            By = new((ActorKind)row.Int(), row.KeyOrNull<UserId>(), row.KeyOrNull<SessionId>(), row.TextOrNull()),
            User = row.KeyOrNull<UserId>(),
            Session = row.KeyOrNull<SessionId>(),
            Event = row.KeyOrNull<EventId>(),
            Reason = (EndReason?)row.IntOrNull(),
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
