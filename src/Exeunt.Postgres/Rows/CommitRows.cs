using Exeunt.Postgres.Server;
using Npgsql;

namespace Exeunt.Postgres.Rows;

/// <summary>Which transaction of a process was committed last, so that it can be asked for when the answer to a commit was lost.</summary>
internal static class CommitRows
{
    private const string Upsert = "insert into newest_commits (writer, number, at) values ($1, $2, $3) on conflict (writer) do update set at = excluded.at";

    /// <summary>
    /// This transaction will be the newest of the process, if it is committed. The row stays locked until then. It must be sent before the commit is: a commit
    /// that was lost on its way is told from one that is still under way by this lock. Answers the ledger's present life, which changes for nobody who shares the
    /// ledger.
    /// </summary>
    public static void Begin(NpgsqlBatch batch, CommitNumber commit, DateTimeOffset now) => batch
        .Sql($"with newest as ({Upsert}, number = excluded.number) select epoch from epochs order by number desc limit 1")
        .Set(commit.Writer).Set(commit.Number).Set(now);

    /// <summary>
    /// The number of the newest one that was committed; 0 when there is none. Waits for the one that still runs, also for the very first, which nobody can see
    /// yet: that is why it writes.
    /// </summary>
    public static void Newest(NpgsqlBatch batch, Guid writer, DateTimeOffset now) => batch.Sql($"{Upsert} returning number").Set(writer).Set(0).Set(now);

    /// <summary>Forgets processes that have not written for this long; one that is still there begins anew.</summary>
    public static void Forget(NpgsqlBatch batch, DateTimeOffset before) => batch.Sql("delete from newest_commits where at < $1").Set(before);
}

/// <summary>Names one attempt to commit.</summary>
/// <param name="Writer">A life of a process.</param>
/// <param name="Number">Counted by it from 1.</param>
internal readonly record struct CommitNumber(Guid Writer, long Number);
