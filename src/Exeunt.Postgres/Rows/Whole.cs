using Exeunt.Postgres.Server;
using Exeunt.Storage.Moving;
using Npgsql;

namespace Exeunt.Postgres.Rows;

/// <summary>Statements about all that a database holds.</summary>
internal static class Whole
{
    public static void Counts(NpgsqlBatch batch) => batch.Sql("""
        select (select count(*) from users), (select count(*) from sessions), (select count(*) from sessions where ended_at is null),
            (select coalesce(sum(unmarked_sessions), 0)::bigint from users), (select count(*) from revocations), (select count(*) from revocations where not swept),
            (select count(*) from audit), (select count(*) from audit_personal), (select count(*) from audit_checkpoints), (select count(*) from clients)
        """);

    public static LedgerCounts ReadCounts(Row row) =>
        new(row.Long(), row.Long(), row.Long(), row.Long(), row.Long(), row.Long(), row.Long(), row.Long(), row.Long(), row.Long());

    /// <summary>Empties every table and puts down what a ledger is besides its rows. It begins a new life.</summary>
    public static void Begin(NpgsqlBatch batch, LedgerState state, string epoch, DateTimeOffset now)
    {
        batch.Sql("""
            truncate users, sessions, revocations, audit_chains, audit_anchors, audit, audit_personal, audit_checkpoints, clients, vault, epochs restart identity
            """);
        foreach (var life in state.Lives) batch.Sql("insert into epochs (epoch, began_at, last_sequence) values ($1, $2, $3)").Set(life.Epoch).Set(life.BeganAt).LongOrNull(life.LastSequence);
        SettingRows.BeginEpoch(batch, epoch, now, state.Sequence);
        SettingRows.MoveSequence(batch, state.Sequence);
        batch.Sql("update settings set value = $1 where name = 'latest_token_expiry'").Set(state.LatestTokenExpiry);
        foreach (var chain in state.Chains)
        {
            // The name of a node that is no more: nobody appends to this chain again.
            batch.Sql("insert into audit_chains (chain, node, head_number, head_hash) values ($1, $2, $3, $4)")
                .Set(chain.Chain).Set($"moved {chain.Chain}").Set(chain.Number).Set(chain.Hash);
            batch.Sql("insert into audit_anchors (chain, number, hash) values ($1, $2, $3)").Set(chain.Chain).Set(chain.AnchorNumber).Set(chain.AnchorHash);
        }
    }

    /// <summary>So that the first questions are not answered by plans that were made for empty tables.</summary>
    public static void Analyze(NpgsqlBatch batch) => batch.Sql("analyze users, sessions, revocations, audit, audit_personal");
}
