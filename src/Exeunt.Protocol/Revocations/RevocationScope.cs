namespace Exeunt.Protocol.Revocations;

/// <summary>What one revocation covers. The numbers are stored and sent: they keep their meaning for ever.</summary>
public enum RevocationScope
{
    /// <summary>One access token, by its <c>jti</c>.</summary>
    Token = 1,

    /// <summary>One session, by its <c>sid</c>.</summary>
    Session = 2,

    /// <summary>Every session of a user up to a cut-off, except at most one.</summary>
    User = 3,

    /// <summary>Every session of a client application up to a cut-off.</summary>
    Client = 4,

    /// <summary>Every session of an issuer up to a cut-off.</summary>
    Issuer = 5,

    /// <summary>Every token signed by one key, by its <c>kid</c>.</summary>
    Key = 6,

    /// <summary>Every session there is, up to a cut-off.</summary>
    Everyone = 7,
}

/// <summary>The names by which scopes travel.</summary>
public static class RevocationScopeNames
{
    private static readonly string[] Names = ["", "token", "session", "user", "client", "issuer", "key", "everyone"];

    /// <summary>The scope as it is written on the wire.</summary>
    public static string ToWire(this RevocationScope scope) => Names[(int)scope];

    /// <summary>The scope of this name; false for any other text.</summary>
    public static bool TryParse(string? name, out RevocationScope scope)
    {
        scope = (RevocationScope)Math.Max(0, Array.IndexOf(Names, name));
        return scope != default;
    }
}
