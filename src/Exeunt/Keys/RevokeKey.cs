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
    // Whoever has the key writes into a token what they like, its expiry included, and a guard that is started again goes by the keys that it remembers. One entry
    // is all that it costs.
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(3650);

    /// <summary>
    /// Null when there is no such key. The revocation comes first: if the key could then not be dropped, what it signs would be refused all the same, and
    /// repeating the command finishes the work.
    /// </summary>
    /// <exception cref="NotAllowedException">Who asks cannot any more.</exception>
    public async Task<Revocation?> HandleAsync(string kid, Actor by)
    {
        if (!ring.List(ledger.Clock.GetUtcNow()).Any(key => key.Kind == "signing" && key.Id == kid)) return null;

        var revocation = await ledger.RunAsync(async transaction =>
        {
            await Authority.EnsureAsync(transaction, by);
            var revocation = new Revocation
            {
                Event = Id.New<EventId>(transaction.Now),
                Scope = RevocationScope.Key,
                Issuer = rules.OwnIssuer,
                Key = kid,
                At = transaction.Now,
                Reason = EndReason.Policy,
                Expires = transaction.Now + Remembered,
            };
            return transaction.Append(revocation);
        });
        await RotateKeys.RecordAsync(ledger, by, ring.Drop(kid, ledger.Clock.GetUtcNow()) ?? []);
        return revocation;
    }
}
