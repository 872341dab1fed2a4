using Exeunt.Postgres.Server;
using Exeunt.Protocol.Ids;
using Exeunt.Storage;
using Npgsql;

namespace Exeunt.Postgres.Rows;

/// <summary>What the ledger knows of itself: its lives, how far its log has come, the latest token.</summary>
internal static class SettingRows
{
    public static void LatestTokenExpiry(NpgsqlBatch batch) => batch.Sql("select value from settings where name = 'latest_token_expiry'");

    public static void RaiseLatestTokenExpiry(NpgsqlBatch batch, DateTimeOffset expiry) =>
        batch.Sql("update settings set value = greatest(value, $1) where name = 'latest_token_expiry'").Set(expiry);

    public static void Epoch(NpgsqlBatch batch) => batch.Sql("select epoch from epochs order by number desc limit 1");

    /// <summary>The newest place in the log, which nobody else appends to until the transaction ends.</summary>
    public static void LockSequence(NpgsqlBatch batch) => batch.Sql("select sequence from revocation_head for no key update");

    /// <summary>The present life and how far its log has come.</summary>
    public static void Place(NpgsqlBatch batch) => batch.Sql("select (select epoch from epochs order by number desc limit 1), sequence from revocation_head");

    public static void MoveSequence(NpgsqlBatch batch, long sequence) => batch.Sql("update revocation_head set sequence = $1").Set(sequence);

    /// <summary>Whether a move into this database has begun and not been finished. Until then it serves nobody.</summary>
    public static ValueTask<bool> IsBeingFilledAsync(Dialogue server) => server.AskAsync(
        batch => batch.Sql("select exists (select 1 from settings where name = 'being_filled')"), results => results.FirstAsync(row => row.Flag()));

    public static void BeginFilling(NpgsqlBatch batch) => batch.Sql("insert into settings (name, value) values ('being_filled', 1) on conflict do nothing");

    public static void EndFilling(NpgsqlBatch batch) => batch.Sql("delete from settings where name = 'being_filled'");

    /// <summary>Asks for the present life, and how the log stands to a mark.</summary>
    public static void Standing(NpgsqlBatch batch, LogMark mark) => batch
        .Sql("""
            select (select epoch from epochs order by number desc limit 1),
                (select coalesce(last_sequence, (select sequence from revocation_head)) from epochs where epoch = $1),
                (select event from revocations where seq = $2 limit 1)
            """)
        .Set(mark.Place.Epoch).Set(mark.Newest?.Sequence ?? 0);

    public static (string Epoch, bool IsLost) ReadStanding(Row row, LogMark mark)
    {
        var (epoch, reached, there) = (row.Text(), row.LongOrNull(), row.KeyOrNull<EventId>());
        return (epoch, mark.IsLostTo(reached, there));
    }

    public static void BeginEpoch(NpgsqlBatch batch, string epoch, DateTimeOffset at, long lastSequence)
    {
        batch.Sql("update epochs set last_sequence = $1 where last_sequence is null").Set(lastSequence);
        batch.Sql("insert into epochs (epoch, began_at) values ($1, $2)").Set(epoch).Set(at);
    }

    /// <summary>The newest instant that the ledger holds, of an entry or an ending, and the newest session; null while there is none.</summary>
    public static void Newest(NpgsqlBatch batch) => batch.Sql("""
        select greatest((select max(at) from audit), (select at from revocations order by seq desc limit 1)), (select id from sessions order by id desc limit 1)
        """);
}
