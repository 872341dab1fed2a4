namespace Exeunt.Guard;

/// <summary>
/// A connection that is cut when its session ends, and when its token expires, as a feature of its request: <c>http.Features.Get&lt;GuardedConnection&gt;()</c>;
/// in a SignalR hub <c>Context.GetHttpContext()!.Features…</c>.
/// </summary>
public abstract class GuardedConnection
{
    private protected GuardedConnection()
    {
    }

    /// <summary>When it is cut unless a newer token is handed in; null for not by time.</summary>
    public abstract DateTimeOffset? Expires { get; }

    /// <summary>Hands in a newer access token of the same session, which the client has from a refresh: the connection lives on until that one expires.</summary>
    /// <param name="newer">The token, as the client sent it over the connection.</param>
    /// <returns>False when it opens nothing, is of another session or user, or the connection is over. Then nothing has changed.</returns>
    public abstract ValueTask<bool> TryRenewAsync(string newer);
}
