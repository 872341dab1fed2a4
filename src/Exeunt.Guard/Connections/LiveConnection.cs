using Exeunt.Protocol.Revocations;
using Microsoft.AspNetCore.Http;

namespace Exeunt.Guard.Connections;

/// <summary>One open connection. It is aborted at most once, and never after its request has ended: by then the server has given its context to another.</summary>
internal sealed class LiveConnection(LiveConnections all, HttpContext http, TokenFacts token, DateTimeOffset? expires, NewerToken? judge) : GuardedConnection, IDisposable
{
    private readonly Lock gate = new();
    private TokenFacts token = token;
    private DateTimeOffset? expires = expires;
    private bool isOver;

    /// <summary>Where it stands in the list of all; their lock guards it. Negative once it is not there.</summary>
    public int Place { get; set; } = -1;

    public override DateTimeOffset? Expires
    {
        get
        {
            lock (gate) return expires;
        }
    }

    /// <summary>Whether the session that opened it has ended.</summary>
    public bool IsCovered(RevocationIndex index)
    {
        lock (gate) return index.IsRevoked(token);
    }

    public void Abort()
    {
        lock (gate)
        {
            if (isOver) return;
            isOver = true;
            http.Abort();
        }
    }

    public override async ValueTask<bool> TryRenewAsync(string newer)
    {
        if (judge is null || await judge(newer) is not var (facts, until)) return false;
        lock (gate)
        {
            if (isOver || facts.Issuer != token.Issuer || facts.Session != token.Session || facts.Subject != token.Subject || facts.Session is null) return false;
            if (expires is { } now && until <= now) return true; // an older one takes nothing back
            (token, expires) = (facts, until);
            return true;
        }
    }

    public void Dispose()
    {
        lock (gate) isOver = true;
        all.Leave(this);
    }
}
