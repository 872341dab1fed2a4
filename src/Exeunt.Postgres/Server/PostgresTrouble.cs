namespace Exeunt.Postgres.Server;

/// <summary>
/// The database failed under a transaction. It never leaves the adapter: the writer tries again where that is safe, or turns it into what the port promises.
/// An operation's own exceptions are never mistaken for it.
/// </summary>
internal sealed class PostgresTrouble(Exception cause, bool whileCommitting) : Exception("The database failed.", cause)
{
    /// <summary>What the driver said.</summary>
    public Exception Cause => InnerException!;

    /// <summary>Whether the commit was under way, so that it may have happened although nobody was told.</summary>
    public bool OutcomeUnknown => whileCommitting && !Cause.IsRefusal;
}
