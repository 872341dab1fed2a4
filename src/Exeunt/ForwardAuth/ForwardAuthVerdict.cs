using Exeunt.Protocol.Ids;

namespace Exeunt.ForwardAuth;

/// <summary>What a proxy is told. Closed.</summary>
internal abstract record ForwardAuthVerdict
{
    private ForwardAuthVerdict()
    {
    }

    /// <summary>The request may pass.</summary>
    public sealed record Allowed(ForwardAuthCaller Caller) : ForwardAuthVerdict;

    /// <summary>Nobody has proved who they are.</summary>
    /// <param name="Challenge">For <c>WWW-Authenticate</c>.</param>
    /// <param name="Detail">A sentence for people.</param>
    public sealed record Unauthenticated(string Challenge, string Detail) : ForwardAuthVerdict;

    /// <summary>The credential is good, and still not enough.</summary>
    public sealed record Forbidden(string Detail) : ForwardAuthVerdict;

    /// <summary>Nobody can say now.</summary>
    public sealed record Undecided : ForwardAuthVerdict;
}

/// <summary>Whose request it is, as the site behind the proxy is told in headers.</summary>
/// <param name="User">The account's id here, also of an outside account: two providers may call two people by one name.</param>
/// <param name="Session">The session's id here.</param>
/// <param name="Roles">Separated by commas, each percent-encoded; empty for none.</param>
internal sealed record ForwardAuthCaller(string User, string Session, string Roles)
{
    /// <summary>Nobody.</summary>
    public static ForwardAuthCaller Nobody { get; } = new("", "", "");

    /// <summary>The owner of a session.</summary>
    public static ForwardAuthCaller Of(UserId user, SessionId session, IReadOnlyList<string> roles) =>
        new(user.ToString(), session.ToString(), string.Join(',', roles.Select(Uri.EscapeDataString)));
}
