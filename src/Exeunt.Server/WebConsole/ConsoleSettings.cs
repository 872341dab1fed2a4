using System.Text.Json.Serialization;

namespace Exeunt.Server.WebConsole;

/// <summary>What the console's page is told of the server's settings. Anybody may read it: nothing in it is a secret.</summary>
/// <param name="Registration"><c>open</c>, <c>invite</c> or <c>closed</c>.</param>
/// <param name="RotationWindow">In milliseconds.</param>
/// <param name="StepUp">Age in seconds from which on a sign-in is too old to end the sessions of a client or of everyone.</param>
/// <param name="EndedSessionDays">For how many days ended sessions are kept.</param>
/// <param name="Issuer">The server's own name in tokens.</param>
internal sealed record ConsoleSettings(string Registration, long RotationWindow, long StepUp, int EndedSessionDays, string Issuer);

/// <summary>How it is written into the page.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ConsoleSettings))]
internal sealed partial class ConsoleJson : JsonSerializerContext;
