namespace Exeunt.Accounts;

/// <summary>Body of a registration.</summary>
/// <param name="Email">The address to sign in with.</param>
/// <param name="Password">4 to 256 characters that would not be guessed.</param>
/// <param name="Name">The name to show, at most 200 characters; optional.</param>
/// <param name="Invite">The invitation, where registration needs one.</param>
public sealed record RegisterRequest(string? Email, string? Password, string? Name, string? Invite);

/// <summary>Answer that is one account.</summary>
/// <param name="User">The account.</param>
public sealed record UserResponse(UserView User);

/// <summary>Body of a change of password.</summary>
/// <param name="CurrentPassword">The password until now.</param>
/// <param name="NewPassword">4 to 256 characters that would not be guessed.</param>
public sealed record ChangePasswordRequest(string? CurrentPassword, string? NewPassword);
