using System.Text.Json.Serialization;
using Exeunt.Admin;

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

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EndedAnswer))]
[JsonSerializable(typeof(AddedAccount))]
[JsonSerializable(typeof(Invitation))]
[JsonSerializable(typeof(VerifyAnswer))]
[JsonSerializable(typeof(AddedClient))]
[JsonSerializable(typeof(IReadOnlyList<ClientLine>))]
[JsonSerializable(typeof(IReadOnlyList<KeyLine>))]
[JsonSerializable(typeof(IReadOnlyList<Finding>))]
internal sealed partial class CommandJson : JsonSerializerContext;
