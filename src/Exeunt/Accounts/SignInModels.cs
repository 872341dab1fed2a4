namespace Exeunt.Accounts;

/// <summary>Body of a sign-in.</summary>
/// <param name="Email">The account.</param>
/// <param name="Password">Its password.</param>
/// <param name="ClientId">The client application; optional.</param>
/// <param name="DeviceName">What to call the device in the list; optional.</param>
public sealed record SignInRequest(string? Email, string? Password, string? ClientId, string? DeviceName);

/// <summary>Body of a refresh, and of a logout by refresh token.</summary>
/// <param name="RefreshToken">The token; in cookie mode it travels in the cookie instead.</param>
public sealed record RefreshRequest(string? RefreshToken);

/// <summary>Answer to a sign-in and to a refresh.</summary>
/// <param name="AccessToken">For <c>Authorization: Bearer</c>.</param>
/// <param name="RefreshToken">For the next refresh; null in cookie mode.</param>
/// <param name="TokenType">Always <c>Bearer</c>.</param>
/// <param name="ExpiresIn">Seconds until the access token expires.</param>
/// <param name="SessionId">The session.</param>
/// <param name="User">Whose it is.</param>
/// <param name="Binder">Cookie mode only: what the page keeps beside the cookie; without it the cookie signs nobody in.</param>
public sealed record SignedInResponse(
    string AccessToken, string? RefreshToken, string TokenType, long ExpiresIn, string SessionId, UserView User, string? Binder);

/// <summary>An account as its owner sees it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Email">Its e-mail address.</param>
/// <param name="Name">Its name; null when none was given.</param>
/// <param name="Roles">What it may do.</param>
public sealed record UserView(string Id, string? Email, string? Name, IReadOnlyList<string> Roles)
{
    /// <summary>The view of a user.</summary>
    public static UserView Of(User user) => new(user.Id.ToString(), user.Email, user.Name, user.Roles);
}
