using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Audit;

/// <summary>An entry of the audit trail as the API answers it and as JSONL exports hold it. Members that an entry does not have are left out.</summary>
public sealed record AuditLine
{
    /// <summary>When, ledger time, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What was done, from <see cref="AuditActions"/>.</summary>
    public required string Action { get; init; }

    /// <summary>Who did it.</summary>
    public required AuditActor By { get; init; }

    /// <summary>Whom it concerns.</summary>
    public UserId? User { get; init; }

    /// <summary>Which session it concerns.</summary>
    public SessionId? Session { get; init; }

    /// <summary>The ending.</summary>
    public EventId? Event { get; init; }

    /// <summary>Why a session ended.</summary>
    public string? Reason { get; init; }

    /// <summary>How many sessions ended, or failures were counted.</summary>
    public long? Count { get; init; }

    /// <summary>The client application.</summary>
    public string? Client { get; init; }

    /// <summary>The kind of device of the session.</summary>
    public string? Device { get; init; }

    /// <summary>What else there is to say.</summary>
    public string? Detail { get; init; }

    /// <summary>Personal: the network address.</summary>
    public string? Address { get; init; }

    /// <summary>Personal: the user agent.</summary>
    public string? UserAgent { get; init; }

    /// <summary>Personal: what was claimed or typed.</summary>
    public string? Claimed { get; init; }

    /// <summary>Whether personal values have been erased from it; left out when not.</summary>
    public bool? Erased { get; init; }

    /// <summary>The chain.</summary>
    public required string Chain { get; init; }

    /// <summary>Its place in the chain.</summary>
    public required long Number { get; init; }

    /// <summary>Its hash, base64.</summary>
    public required byte[] Hash { get; init; }

    /// <summary>In exports: the commitments to the personal values, base64.</summary>
    public AuditBytes? Commitments { get; init; }

    /// <summary>In exports: the salts of the commitments. With them the whole chain can be verified from the export alone.</summary>
    public AuditBytes? Salts { get; init; }

    /// <summary>The line of an entry.</summary>
    /// <param name="record">The entry.</param>
    /// <param name="withProof">Whether commitments and salts belong to it.</param>
    public static AuditLine Of(AuditRecord record, bool withProof)
    {
        var entry = record.Entry;
        return new()
        {
            At = entry.At,
            Action = entry.Action,
            By = new(NameOf(entry.By.Kind), entry.By.User, entry.By.Session, entry.By.Name),
            User = entry.User,
            Session = entry.Session,
            Event = entry.Event,
            Reason = entry.Reason?.ToWire(),
            Count = entry.Count,
            Client = entry.Client,
            Device = entry.Device,
            Detail = entry.Detail,
            Address = entry.Address,
            UserAgent = entry.UserAgent,
            Claimed = entry.Claimed,
            Erased = EntryCheck.IsErased(record) ? true : null,
            Chain = record.Chain,
            Number = record.Number,
            Hash = record.Hash,
            Commitments = withProof ? AuditBytes.Of(record.Commitments) : null,
            Salts = withProof ? AuditBytes.Of(record.Salts) : null,
        };
    }

    private static string NameOf(ActorKind kind) => kind switch
    {
        ActorKind.User => "user",
        ActorKind.Admin => "admin",
        ActorKind.Provider => "provider",
        ActorKind.Job => "job",
        ActorKind.Operator => "operator",
        _ => "anonymous",
    };
}

/// <summary>Who did something, as JSON.</summary>
/// <param name="Kind"><c>anonymous</c>, <c>user</c>, <c>admin</c>, <c>provider</c>, <c>job</c> or <c>operator</c>.</param>
/// <param name="User">The account.</param>
/// <param name="Session">The session it acted from.</param>
/// <param name="Name">The provider or job.</param>
public sealed record AuditActor(string Kind, UserId? User, SessionId? Session, string? Name);

/// <summary>One value for each personal field, as JSON.</summary>
public sealed record AuditBytes(byte[]? Address, byte[]? UserAgent, byte[]? Claimed)
{
    /// <summary>Null when there is none at all.</summary>
    public static AuditBytes? Of(PersonalBytes bytes) =>
        bytes is { Address: null, UserAgent: null, Claimed: null } ? null : new(bytes.Address, bytes.UserAgent, bytes.Claimed);
}
