using System.Text.Json.Serialization;
using Exeunt.Accounts;

namespace Exeunt.Contracts;

/// <summary>Every answer of the template contract.</summary>
/// <param name="Success">Whether it did what was asked.</param>
/// <param name="Message">One sentence; null where the contract has none.</param>
/// <param name="Token">At sign-in, the access token.</param>
/// <param name="User">In the profile, the account.</param>
/// <param name="Warning">At logout, that nothing was recorded, and until when the token stays valid; null when all is well.</param>
/// <param name="Receipt">At logout, who enforces it, signed; only when <c>Prefer: wait</c> asked for it.</param>
internal sealed record TemplateResponse(
    bool Success, string? Message = null, string? Token = null, TemplateUser? User = null, string? Warning = null, string? Receipt = null);

/// <summary>The account in the profile.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Email">Its e-mail address; null for the users of providers.</param>
/// <param name="Name">Its name; null when none was given.</param>
internal sealed record TemplateUser(string Id, string? Email, string? Name)
{
    public static TemplateUser Of(User user) => new(user.Id.ToString(), user.Email, user.Name);
}

/// <summary>Body of the template's sign-in.</summary>
/// <param name="Email">The account.</param>
/// <param name="Password">Its password.</param>
internal sealed record TemplateLoginRequest(string? Email, string? Password);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, MaxDepth = 8, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(TemplateResponse))]
[JsonSerializable(typeof(TemplateLoginRequest))]
internal sealed partial class TemplateJson : JsonSerializerContext;
