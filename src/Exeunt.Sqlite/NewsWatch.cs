using Exeunt.Sqlite.Files;
using Exeunt.Sqlite.Rows;

namespace Exeunt.Sqlite;

/// <summary>
/// Looks many times a second whether the file has been written to, on a connection of its own: the look neither waits behind a commit nor delays one. While
/// nobody writes it costs one pragma.
/// </summary>
internal sealed class NewsWatch(string path, TimeSpan lockWait, Writer writer) : IDisposable
{
    private readonly Lock looking = new();
    private Database? open;
    private long? seen;

    /// <summary>Whether the writer should be asked for news: the log is not where this process left it.</summary>
    public bool Look()
    {
        lock (looking)
        {
            try
            {
                var db = open ??= Database.OpenReader(path, lockWait);
                var version = db.Sql("pragma data_version").Number();
                if (version == seen && !writer.HasMetOthers) return false;
                seen = version; // before the rows: what is written in between is found by the next look
                return writer.MayHaveNews(SettingRows.Epoch(db) ?? "", RevocationRows.NewestSequence(db));
            }
            catch (SqliteFailure failure)
            {
                open?.Dispose();
                (open, seen) = (null, null);
                throw failure.Translate(path);
            }
        }
    }

    public void Dispose()
    {
        lock (looking) open?.Dispose();
    }
}
