using System.Text.Json.Serialization;
using Exeunt.Authentication;
using Exeunt.Http;
using Exeunt.Receipts;
using Exeunt.Revocations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Exeunt.Contracts;

/// <summary>
/// The provider-session contract: <c>DELETE /v1/auth/session</c> with a token of an outside provider such as Clerk. It always answers 200, whatever the token
/// is; its session ends if the token proves one, and what remains of its tokens' lifetime is closed.
/// </summary>
internal static class ProviderSessionContract
{
    private const string Route = "DELETE /v1/auth/session";

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Adds its route.</summary>
        public void MapProviderSessionContract() =>
            routes.MapDelete("/v1/auth/session", LogoutAsync).TakesLogouts().Describe("ProviderLogout", "Logs out a session of an outside provider", "Logout contracts");
    }

    private static async Task<IResult> LogoutAsync(HttpContext http, OwnEnding ending, Enforcement enforcement, ILogger<ProviderSession> log)
    {
        string? warning, receipt = null;
        try
        {
            var outcome = await ending.EndAsync(http.Bearer, new(http.Origin));
            warning = (outcome as EndOutcome.Ended)?.Warning;
            receipt = await enforcement.ConfirmAsync(http, outcome);
        }
        catch (Exception failure)
        {
            // Whatever it was, this contract's clients know no other answer; so it is told in words.
            warning = NotRecorded.Warn(log, Route, http.Bearer, failure);
        }

        return TypedResults.Json(new ProviderLogoutResponse(true, "Logged out successfully", warning, receipt), ProviderJson.Default.ProviderLogoutResponse);
    }

    /// <summary>Names the log.</summary>
    internal sealed class ProviderSession;
}

/// <summary>Answer of the provider-session contract.</summary>
/// <param name="Success">Always true.</param>
/// <param name="Message">The sentence, as the contract has it.</param>
/// <param name="Warning">That nothing was recorded, and until when the token stays valid; null when all is well.</param>
/// <param name="Receipt">Who enforces it, signed; only when <c>Prefer: wait</c> asked for it.</param>
internal sealed record ProviderLogoutResponse(bool Success, string Message, string? Warning, string? Receipt);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProviderLogoutResponse))]
internal sealed partial class ProviderJson : JsonSerializerContext;
