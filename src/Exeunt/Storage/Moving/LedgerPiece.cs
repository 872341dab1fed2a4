using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Clients;
using Exeunt.Protocol.Revocations;
using Exeunt.Sessions;

namespace Exeunt.Storage.Moving;

/// <summary>
/// A bounded piece of a whole ledger on its way into another database. Pieces come in an order in which they can be put down: what others refer to first.
/// </summary>
public abstract record LedgerPiece
{
    private LedgerPiece()
    {
    }

    /// <summary>How many rows it has.</summary>
    public abstract int Count { get; }

    /// <summary>Accounts, in the order of their ids.</summary>
    public sealed record Users(IReadOnlyList<User> Rows) : LedgerPiece
    {
        /// <inheritdoc/>
        public override int Count => Rows.Count;
    }

    /// <summary>Sessions, ended ones included, in the order of their ids.</summary>
    public sealed record Sessions(IReadOnlyList<Session> Rows) : LedgerPiece
    {
        /// <inheritdoc/>
        public override int Count => Rows.Count;
    }

    /// <summary>A part of the revocation log, in its order.</summary>
    /// <param name="Rows">The revocations, at their places.</param>
    /// <param name="Unswept">The places of the cut-offs among them whose rows have not all been marked.</param>
    public sealed record Revocations(IReadOnlyList<Revocation> Rows, IReadOnlySet<long> Unswept) : LedgerPiece
    {
        /// <inheritdoc/>
        public override int Count => Rows.Count;
    }

    /// <summary>Entries of one chain of the audit trail, in their order.</summary>
    public sealed record Entries(IReadOnlyList<AuditRecord> Rows) : LedgerPiece
    {
        /// <inheritdoc/>
        public override int Count => Rows.Count;
    }

    /// <summary>Programs with credentials. There are few.</summary>
    public sealed record Clients(IReadOnlyList<RegisteredClient> Rows) : LedgerPiece
    {
        /// <inheritdoc/>
        public override int Count => Rows.Count;
    }

    /// <summary>Signed checkpoints, oldest first.</summary>
    public sealed record Checkpoints(IReadOnlyList<AuditCheckpoint> Rows) : LedgerPiece
    {
        /// <inheritdoc/>
        public override int Count => Rows.Count;
    }
}
