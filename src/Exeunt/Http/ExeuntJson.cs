using System.Text.Json;
using System.Text.Json.Serialization;
using Exeunt.Accounts;
using Exeunt.Admin;
using Exeunt.Audit;
using Exeunt.Contracts;
using Exeunt.Feed;
using Exeunt.OAuth;
using Exeunt.Sessions;

namespace Exeunt.Http;

/// <summary>Everything that our API reads and writes as JSON, generated at build time. A type that is missing here cannot be answered with.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, MaxDepth = 8,
    AllowDuplicateProperties = false, NumberHandling = JsonNumberHandling.Strict, RespectNullableAnnotations = false)]
[JsonSerializable(typeof(object))] // asked for when routes are built; the serializer would else make all its own converters
[JsonSerializable(typeof(SignInRequest))]
[JsonSerializable(typeof(RefreshRequest))]
[JsonSerializable(typeof(RegisterRequest))]
[JsonSerializable(typeof(UserResponse))]
[JsonSerializable(typeof(UserView))]
[JsonSerializable(typeof(ChangePasswordRequest))]
[JsonSerializable(typeof(SessionList))]
[JsonSerializable(typeof(EndedSessionList))]
[JsonSerializable(typeof(EndedResponse))]
[JsonSerializable(typeof(HealthResponse))]
[JsonSerializable(typeof(JournalHealth))]
[JsonSerializable(typeof(SignedInResponse))]
[JsonSerializable(typeof(MessageResponse))]
[JsonSerializable(typeof(LoggedOutAllResponse))]
[JsonSerializable(typeof(AuditLogoutResponse))]
[JsonSerializable(typeof(AdminAccounts))]
[JsonSerializable(typeof(AdminAccountDetail))]
[JsonSerializable(typeof(AdminSessions))]
[JsonSerializable(typeof(AdminSession))]
[JsonSerializable(typeof(AccountChanged))]
[JsonSerializable(typeof(EndingRequest))]
[JsonSerializable(typeof(EndingAnswer))]
[JsonSerializable(typeof(AuditPage))]
[JsonSerializable(typeof(AuditLine))]
[JsonSerializable(typeof(ReportAnswer))]
[JsonSerializable(typeof(CheckpointAnswer))]
[JsonSerializable(typeof(VerifyRequest))]
[JsonSerializable(typeof(VerifyStep))]
[JsonSerializable(typeof(VerifyEnd))]
[JsonSerializable(typeof(Overview))]
[JsonSerializable(typeof(GuardList))]
[JsonSerializable(typeof(AdminClients))]
[JsonSerializable(typeof(NewClient))]
[JsonSerializable(typeof(AddedAdminClient))]
[JsonSerializable(typeof(AdminKeys))]
[JsonSerializable(typeof(GuardWord))]
[JsonSerializable(typeof(AckRequest))]
[JsonSerializable(typeof(CheckRequest))]
[JsonSerializable(typeof(CheckAnswer))]
[JsonSerializable(typeof(OAuthTokens))]
[JsonSerializable(typeof(RevokedToken))]
[JsonSerializable(typeof(OAuthError))]
[JsonSerializable(typeof(Introspection))]
[JsonSerializable(typeof(ServerMetadata))]
internal sealed partial class ExeuntJson : JsonSerializerContext;
