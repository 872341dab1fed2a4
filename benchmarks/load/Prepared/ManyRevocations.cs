using Exeunt.Guard;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;

namespace Exeunt.LoadBench.Prepared;

/// <summary>So many endings as a large installation has in force: nine in ten of one session, one of all sessions of a user.</summary>
internal sealed class ManyRevocations
{
    public const string Issuer = Kernel.Issuer;

    private const int SessionsToRemember = 1000;

    private readonly List<SessionId> ended = [];

    public ManyRevocations(int count, DateTimeOffset now)
    {
        for (var i = 0; i < count; i++) Index.Apply(Revocation(i, now));
    }

    public RevocationIndex Index { get; } = new();

    /// <summary>Some of the sessions that have ended.</summary>
    public IReadOnlyList<SessionId> Ended => ended;

    private Revocation Revocation(int i, DateTimeOffset now)
    {
        var session = Id.New<SessionId>(now);
        var ofUser = i % 10 == 9;
        if (!ofUser && ended.Count < SessionsToRemember) ended.Add(session);
        return new()
        {
            Event = Id.New<EventId>(now),
            Scope = ofUser ? RevocationScope.User : RevocationScope.Session,
            Issuer = Issuer,
            Key = ofUser ? Id.New<UserId>(now).ToString() : session.ToString(),
            UpTo = ofUser ? session : null,
            Expires = now.AddHours(1),
            At = now,
            Reason = EndReason.User,
        };
    }
}
