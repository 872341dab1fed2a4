using System.Net.Sockets;
using Exeunt.Storage;
using Npgsql;

namespace Exeunt.Postgres.Server;

/// <summary>What the driver's exceptions mean, and the same in the words of the port.</summary>
internal static class PostgresFailure
{
    extension(Exception failure)
    {
        /// <summary>Whether it comes from the database or the way to it.</summary>
        public bool IsOfDatabase => failure is NpgsqlException or SocketException or IOException or TimeoutException or ObjectDisposedException;

        /// <summary>Whether the server said no and the connection is as good as before. Otherwise nobody knows what became of the last statement.</summary>
        public bool IsRefusal => failure is PostgresException refusal && !refusal.SqlState.StartsWith("57P", StringComparison.Ordinal) && refusal.SqlState[..2] != "08";

        /// <summary>Whether the same work can succeed at once: somebody else was in the way.</summary>
        public bool IsCollision => failure is PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure };

        /// <summary>Whether something is taken that was free when it was looked at: another node was faster, or the caller never looked.</summary>
        public bool IsTaken => failure is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };

        /// <summary>Whether this server cannot write although it answers: a standby, or a primary that was made read-only. Another connection may find another server.</summary>
        public bool IsReadOnly => failure is PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction };

        /// <summary>The same as the port promises it.</summary>
        /// <param name="where">The database, in words that may be shown.</param>
        public Exception Translate(string where) => failure switch
        {
            PostgresException refusal => OfState(refusal, where),
            TimeoutException or NpgsqlException { InnerException: TimeoutException } => Away(failure, $"The database {where} did not answer in time."),
            _ when failure.IsOfDatabase => Away(failure, $"The database {where} cannot be reached ({failure.GetBaseException().GetType().Name})."),
            _ => failure,
        };
    }

    private static Exception OfState(PostgresException refusal, string where) => refusal.SqlState switch
    {
        PostgresErrorCodes.ReadOnlySqlTransaction => Away(refusal, $"The database {where} is read-only: it is a standby, or was made read-only."),
        PostgresErrorCodes.DiskFull or PostgresErrorCodes.OutOfMemory => Away(refusal, $"The server of the database {where} is full ({refusal.MessageText})."),
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification => Away(refusal, $"The database {where} refuses this user or password."),
        PostgresErrorCodes.InsufficientPrivilege => Away(refusal, $"The user lacks a right in the database {where} ({refusal.MessageText})."),
        PostgresErrorCodes.InvalidCatalogName => Away(refusal, $"There is no such database: {where}."),
        PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.QueryCanceled => Away(refusal, $"The database {where} stayed busy: another node holds what is needed for too long."),
        PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.UndefinedTable => Away(refusal, $"The tables of the database {where} are missing ({refusal.MessageText})."),
        _ when refusal.SqlState.StartsWith("23", StringComparison.Ordinal) => new InvalidOperationException($"The ledger refused a row: {refusal.MessageText}.", refusal),
        _ => Away(refusal, $"The database {where} could not be used ({refusal.SqlState}: {refusal.MessageText})."),
    };

    private static LedgerUnavailableException Away(Exception cause, string words) => new(words, cause);
}
