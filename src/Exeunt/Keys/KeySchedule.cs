using Exeunt.Hosting;
using Exeunt.Protocol.Jose;

namespace Exeunt.Keys;

/// <summary>Where a key stands in its life.</summary>
public enum KeyStage
{
    /// <summary>Published, so that everybody knows it by the time it signs.</summary>
    Next,

    /// <summary>It makes what is made now.</summary>
    InUse,

    /// <summary>It makes nothing any more; what it made can still be alive.</summary>
    Retired,

    /// <summary>Nothing that it made can be alive.</summary>
    DoneWith,
}

/// <summary>What the operator wants of keys.</summary>
/// <param name="Algorithm">What new tokens are signed with.</param>
/// <param name="Lifetime">Age at which a key is replaced.</param>
/// <param name="LongestToken">The longest that an access token may live.</param>
/// <param name="LongestSession">The longest that a session may live.</param>
public sealed record KeyPolicy(JwsAlgorithm Algorithm, TimeSpan Lifetime, TimeSpan LongestToken, TimeSpan LongestSession)
{
    /// <summary>The policy of these settings, which have been checked.</summary>
    public static KeyPolicy Of(ExeuntOptions options) => new(
        Enum.Parse<JwsAlgorithm>(options.Tokens.Algorithm),
        options.Tokens.KeyLifetime,
        options.Tokens.Lifetime > options.Contracts.Template.TokenLifetime ? options.Tokens.Lifetime : options.Contracts.Template.TokenLifetime,
        LongestOf(options));

    private static TimeSpan LongestOf(ExeuntOptions options)
    {
        var longest = options.Sessions.AbsoluteLifetime;
        foreach (var client in options.Clients)
        {
            var own = Sessions.SessionLimits.Of(options, client.Id!).Absolute;
            if (own > longest) longest = own;
        }

        return longest;
    }
}

/// <summary>
/// The life of keys as a function of the clock (JOSE-15): a key is published before it signs, for as long as others may keep an old key set, and stays
/// published until the last token that it signed has expired.
/// </summary>
internal static class KeySchedule
{
    /// <summary>For how long others may keep the published key set without asking again.</summary>
    public static TimeSpan KeySetMaxAge { get; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a key is published before it signs: the age of a key set, and clocks that differ.</summary>
    public static TimeSpan Lead { get; } = KeySetMaxAge + TimeSpan.FromMinutes(5);

    // Nodes look for new secrets every minute, and nobody else reads what they make.
    private static readonly TimeSpan SecretLead = TimeSpan.FromMinutes(3);

    // A node looks at the schedule every minute, so the last token of a key is signed a little after its time.
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(10);

    public static KeyStage StageOf(KeyManifest manifest, SigningKeyEntry key, DateTimeOffset now)
    {
        if (key.SignsFrom > now && key != FirstWhenNoneHasBegun(manifest, now)) return KeyStage.Next;
        if (Follower(manifest, key) is not { } follower || follower.SignsFrom > now) return KeyStage.InUse;
        return now < follower.SignsFrom + TimeSpan.FromSeconds(key.LongestToken) + Margin ? KeyStage.Retired : KeyStage.DoneWith;
    }

    public static KeyStage StageOf(KeyManifest manifest, SecretEntry secret, DateTimeOffset now)
    {
        var follower = manifest.Secrets.SkipWhile(other => other != secret).ElementAtOrDefault(1);
        if (follower is null) return KeyStage.InUse;
        return now < follower.Made + TimeSpan.FromSeconds(secret.LongestSession) + Margin ? KeyStage.Retired : KeyStage.DoneWith;
    }

    /// <summary>When the next signing key has to begin; null while none is needed.</summary>
    public static DateTimeOffset? NeedsSigningKey(KeyManifest manifest, KeyPolicy policy, DateTimeOffset now)
    {
        if (manifest.Signing.Count == 0) return now;
        var newest = manifest.Signing.MaxBy(key => key.SignsFrom)!;
        if (newest.SignsFrom > now) return null;
        return newest.Alg != policy.Algorithm.ToString() || newest.SignsFrom + policy.Lifetime <= now + Lead ? now + Lead : null;
    }

    /// <summary>The secret that makes tokens now: the newest one that every node can know. A server that is alone knows each at once.</summary>
    public static byte SecretInUse(KeyManifest manifest, bool isShared, DateTimeOffset now) =>
        (manifest.Secrets.LastOrDefault(secret => !isShared || secret.Made + SecretLead <= now) ?? manifest.Secrets[0]).Number;

    /// <summary>Whether a new secret is due.</summary>
    public static bool NeedsSecret(KeyManifest manifest, KeyPolicy policy, DateTimeOffset now) =>
        manifest.Secrets.Count == 0 || manifest.Secrets[^1].Made + policy.Lifetime <= now;

    /// <summary>The same keys, ready for the longest lifetimes of this policy where they make something now or later.</summary>
    public static KeyManifest WithLifetimes(KeyManifest manifest, KeyPolicy policy, DateTimeOffset now) => new(
        [.. manifest.Signing.Select(key => StageOf(manifest, key, now) is KeyStage.Next or KeyStage.InUse
            ? key with { LongestToken = Math.Max(key.LongestToken, (long)policy.LongestToken.TotalSeconds) } : key)],
        [.. manifest.Secrets.Select(secret => StageOf(manifest, secret, now) is KeyStage.InUse
            ? secret with { LongestSession = Math.Max(secret.LongestSession, (long)policy.LongestSession.TotalSeconds) } : secret)]);

    // Keys that were made while the clock was ahead, beside a ledger that knows nothing of that time: somebody has to sign.
    private static SigningKeyEntry? FirstWhenNoneHasBegun(KeyManifest manifest, DateTimeOffset now) =>
        manifest.Signing.Any(key => key.SignsFrom <= now) ? null : manifest.Signing.MinBy(key => key.SignsFrom);

    private static SigningKeyEntry? Follower(KeyManifest manifest, SigningKeyEntry key) =>
        manifest.Signing.Where(other => other.SignsFrom > key.SignsFrom).MinBy(other => other.SignsFrom);
}
