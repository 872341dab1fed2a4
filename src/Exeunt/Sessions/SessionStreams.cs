using Exeunt.Authentication;
using Exeunt.Hosting;
using Exeunt.Http;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Sessions;

/// <summary>
/// The browsers that wait at this node to hear of the end of their session. Whoever takes revocations in tells them here, wherever the ending came from. Found by
/// session and by user, so that a logout looks at its own streams only, however many there are.
/// </summary>
public sealed class SessionStreams(ExeuntOptions options)
{
    // Streams stay: whoever opens many must not keep those out who want to log out.
    private readonly long most = Math.Min(options.Limits.EventStreams, RequestLimits.MostConnections / 2);
    private readonly Lock gate = new();
    private readonly Dictionary<SessionId, List<SessionStream>> bySession = [];
    private readonly Dictionary<(string Issuer, string Session), List<SessionStream>> byTokenSession = [];
    private readonly Dictionary<(string Issuer, string Subject), List<SessionStream>> byUser = [];
    private volatile int count;

    /// <summary>How many are open.</summary>
    public int Count => count;

    /// <summary>Makes revocations known to the streams of the sessions that they end. Call it after the revocation index has them.</summary>
    public void Tell(IReadOnlyList<Revocation> revocations)
    {
        if (count == 0) return; // a stream that enters now asks the index, which knows already
        lock (gate)
        {
            foreach (var revocation in revocations)
            {
                foreach (var stream in Concerned(revocation)) stream.Tell(revocation);
            }
        }
    }

    /// <summary>A session has a fresh access token: its streams may last until that expires.</summary>
    internal void Renew(SessionId session, DateTimeOffset expires)
    {
        if (count == 0) return;
        lock (gate)
        {
            foreach (var stream in bySession.GetValueOrDefault(session) ?? []) stream.RenewUntil(expires);
        }
    }

    /// <summary>Counts a new stream; null when the session, or this node, has as many as it may. Whoever entered leaves.</summary>
    internal SessionStream? TryEnter(Identity identity)
    {
        lock (gate)
        {
            if (count >= most || bySession.GetValueOrDefault(identity.Session)?.Count >= options.Limits.EventStreamsPerSession) return null;
            var stream = new SessionStream(identity);
            Add(bySession, identity.Session, stream);
            if (stream.SessionKey is { } key) Add(byTokenSession, key, stream);
            Add(byUser, stream.UserKey, stream);
            count++;
            return stream;
        }
    }

    /// <summary>Forgets a stream that has ended.</summary>
    internal void Leave(SessionStream stream)
    {
        lock (gate)
        {
            Remove(bySession, stream.Identity.Session, stream);
            if (stream.SessionKey is { } key) Remove(byTokenSession, key, stream);
            Remove(byUser, stream.UserKey, stream);
            count--;
        }
    }

    // A token or a key that is revoked ends no session: the stream that was opened with it is cut at its next heartbeat, and may come back with a better one.
    private IEnumerable<SessionStream> Concerned(Revocation revocation) => revocation.Scope switch
    {
        RevocationScope.Token or RevocationScope.Key => [],
        RevocationScope.Session => byTokenSession.GetValueOrDefault((revocation.Issuer, revocation.Key)) ?? [],
        RevocationScope.User => byUser.GetValueOrDefault((revocation.Issuer, revocation.Key)) ?? [],
        _ => bySession.Values.SelectMany(streams => streams),
    };

    private static void Add<TKey>(Dictionary<TKey, List<SessionStream>> to, TKey key, SessionStream stream)
        where TKey : notnull
    {
        if (!to.TryGetValue(key, out var streams)) to[key] = streams = [];
        streams.Add(stream);
    }

    private static void Remove<TKey>(Dictionary<TKey, List<SessionStream>> from, TKey key, SessionStream stream)
        where TKey : notnull
    {
        if (from.TryGetValue(key, out var streams) && streams.Remove(stream) && streams.Count == 0) from.Remove(key);
    }
}

/// <summary>One browser that waits to hear of the end of its session.</summary>
internal sealed class SessionStream(Identity identity)
{
    // Tokens count in whole seconds. Their session may live for the rest of the last one: asked only then, it can say that its time was up.
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    // Whoever tells holds the lock of all streams: what follows from it must not run there.
    private readonly TaskCompletionSource<EndReason> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long expiresTicks = identity.ExpiresAt.UtcTicks;

    /// <summary>Whose token it was opened with.</summary>
    public Identity Identity => identity;

    /// <summary>Completes with the reason when the session ends.</summary>
    public Task<EndReason> Ended => ended.Task;

    /// <summary>When it ends at the latest: with the newest token of its session that this node has issued. Ledger time.</summary>
    public DateTimeOffset LastsUntil => new DateTimeOffset(Volatile.Read(ref expiresTicks), TimeSpan.Zero) + Rest;

    /// <summary>What revocations of one session name; null for an outside token that names none.</summary>
    public (string Issuer, string Session)? SessionKey { get; } = identity.Facts.Session is { } session ? (identity.Issuer, session) : null;

    /// <summary>What revocations of one user name.</summary>
    public (string Issuer, string Subject) UserKey => (identity.Issuer, identity.Subject);

    public void Tell(Revocation revocation)
    {
        if (revocation.Covers(identity.Facts)) ended.TrySetResult(revocation.Reason);
    }

    public void RenewUntil(DateTimeOffset expires)
    {
        if (expires.UtcTicks > Volatile.Read(ref expiresTicks)) Volatile.Write(ref expiresTicks, expires.UtcTicks); // one writer at a time
    }
}
