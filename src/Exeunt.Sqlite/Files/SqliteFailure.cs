using Exeunt.Storage;
using SQLitePCL;

namespace Exeunt.Sqlite.Files;

/// <summary>SQLite said no. It never leaves the adapter: <see cref="Translate"/> turns it into what the port promises.</summary>
internal sealed class SqliteFailure(int code, string message) : Exception(message)
{
    /// <summary>The primary result code.</summary>
    public int Code { get; } = code & 0xFF;

    /// <summary>
    /// Whether the connection can no longer be trusted and is opened anew. One that was opened while the file could not be written stays read-only for its
    /// life, also when the file can be written again.
    /// </summary>
    public bool NeedsNewConnection => Code is raw.SQLITE_IOERR or raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB or raw.SQLITE_CANTOPEN or raw.SQLITE_READONLY;

    /// <summary>The same in the words of the port, for an operator who has to do something about it.</summary>
    public Exception Translate(string path) => Code switch
    {
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => Away($"The database {path} stayed locked: another process is writing to it for too long."),
        raw.SQLITE_FULL => Away($"The disk that holds the database {path} is full. Free some space; nothing that was recorded is lost."),
        raw.SQLITE_READONLY => Away($"The database {path} is read-only. Check the owner and the permissions of the file and its folder."),
        raw.SQLITE_CANTOPEN or raw.SQLITE_PERM or raw.SQLITE_AUTH =>
            Away($"The database {path} cannot be opened. Check that the folder exists and that this user may write to it."),
        raw.SQLITE_IOERR => Away($"The disk that holds the database {path} reported an error ({Message})."),
        raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => Away($"The database {path} is damaged ({Message}). Put back a backup."),

        // SQLITE_ERROR: a table is gone. Our own statements are right, so somebody has changed or replaced the file.
        raw.SQLITE_NOMEM or raw.SQLITE_PROTOCOL or raw.SQLITE_INTERRUPT or raw.SQLITE_ERROR or raw.SQLITE_SCHEMA => Away($"The database {path} could not be used ({Message})."),
        raw.SQLITE_CONSTRAINT => new InvalidOperationException($"The ledger refused a row: {Message}.", this),
        _ => this,
    };

    private LedgerUnavailableException Away(string words) => new(words, this);
}
