using Exeunt.Postgres.Server;
using Exeunt.Storage;
using Npgsql;

namespace Exeunt.Postgres.Rows;

/// <summary>What nodes say to each other, as rows.</summary>
internal static class WordRows
{
    // By then nothing that a node has said can matter: it is longer than any guard is looked for.
    private static readonly TimeSpan Kept = TimeSpan.FromDays(31);

    public static void Exchange(NpgsqlBatch batch, string node, string word, DateTimeOffset now) => batch
        .Sql("""
            with said as (
              insert into node_words (node, at, word) values ($1, $2, $3)
              on conflict (node) do update set at = excluded.at, word = excluded.word
            ), gone as (
              delete from node_words where at < $4 and node <> $1
            )
            select node, at, word from node_words where node <> $1 and at >= $4
            """)
        .Set(node).Set(now).Set(word).Set(now - Kept);

    public static NodeWord Read(Row row) => new(row.Text(), row.Time(), row.Text());
}
