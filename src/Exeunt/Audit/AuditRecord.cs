using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Audit;

/// <summary>An entry of the audit trail at its place in its chain.</summary>
/// <param name="Chain">The chain: one for each server that writes.</param>
/// <param name="Number">Its place: 1, 2, 3 … without holes.</param>
/// <param name="Entry">What is recorded; personal values are null once erased.</param>
/// <param name="Commitments">The salted commitments of the personal values, which stay when the values are erased.</param>
/// <param name="Salts">The salts of those values that have not been erased.</param>
/// <param name="Hash">SHA-256 over the hash before it and the canonical form of this entry.</param>
public sealed record AuditRecord(string Chain, long Number, AuditEntry Entry, PersonalBytes Commitments, PersonalBytes Salts, byte[] Hash);

/// <summary>One array of bytes for each personal field of an entry; null where the entry has no such value.</summary>
public sealed record PersonalBytes(byte[]? Address, byte[]? UserAgent, byte[]? Claimed);

/// <summary>Which entries to read.</summary>
/// <param name="User">Only about this user.</param>
/// <param name="Action">Only this action.</param>
/// <param name="Reason">Only this reason.</param>
/// <param name="From">At or after, ledger time.</param>
/// <param name="To">Before, ledger time.</param>
/// <param name="NewestFirst">Order: newest first, or oldest first.</param>
/// <param name="Limit">1 to 1000.</param>
/// <param name="Cursor">From the page before.</param>
public sealed record AuditQuery(
    UserId? User = null, string? Action = null, EndReason? Reason = null, DateTimeOffset? From = null, DateTimeOffset? To = null,
    bool NewestFirst = false, int Limit = 100, string? Cursor = null);

/// <summary>Where a chain begins and ends.</summary>
/// <param name="Chain">The chain.</param>
/// <param name="Number">The number of its last entry; 0 while it has none.</param>
/// <param name="Hash">The hash of its last entry.</param>
/// <param name="AnchorNumber">Everything up to this number was deleted by retention; 0 when nothing was.</param>
/// <param name="AnchorHash">The hash of the last deleted entry, on which the first that is left builds; <see cref="AuditChain.Origin"/> when nothing was.</param>
public sealed record AuditHead(string Chain, long Number, byte[] Hash, long AnchorNumber, byte[] AnchorHash);

/// <summary>A signed statement of where all chains stood.</summary>
/// <param name="Number">Its place among the checkpoints: rising, from 1.</param>
/// <param name="At">When, ledger time.</param>
/// <param name="Jws">The statement in JWS compact form.</param>
public sealed record AuditCheckpoint(long Number, DateTimeOffset At, string Jws);
