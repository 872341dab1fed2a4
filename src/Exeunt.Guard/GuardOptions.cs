using System.Security.Claims;
using Exeunt.Protocol.Feed;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Guard;

/// <summary>How an API is protected. Checked at start; every mistake is named.</summary>
public sealed class GuardOptions
{
    /// <summary>Addresses of the Exeunt server, tried in turn. A missing final slash is added. At least one; https, or http to this machine.</summary>
    public IList<Uri> Servers { get; } = [];

    /// <summary>What tokens must say as <c>iss</c>, exactly. No default: a wrong one is a security hole.</summary>
    public string? Issuer { get; set; }

    /// <summary>The names of this API; a token must name one of them as <c>aud</c>. Needed by <c>AddExeunt</c>.</summary>
    public IList<string> Audiences { get; } = [];

    /// <summary>The id of the client whose credentials the guard has (<c>exeunt clients add</c>).</summary>
    public string? ClientId { get; set; }

    /// <summary>Its secret. It also seals <see cref="SnapshotFile"/>.</summary>
    public string? ClientSecret { get; set; }

    /// <summary>What this API calls itself in receipts and lists of guards; the client's name unless given.</summary>
    public string? Name { get; set; }

    /// <summary>Which replica of that name this is. Default: the machine's name and a number of this process.</summary>
    public string Instance { get; set; } = $"{Environment.MachineName}/{Environment.ProcessId}";

    /// <summary>What to do when the feed has been silent for longer than 15 seconds. Default: go on for a minute, then answer 503.</summary>
    public StaleBehavior Stale { get; set; } = StaleBehavior.Tolerate(TimeSpan.FromSeconds(60));

    /// <summary>
    /// A file that keeps what is known over a restart, so that a guard which starts while the server is away enforces at once. Its folder must exist; a second,
    /// small file is kept beside it, with <c>.head</c> at the end of its name. Null, the default, keeps nothing: until the first contact every request is answered as
    /// a stale one.
    /// </summary>
    public string? SnapshotFile { get; set; }

    /// <summary>How far the clocks may be apart when times of tokens are judged. 0 to 60 seconds, default 5.</summary>
    public TimeSpan Leeway { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Verified tokens to remember. Default 10 000, about 10 MB.</summary>
    public int RememberedTokens { get; set; } = VerifiedTokens<object>.DefaultCapacity;

    /// <summary>Revocations to have room for; a feed that tells more is left, and the guard becomes stale. Default 20 million, about 400 MB.</summary>
    public int MostRevocations { get; set; } = 20_000_000;

    /// <summary>Connections that may be open at a time (WebSockets, server-sent events, SignalR, long polls); a further one is answered 503. Default 100 000, about 20 MB.</summary>
    public int MostConnections { get; set; } = 100_000;

    /// <summary>Whether credentials may travel over plain http to another machine, as where the network itself is encrypted. Default false.</summary>
    public bool AllowPlainHttp { get; set; }

    /// <summary>
    /// For <c>UseExeuntRevocation</c>: what a principal of another scheme says of its session; null for a principal that has none, which then passes. Default:
    /// the claims <c>iss</c>, <c>sub</c>, <c>sid</c>, <c>jti</c>, <c>client_id</c> or <c>azp</c>, and <c>auth_time</c>, also by the names that JwtBearer gives them.
    /// </summary>
    public Func<ClaimsPrincipal, TokenFacts?>? Facts { get; set; }
}

/// <summary>What a guard does when it has not heard from the server for more than 15 seconds. What is known to be ended is refused in any case.</summary>
public sealed class StaleBehavior
{
    private StaleBehavior(TimeSpan longest, bool asks) => (Longest, Asks) = (longest, asks);

    /// <summary>Answer 503 at once.</summary>
    public static StaleBehavior Refuse { get; } = new(TimeSpan.Zero, asks: false);

    /// <summary>Ask the server about each token, and answer 503 when it cannot say.</summary>
    public static StaleBehavior AskServer { get; } = new(TimeSpan.Zero, asks: true);

    internal TimeSpan Longest { get; }

    internal bool Asks { get; }

    /// <summary>Whether somebody who knows what was true this long ago may still decide by it. The one rule, for guards and for the server's own API.</summary>
    internal bool Allows(TimeSpan age) => age <= FeedEvents.StaleAfter || age <= Longest;

    /// <summary>Go on with what is known until it is this old, then answer 503.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public static StaleBehavior Tolerate(TimeSpan longest)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(longest, TimeSpan.Zero);
        return new(longest, asks: false);
    }
}
