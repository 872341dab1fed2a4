namespace Exeunt.Protocol.Revocations;

/// <summary>Why a session ended. The numbers are stored, the names are sent: both keep their meaning for ever.</summary>
public enum EndReason
{
    /// <summary>Its owner signed out on that device.</summary>
    User = 1,

    /// <summary>Its owner ended it from another device.</summary>
    OtherDevice = 2,

    /// <summary>Its owner signed out everywhere.</summary>
    LogoutAll = 3,

    /// <summary>An administrator ended it.</summary>
    Admin = 4,

    /// <summary>A rule of the operator ended it.</summary>
    Policy = 5,

    /// <summary>Nobody used it for too long.</summary>
    IdleTimeout = 6,

    /// <summary>It reached its greatest age.</summary>
    AbsoluteTimeout = 7,

    /// <summary>Its account opened more sessions than are allowed; it was the oldest.</summary>
    SessionLimit = 8,

    /// <summary>A refresh token of it was used a second time by somebody else.</summary>
    TokenTheft = 9,

    /// <summary>Its provider said so.</summary>
    Provider = 10,

    /// <summary>Its account was disabled.</summary>
    AccountDisabled = 11,

    /// <summary>Its owner changed the password elsewhere.</summary>
    PasswordChanged = 12,

    /// <summary>Everyone was signed out.</summary>
    Everyone = 13,
}

/// <summary>The names by which reasons travel and are stored in the audit trail.</summary>
public static class EndReasonNames
{
    private static readonly string[] Names =
    [
        "", "user", "other_device", "logout_all", "admin", "policy", "idle_timeout", "absolute_timeout", "session_limit",
        "token_theft", "provider", "account_disabled", "password_changed", "everyone",
    ];

    /// <summary>The reason as it is written on the wire.</summary>
    public static string ToWire(this EndReason reason) => Names[(int)reason];

    /// <summary>The reason of this name; false for any other text.</summary>
    public static bool TryParse(string? name, out EndReason reason)
    {
        reason = (EndReason)Math.Max(0, Array.IndexOf(Names, name));
        return reason != default;
    }
}
