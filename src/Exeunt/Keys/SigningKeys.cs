using Exeunt.Protocol.Jose;

namespace Exeunt.Keys;

/// <summary>The keys that sign tokens, as they stand now. The key jobs replace the whole state at once; readers never see half of a change.</summary>
public sealed class SigningKeys
{
    private volatile State state;

    /// <summary>Starts with these keys.</summary>
    public SigningKeys(SigningKey current, JwkSet published) => state = new(current, published);

    /// <summary>The key that signs now.</summary>
    public SigningKey Current => state.Current;

    /// <summary>Every public key that verifies now: the next, the current, and old ones until their last token has expired.</summary>
    public JwkSet Published => state.Published;

    /// <summary>Takes over a new state.</summary>
    public void Replace(SigningKey current, JwkSet published) => state = new(current, published);

    private sealed record State(SigningKey Current, JwkSet Published);
}
