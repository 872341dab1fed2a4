using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Tests.Guard;

/// <summary>Short ways to say revocations and tokens in these tests.</summary>
internal static class Endings
{
    public const string Issuer = "https://id.example.com";

    public static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static SessionId SessionAt(DateTimeOffset at) => Id.New<SessionId>(at);

    public static Revocation Point(RevocationScope scope, string key, DateTimeOffset? expires = null, string issuer = Issuer) => new()
    {
        Event = Id.New<EventId>(Noon),
        Scope = scope,
        Issuer = issuer,
        Key = key,
        Expires = expires ?? Noon.AddHours(1),
        At = Noon,
        Reason = EndReason.User,
    };

    public static Revocation CutOff(
        RevocationScope scope, string key, SessionId? upTo, long? upToSecond = null, string? except = null, DateTimeOffset? expires = null,
        string issuer = Issuer) =>
        Point(scope, key, expires, issuer) with { UpTo = upTo, UpToSecond = upToSecond, Except = except };

    public static TokenFacts Own(SessionId session, string subject = "ada", string issuer = Issuer) =>
        new() { Issuer = issuer, Subject = subject, Session = session.ToString(), OwnSession = session, Client = "web", KeyId = "k1", TokenId = "jti-" + session };

    public static TokenFacts Outside(string? session, long? began, string subject = "ada", string issuer = Issuer) =>
        new() { Issuer = issuer, Subject = subject, Session = session, SessionBegan = began, Client = "web", KeyId = "k1", TokenId = "jti-" + session };
}
