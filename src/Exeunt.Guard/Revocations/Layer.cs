using Exeunt.Protocol.Revocations;

namespace Exeunt.Guard.Revocations;

/// <summary>
/// What is known under one fingerprint key: a table for each scope, so that a scope in which nothing ended costs not even a hash.
/// One writer at a time, readers without locks.
/// </summary>
internal sealed class Layer(Fingerprints fingerprints)
{
    /// <summary>The scopes that are points, in the order in which they are saved.</summary>
    public static readonly RevocationScope[] PointScopes = [RevocationScope.Token, RevocationScope.Session, RevocationScope.Key];

    /// <summary>The scopes that are cut-offs, in the order in which they are saved.</summary>
    public static readonly RevocationScope[] CutOffScopes = [RevocationScope.User, RevocationScope.Client, RevocationScope.Issuer, RevocationScope.Everyone];

    private readonly PointTable tokens = new();
    private readonly PointTable sessions = new();
    private readonly PointTable keys = new();
    private readonly CutOffTable users = new();
    private readonly CutOffTable clients = new();
    private readonly CutOffTable issuers = new();
    private readonly CutOffTable everyone = new();
    private readonly ulong everyoneId = fingerprints.Of(UInt128.Zero, "");
    private int filled; // a bit for each scope in which anything ended: a question looks at no table of the others

    public Fingerprints Fingerprints => fingerprints;

    public int Count => PointScopes.Sum(s => Points(s).Count) + CutOffScopes.Sum(s => CutOffs(s).Count);

    public long Bytes => PointScopes.Sum(s => Points(s).Bytes) + CutOffScopes.Sum(s => CutOffs(s).Bytes);

    public bool IsRevoked(in TokenFacts token) => IsRevoked(token, new PrintsOnDemand(fingerprints, token));

    /// <summary>The same of a token whose fingerprints under this layer's key are at hand.</summary>
    public bool IsRevoked<TPrints>(in TokenFacts token, TPrints prints)
        where TPrints : struct, ITokenPrints, allows ref struct
    {
        var scopes = Volatile.Read(ref filled); // once: the first cut-off may arrive meanwhile, and must find the session that it may spare
        var session = Has(scopes, RevocationScope.Session) || Has(scopes, RevocationScope.User) ? prints.Session : Fingerprints.None;

        return (Has(scopes, RevocationScope.Session) && sessions.Contains(session))
            || (Has(scopes, RevocationScope.User) && users.Covers(prints.Subject, token, session))
            || (Has(scopes, RevocationScope.Token) && tokens.Contains(prints.TokenId))
            || (Has(scopes, RevocationScope.Client) && clients.Covers(prints.Client, token, session))
            || (Has(scopes, RevocationScope.Issuer) && issuers.Covers(prints.Issuer, token, session))
            || (Has(scopes, RevocationScope.Key) && keys.Contains(prints.Key))
            || (Has(scopes, RevocationScope.Everyone) && everyone.Covers(everyoneId, token, session));
    }

    public void Add(Revocation revocation)
    {
        var scope = revocation.Scope;
        var issuer = fingerprints.Issuer(revocation.Issuer);
        var id = scope switch
        {
            RevocationScope.Everyone => everyoneId,
            RevocationScope.Issuer => fingerprints.Of(issuer, ""),
            _ => fingerprints.Of(issuer, revocation.Key),
        };

        if (revocation.IsCutOff)
        {
            var except = scope is RevocationScope.User ? fingerprints.Of(issuer, revocation.Except) : Fingerprints.None;
            CutOffs(scope).Add(CutOff.Of(revocation, id, except));
        }
        else
        {
            Points(scope).Add(id, Expiry.RoundUp(revocation.Expires));
        }

        Fill(scope);
    }

    /// <summary>Adds what another layer of the same key holds.</summary>
    public void Add(Layer other)
    {
        foreach (var scope in PointScopes)
        {
            Add(scope, [.. other.Points(scope).Entries()]);
        }

        foreach (var scope in CutOffScopes)
        {
            Add(scope, [.. other.CutOffs(scope).Entries()]);
        }
    }

    /// <summary>Adds many points of one scope.</summary>
    public void Add(RevocationScope scope, IReadOnlyCollection<(ulong Fingerprint, uint Expires)> points)
    {
        var table = Points(scope);
        table.Reserve(table.Count + points.Count);
        foreach (var (fingerprint, expires) in points) table.Add(fingerprint, expires);
        if (table.Count != 0) Fill(scope);
    }

    /// <summary>Adds many cut-offs of one scope.</summary>
    public void Add(RevocationScope scope, IReadOnlyCollection<CutOff> cutOffs)
    {
        var table = CutOffs(scope);
        table.Reserve(table.Count + cutOffs.Count);
        foreach (var cutOff in cutOffs) table.Add(cutOff);
        if (table.Count != 0) Fill(scope);
    }

    public int RemoveExpired(uint now)
    {
        var removed = PointScopes.Sum(s => Points(s).RemoveExpired(now)) + CutOffScopes.Sum(s => CutOffs(s).RemoveExpired(now));
        if (removed != 0) Volatile.Write(ref filled, PointScopes.Where(s => Points(s).Count != 0).Concat(CutOffScopes.Where(s => CutOffs(s).Count != 0)).Sum(Bit));
        return removed;
    }

    private static int Bit(RevocationScope scope) => 1 << (int)scope;

    private static bool Has(int scopes, RevocationScope scope) => (scopes & Bit(scope)) != 0;

    // One writer at a time, as with the tables. Written once only, so that processors can share the line.
    private void Fill(RevocationScope scope)
    {
        if (!Has(filled, scope)) Volatile.Write(ref filled, filled | Bit(scope));
    }

    public PointTable Points(RevocationScope scope) => scope switch
    {
        RevocationScope.Token => tokens,
        RevocationScope.Session => sessions,
        RevocationScope.Key => keys,
        _ => throw new ArgumentOutOfRangeException(nameof(scope), scope, "Not a scope that this version knows."),
    };

    public CutOffTable CutOffs(RevocationScope scope) => scope switch
    {
        RevocationScope.User => users,
        RevocationScope.Client => clients,
        RevocationScope.Issuer => issuers,
        RevocationScope.Everyone => everyone,
        _ => throw new ArgumentOutOfRangeException(nameof(scope), scope, "Not a scope that this version knows."),
    };
}
