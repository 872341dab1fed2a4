using Exeunt.Guard.Feed;
using Exeunt.Protocol.Revocations;
using Microsoft.AspNetCore.Http;

namespace Exeunt.Guard.Connections;

/// <summary>
/// The connections that outlast their request's first answer, each with the token it was opened under. After every revocation that is applied all of them are
/// held against the index; that takes no memory, and once for many revocations that come together. Bounded: beyond that no further one is opened.
/// </summary>
internal sealed class LiveConnections(RevocationIndex index, GuardClock time, GuardOptions options)
{
    private readonly Lock gate = new();
    private readonly List<LiveConnection> open = [];
    private readonly List<LiveConnection> doomed = [];
    private long applied;
    private long seen;
    private volatile TaskCompletionSource ringing = NewSignal();

    /// <summary>How many are open.</summary>
    public int Count
    {
        get
        {
            lock (gate) return open.Count;
        }
    }

    /// <summary>Counts a connection until its request ends.</summary>
    /// <param name="http">Its request, whose token has just passed.</param>
    /// <param name="token">The token.</param>
    /// <param name="expires">Its <c>exp</c>; null for none.</param>
    /// <param name="judge">Verifies a newer token; null where none can be handed in.</param>
    /// <returns>False when there are as many as there may be.</returns>
    public bool TryEnter(HttpContext http, in TokenFacts token, DateTimeOffset? expires, NewerToken? judge)
    {
        var connection = new LiveConnection(this, http, token, expires, judge);
        lock (gate)
        {
            if (open.Count >= options.MostConnections) return false;
            connection.Place = open.Count;
            open.Add(connection);
        }

        http.Features.Set<GuardedConnection>(connection);
        http.Response.RegisterForDispose(connection);
        if (index.IsRevoked(token)) connection.Abort(); // between the question and the entry it may have ended
        return true;
    }

    /// <summary>A revocation was applied. Cheap: looking at the connections is somebody else's work.</summary>
    public void Ring()
    {
        Interlocked.Increment(ref applied);
        ringing.TrySetResult();
    }

    /// <summary>Completes when something was applied since the last call to <see cref="EndRevoked"/>.</summary>
    public Task RungAsync() => ringing.Task;

    /// <summary>Aborts the connections whose session has ended. When it returns, all that was applied before the call is enforced on them.</summary>
    public void EndRevoked()
    {
        lock (gate)
        {
            var now = Interlocked.Read(ref applied);
            if (seen == now) return;
            ringing = NewSignal();
            if (Interlocked.Read(ref applied) != now) ringing.TrySetResult(); // it was rung in between, perhaps on the bell before
            foreach (var connection in open)
            {
                if (connection.IsCovered(index)) doomed.Add(connection);
            }

            seen = now;
            AbortDoomed();
        }
    }

    /// <summary>Aborts the connections whose token has expired and was not replaced.</summary>
    public void EndExpired()
    {
        var now = time.Now - options.Leeway;
        lock (gate)
        {
            foreach (var connection in open)
            {
                if (connection.Expires is { } expires && expires <= now) doomed.Add(connection);
            }

            AbortDoomed();
        }
    }

    /// <summary>The connection's request has ended.</summary>
    public void Leave(LiveConnection connection)
    {
        lock (gate)
        {
            if (connection.Place < 0) return;
            var last = open[^1];
            (open[connection.Place], last.Place) = (last, connection.Place);
            open.RemoveAt(open.Count - 1);
            connection.Place = -1;
        }
    }

    // Within the lock: a look that comes meanwhile must not believe that it is done before it is.
    private void AbortDoomed()
    {
        foreach (var connection in doomed) connection.Abort();
        doomed.Clear();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>The verdict on a token that is handed in for an open connection: what it says and its <c>exp</c>; null when it opens nothing.</summary>
internal delegate ValueTask<(TokenFacts Facts, DateTimeOffset Expires)?> NewerToken(string token);
