using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Storage;

namespace Exeunt.Keys;

/// <summary>
/// Takes a compromised signing key out of use at once: every access token that it signed is refused, here and by every guard. Sessions live on, as their
/// refresh tokens do not depend on it.
/// </summary>
public sealed class RevokeKey(KeyRing ring, Ledger ledger, RevocationRules rules)
{
    /// <summary>
    /// Null when there is no such key. The revocation comes first: if the key could then not be dropped, what it signs would be refused all the same, and
    /// repeating the command finishes the work.
    /// </summary>
    public async Task<Revocation?> HandleAsync(string kid, Actor by)
    {
        if (!ring.List(ledger.Clock.GetUtcNow()).Any(key => key.Kind == "signing" && key.Id == kid)) return null;

        var revocation = await ledger.RunAsync(transaction =>
        {
            var revocation = new Revocation
            {
                Event = Id.New<EventId>(transaction.Now),
                Scope = RevocationScope.Key,
                Issuer = rules.OwnIssuer,
                Key = kid,
                At = transaction.Now,
                Reason = EndReason.Policy,
                Expires = transaction.LatestTokenExpiry + RevocationRules.Margin,
            };
            return new ValueTask<Revocation>(transaction.Append(revocation));
        });
        await RotateKeys.RecordAsync(ledger, by, ring.Drop(kid, ledger.Clock.GetUtcNow()) ?? []);
        return revocation;
    }
}
