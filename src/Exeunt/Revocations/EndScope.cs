using Exeunt.Protocol.Ids;

namespace Exeunt.Revocations;

/// <summary>What one ending is asked to cover. Closed: the door must understand every case.</summary>
public abstract record EndScope
{
    private EndScope()
    {
    }

    /// <summary>One session.</summary>
    public sealed record OneSession(SessionId Session) : EndScope;

    /// <summary>Every session of a user, sparing one if asked to: "log out my other devices".</summary>
    public sealed record AllOf(UserId User, SessionId? Except = null) : EndScope;

    /// <summary>Every session of one client application of ours.</summary>
    public sealed record Client(string ClientId) : EndScope;

    /// <summary>Every session whose tokens an issuer signs.</summary>
    public sealed record Issuer(string Name) : EndScope;

    /// <summary>Every session there is.</summary>
    public sealed record Everyone : EndScope;
}
