using Exeunt.Storage;
using Npgsql;

namespace Exeunt.Postgres.Server;

/// <summary>
/// Hears whether a commit was answered before the synchronous standby had it. A server whose wait for a standby is cancelled, by the driver's time limit or by an
/// operator, answers that it has committed all the same, and says only by a warning that it is true of itself alone. What nobody else has is lost when the
/// standby takes over, so nobody must be told that it is recorded.
/// </summary>
internal sealed class StandbyWatch : IDisposable
{
    private const string GaveUp = "SyncRepWaitForLSN"; // the server's function that waits; its words are in the server's language

    private readonly NpgsqlConnection connection;
    private bool isReplicated = true;

    public StandbyWatch(NpgsqlConnection connection)
    {
        this.connection = connection;
        connection.Notice += Hear;
    }

    /// <summary>Says so when it was given up since this watch began.</summary>
    /// <exception cref="LedgerUnavailableException">It was; whether the commit lasts is unknown until a later one has reached the standby.</exception>
    public void EnsureReplicated()
    {
        if (!isReplicated) throw new LedgerUnavailableException("The synchronous standby of the database did not take in a commit in time.") { OutcomeUnknown = true };
    }

    public void Dispose() => connection.Notice -= Hear;

    private void Hear(object sender, NpgsqlNoticeEventArgs said) => isReplicated &= said.Notice.Routine != GaveUp;
}
