using System.Security.Cryptography;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Audit;

/// <summary>What can be said of one entry by itself and the hash before it.</summary>
internal static class EntryCheck
{
    /// <summary>What is wrong with it, to follow "Entry 7 of chain x"; null when nothing is.</summary>
    public static string? WhatIsWrong(AuditRecord record, ReadOnlySpan<byte> previousHash)
    {
        var entry = record.Entry;
        if (entry.Reason is { } reason && !Enum.IsDefined(reason)) return "names a reason that does not exist: it was changed";
        if (!CryptographicOperations.FixedTimeEquals(AuditChain.Hash(record.Chain, record.Number, previousHash, entry, record.Commitments), record.Hash))
            return "does not have the hash that its content and the entry before it make: it was changed, or put there later";

        var (commitments, salts) = (record.Commitments, record.Salts);
        return WhatIsWrong("an address", entry.Address, salts.Address, commitments.Address)
            ?? WhatIsWrong("a user agent", entry.UserAgent, salts.UserAgent, commitments.UserAgent)
            ?? WhatIsWrong("a claim", entry.Claimed, salts.Claimed, commitments.Claimed);
    }

    /// <summary>Whether it had a personal value that is gone.</summary>
    public static bool IsErased(AuditRecord record) =>
        (record.Entry.Address is null && record.Commitments.Address is not null)
        || (record.Entry.UserAgent is null && record.Commitments.UserAgent is not null)
        || (record.Entry.Claimed is null && record.Commitments.Claimed is not null);

    private static string? WhatIsWrong(string what, string? value, byte[]? salt, byte[]? commitment)
    {
        if (value is null && salt is null) return null; // never there, or erased: whether it may be is judged from the whole trail
        return AuditChain.Commit(salt, value) is { } made && commitment is not null && CryptographicOperations.FixedTimeEquals(made, commitment)
            ? null
            : $"has {what} that is not the one it was written with";
    }
}
