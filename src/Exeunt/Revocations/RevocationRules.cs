using System.Diagnostics;
using Exeunt.Accounts;
using Exeunt.Hosting;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Sessions;

namespace Exeunt.Revocations;

/// <summary>How an ending becomes a revocation: whom it covers, and for how long it must be remembered.</summary>
public sealed class RevocationRules(ExeuntOptions options, string ownIssuer)
{
    /// <summary>How long after the last token's <c>exp</c> a revocation is kept: a guard's clock may be a minute slow, and forgetting late is free.</summary>
    public static TimeSpan Margin { get; } = TimeSpan.FromSeconds(120);

    /// <summary>The issuer of our own tokens.</summary>
    public string OwnIssuer => ownIssuer;

    /// <summary>The longest that one of our access tokens may live.</summary>
    public TimeSpan LongestToken => options.Tokens.Lifetime > options.Contracts.Template.TokenLifetime ? options.Tokens.Lifetime : options.Contracts.Template.TokenLifetime;

    /// <summary>How long the row of a session is kept at least, from its opening: until then one that is missing was lost, and not deleted.</summary>
    public TimeSpan RowsAreKept => options.Retention.EndedSessions;

    /// <summary>The revocation of one session.</summary>
    public Revocation OfSession(Session session, EventId ending, DateTimeOffset now, EndReason reason) =>
        OfSession(session.Issuer, session.Facts.Session!, ending, now, reason, session.LastTokenExpiresAt);

    /// <summary>The same of a session whose row cannot be read.</summary>
    public Revocation OfSession(string issuer, string key, EventId ending, DateTimeOffset now, EndReason reason, DateTimeOffset lastTokenExpiry) => new()
    {
        Event = ending,
        Scope = RevocationScope.Session,
        Issuer = issuer,
        Key = key,
        At = now,
        Reason = reason,
        Expires = Later(lastTokenExpiry, now + LifetimeOutside(issuer)) + Margin,
    };

    /// <summary>The revocation of all sessions of a scope up to a cut-off.</summary>
    public Revocation CutOff(
        EndScope scope, User? user, SessionId upTo, string? except, EventId ending, DateTimeOffset now, EndReason reason, DateTimeOffset latestTokenExpiry)
    {
        var (kind, issuer, key) = scope switch
        {
            EndScope.AllOf => (RevocationScope.User, user!.Issuer, user.Subject),
            EndScope.Client(var client) => (RevocationScope.Client, ownIssuer, client),
            EndScope.Issuer(var name) => (RevocationScope.Issuer, name, ""),
            EndScope.Everyone => (RevocationScope.Everyone, "", ""),
            _ => throw new UnreachableException(),
        };

        return new()
        {
            Event = ending,
            Scope = kind,
            Issuer = issuer,
            Key = key,
            UpTo = upTo,
            UpToSecond = now.ToUnixTimeSeconds(),
            Except = except,
            At = now,
            Reason = reason,
            Expires = Later(latestTokenExpiry, now + (kind is RevocationScope.Everyone ? LongestOutside() : LifetimeOutside(issuer))) + Margin,
        };
    }

    // A provider that was not told goes on minting tokens for a session that we ended, so its ending lives as long as the session could.
    private TimeSpan LifetimeOutside(string issuer) =>
        issuer == ownIssuer ? TimeSpan.Zero : options.Providers.Find(p => p.Issuer == issuer)?.SessionLifetime ?? new ProviderOptions().SessionLifetime;

    private TimeSpan LongestOutside() => options.Providers.Select(p => p.SessionLifetime).DefaultIfEmpty(TimeSpan.Zero).Max();

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
}
