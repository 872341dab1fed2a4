using System.Runtime.InteropServices;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Guard.Revocations;

/// <summary>The fingerprints of what a token says of itself, under one key. <see cref="Fingerprints.None"/> for what it does not say.</summary>
internal interface ITokenPrints
{
    ulong Session { get; }

    ulong Subject { get; }

    ulong TokenId { get; }

    ulong Client { get; }

    ulong Issuer { get; }

    ulong Key { get; }
}

/// <summary>Each computed when it is asked for: a scope in which nothing ended costs not even a hash.</summary>
internal readonly ref struct PrintsOnDemand(Fingerprints fingerprints, in TokenFacts token) : ITokenPrints
{
    private readonly ref readonly TokenFacts token = ref token;
    private readonly UInt128 issuer = fingerprints.Issuer(token.Issuer);

    public ulong Session => fingerprints.Of(issuer, token.Session);

    public ulong Subject => fingerprints.Of(issuer, token.Subject);

    public ulong TokenId => fingerprints.Of(issuer, token.TokenId);

    public ulong Client => fingerprints.Of(issuer, token.Client);

    public ulong Issuer => fingerprints.Of(issuer, "");

    public ulong Key => fingerprints.Of(issuer, token.KeyId);
}

/// <summary>
/// A token that will be asked about with every request, its fingerprints computed once. An index that has come to ask under another key since, because it read
/// a file, computes them anew: right, and no faster than before.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct RepeatedToken(in TokenFacts facts, Fingerprints fingerprints)
{
    private readonly TokenFacts facts = facts;
    private readonly Fingerprints under = fingerprints;
    private readonly Kept kept = new(new PrintsOnDemand(fingerprints, facts));

    /// <summary>Whether the layer's revocations cover it.</summary>
    public bool IsRevokedBy(Layer layer) => layer.Fingerprints == under ? layer.IsRevoked(facts, kept) : layer.IsRevoked(facts);

    private readonly struct Kept(PrintsOnDemand prints) : ITokenPrints
    {
        public ulong Session { get; } = prints.Session;

        public ulong Subject { get; } = prints.Subject;

        public ulong TokenId { get; } = prints.TokenId;

        public ulong Client { get; } = prints.Client;

        public ulong Issuer { get; } = prints.Issuer;

        public ulong Key { get; } = prints.Key;
    }
}
