using System.Text.Json.Serialization;
using Exeunt.Admin;
using Exeunt.Storage.Moving;

namespace Exeunt.Server.Commands;

/// <summary>An ending, as <c>--json</c> prints it.</summary>
/// <param name="Ended">How many sessions were alive and are not any more.</param>
/// <param name="Id">The ending; left out when it had ended before.</param>
/// <param name="At">When, ledger time.</param>
internal sealed record EndedAnswer(long Ended, string? Id, DateTimeOffset? At);

/// <summary>A new account, as <c>--json</c> prints it.</summary>
/// <param name="Account">The account.</param>
/// <param name="Password">Its password, when it was made here: it is shown this once.</param>
internal sealed record AddedAccount(AdminAccount Account, string? Password);

/// <summary>Another password, as <c>--json</c> prints it.</summary>
/// <param name="Account">The account.</param>
/// <param name="Ended">How many of its sessions ended.</param>
/// <param name="Password">The password, when it was made here: it is shown this once.</param>
internal sealed record ChangedPassword(AdminAccount Account, long Ended, string? Password);

/// <summary>An invitation, as <c>--json</c> prints it.</summary>
internal sealed record Invitation(string Email, string Code, DateTimeOffset Expires);

/// <summary>A key, as <c>--json</c> prints it.</summary>
internal sealed record KeyLine(string Kind, string Id, string Algorithm, string Stage, DateTimeOffset Made, DateTimeOffset From);

/// <summary>A new client, as <c>--json</c> prints it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Scopes">What it may do.</param>
/// <param name="Secret">Its secret: shown this once.</param>
internal sealed record AddedClient(string Id, string Name, IReadOnlyList<string> Scopes, string Secret);

/// <summary>A client, as <c>--json</c> prints it.</summary>
internal sealed record ClientLine(string Id, string Name, IReadOnlyList<string> Scopes, DateTimeOffset CreatedAt);

/// <summary>What verifying found, as <c>--json</c> prints it.</summary>
internal sealed record VerifyAnswer(bool Holds, long Entries, int Chains, long Erased, long Checkpoints, string? Newest, string? Chain, long? Number, string? What);

/// <summary>One finding of the doctor, as <c>--json</c> prints it.</summary>
internal sealed record Finding(string Check, string Verdict, string Detail);

/// <summary>A backup that was made, as <c>--json</c> prints it.</summary>
/// <param name="File">The file, as it was named.</param>
/// <param name="MadeAt">Ledger time.</param>
/// <param name="Epoch">The ledger's life.</param>
/// <param name="Sequence">How far the revocation log had come.</param>
/// <param name="Counts">How many rows.</param>
/// <param name="Keys">How many files of keys.</param>
/// <param name="AuditHolds">Whether the audit trail in it verifies.</param>
/// <param name="Checkpoint">The hash of the newest signed checkpoint in it.</param>
internal sealed record BackupAnswer(string File, DateTimeOffset MadeAt, string Epoch, long Sequence, LedgerCounts Counts, int Keys, bool AuditHolds, string? Checkpoint);

/// <summary>What a restore has done, as <c>--json</c> prints it.</summary>
/// <param name="MadeAt">When the backup was made, ledger time.</param>
/// <param name="Counts">What it held.</param>
/// <param name="Epoch">The ledger's new life.</param>
/// <param name="TakenBack">Endings that the copy did not know and this node did.</param>
/// <param name="Ended">Sessions that were ended because of the restore; left out when they were kept.</param>
/// <param name="Before">The folder with the files that were there before; left out when there were none.</param>
/// <param name="DroppedKeys">Signing keys of the copy that had been revoked since, and are out of use again.</param>
internal sealed record RestoreAnswer(DateTimeOffset MadeAt, LedgerCounts Counts, string Epoch, int TakenBack, long? Ended, string? Before, IReadOnlyList<string> DroppedKeys);

/// <summary>What a move has done, as <c>--json</c> prints it.</summary>
internal sealed record MoveAnswer(string To, string Epoch, LedgerCounts Counts, int Keys);

/// <summary>What going back has done, as <c>--json</c> prints it.</summary>
internal sealed record MoveBackAnswer(string From, string Epoch, int TakenBack, long? Ended, IReadOnlyList<string> DroppedKeys);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EndedAnswer))]
[JsonSerializable(typeof(AddedAccount))]
[JsonSerializable(typeof(ChangedPassword))]
[JsonSerializable(typeof(Invitation))]
[JsonSerializable(typeof(VerifyAnswer))]
[JsonSerializable(typeof(AddedClient))]
[JsonSerializable(typeof(IReadOnlyList<ClientLine>))]
[JsonSerializable(typeof(BackupAnswer))]
[JsonSerializable(typeof(RestoreAnswer))]
[JsonSerializable(typeof(MoveAnswer))]
[JsonSerializable(typeof(MoveBackAnswer))]
[JsonSerializable(typeof(IReadOnlyList<KeyLine>))]
[JsonSerializable(typeof(IReadOnlyList<Finding>))]
internal sealed partial class CommandJson : JsonSerializerContext;
