using Exeunt.Protocol.Jose;

namespace Exeunt.Guard.Tokens;

/// <summary>The keys of one issuer. Each has its own: a <c>kid</c> is never looked up among another issuer's keys (JOSE-8).</summary>
internal abstract class IssuerKeys
{
    /// <summary>How long keys count as current, and a token that they verified is trusted unseen: a withdrawn key stops counting within twice this time.</summary>
    public static readonly TimeSpan LongestTrust = TimeSpan.FromMinutes(5);

    /// <summary>The keys as they are known now; null when none have been had yet.</summary>
    public abstract ValueTask<JwkSet?> CurrentAsync();

    /// <summary>Newer keys than these, which lack the key of a token; null when there are none, or it is too early to ask again.</summary>
    public abstract ValueTask<JwkSet?> NewerThanAsync(JwkSet known);
}

/// <summary>Keys that are at hand.</summary>
/// <param name="current">Asked every time.</param>
internal sealed class KeysAtHand(Func<JwkSet> current) : IssuerKeys
{
    public override ValueTask<JwkSet?> CurrentAsync() => new(current());

    public override ValueTask<JwkSet?> NewerThanAsync(JwkSet known) => new((JwkSet?)null);
}
