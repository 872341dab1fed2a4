using Exeunt.Protocol.Ids;

namespace Exeunt.Accounts;

/// <summary>A person with sessions: an account that can sign in here, or the mirror of a provider's user.</summary>
public sealed record User
{
    /// <summary>Its id. For our own accounts its text is also <c>sub</c>.</summary>
    public required UserId Id { get; init; }

    /// <summary>Who issues this person's tokens: ourselves, or a provider.</summary>
    public required string Issuer { get; init; }

    /// <summary><c>sub</c> within <see cref="Issuer"/>.</summary>
    public required string Subject { get; init; }

    /// <summary>E-mail as it was typed; null for mirrored users.</summary>
    public string? Email { get; init; }

    /// <summary>The name to show; null when none was given.</summary>
    public string? Name { get; init; }

    /// <summary>The password's hash in ASP.NET Core Identity's format; null for mirrored users.</summary>
    public string? PasswordHash { get; init; }

    /// <summary>What the person may do; <c>admin</c> opens the administration.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>Since when it may not sign in; null while it may.</summary>
    public DateTimeOffset? DisabledAt { get; init; }

    /// <summary>When it was created here, ledger time.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>How many of its session rows are not marked ended. Kept, so that ending 10 000 sessions counts them without reading them.</summary>
    public long UnmarkedSessions { get; init; }

    /// <summary>Whether it may use the administration.</summary>
    public bool IsAdmin => Roles.Contains(AdminRole) && DisabledAt is null;

    /// <summary>The role that opens the administration.</summary>
    public const string AdminRole = "admin";

    /// <summary>E-mail addresses and names are compared and searched in this form.</summary>
    public static string Normalize(string text) => text.Trim().Normalize().ToUpperInvariant();
}
