namespace Exeunt.Protocol.Jose;

/// <summary>What verifies signatures: an EC or RSA public key, or a shared secret. Safe for every thread.</summary>
internal abstract class KeyMaterial
{
    /// <summary>The algorithm to assume when nobody names one.</summary>
    public abstract JwsAlgorithm Usual { get; }

    /// <summary>The JWK members that make the public key, in lexicographic order; empty for a secret, which has no public half.</summary>
    public abstract IReadOnlyList<(string Name, string Value)> Members { get; }

    /// <summary>The kind of key decides what may be done with it, never the token's header (RFC 8725 §3.1).</summary>
    public abstract bool Fits(JwsAlgorithm algorithm);

    /// <returns>Whether the signature is right; a signature of a wrong length or form is simply not right.</returns>
    public abstract bool Verify(JwsAlgorithm algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature);
}
