using System.CommandLine;
using Exeunt.Audit;
using Exeunt.Keys;
using Exeunt.Storage;

namespace Exeunt.Server.Commands;

/// <summary><c>keys list</c>, <c>keys rotate</c> and <c>keys revoke</c>.</summary>
internal static class KeysCommand
{
    public static Command Create(CommonOptions common) => new("keys", "Look at the keys, replace them, revoke one") { List(common), Rotate(common), Revoke(common) };

    private static Command List(CommonOptions common) => common.OnLedger("list", "List the keys and where they stand", [], (workplace, _, _) =>
    {
        IReadOnlyList<KeyLine> keys = [.. workplace.Get<KeyRing>().List(workplace.Ledger.Clock.GetUtcNow())
            .Select(key => new KeyLine(key.Kind, key.Id, key.Algorithm, StageName(key.Stage), key.Made, key.From))];
        workplace.Output.Show(
            keys, CommandJson.Default.IReadOnlyListKeyLine, ["KIND", "ID", "ALGORITHM", "STAGE", "MADE", "FROM"],
            keys.Select(key => new[] { key.Kind, key.Id, key.Algorithm, key.Stage, $"{key.Made:u}", $"{key.From:u}" }), "There are no keys.");
        return Task.FromResult(0);
    });

    private static Command Rotate(CommonOptions common)
    {
        var secret = new Option<bool>("--secret") { Description = "The server's own secret instead of the key that signs tokens" };
        return common.OnLedger("rotate", "Replace the signing key; the new one signs once everybody can know it", [secret], async (workplace, parsed, ct) =>
        {
            var ring = workplace.Get<KeyRing>();
            var now = workplace.Ledger.Clock.GetUtcNow();
            var changes = parsed.GetValue(secret) ? ring.RotateSecret(now) : ring.RotateSigningKey(now);
            if (changes.Count > 0)
            {
                await RotateKeys.RecordAsync(workplace.Ledger, Actor.Operator, changes);

                // The key that signed the newest checkpoint may be among those that were withdrawn; the trail is to verify all the same.
                await workplace.Get<SignCheckpoint>().HandleAsync();
                await workplace.TellServerAsync(ct);
                foreach (var change in changes) workplace.Output.Say($"{change.Key}: {change.What}");
            }

            // Something else may have been due at the same time; that is not what was asked for.
            return changes.Any(change => change.IsNew && change.IsSecret == parsed.GetValue(secret)) ? 0 : throw new NotDoneException("The next key is published already and waits for its time; see: keys list");
        });
    }

    private static Command Revoke(CommonOptions common)
    {
        var kid = new Argument<string>("kid") { Description = "The key, as keys list names it" };
        return common.OnLedger("revoke", "Take a compromised signing key out of use at once: no token that it signed is accepted any more", [kid], async (workplace, parsed, ct) =>
        {
            var id = parsed.GetValue(kid)!;
            if (await workplace.Get<RevokeKey>().HandleAsync(id, Actor.Operator) is null) throw new NotDoneException($"There is no signing key '{id}'; see: keys list");

            // A new checkpoint by a key that counts vouches for the older ones, so that the audit trail goes on verifying.
            await workplace.Get<SignCheckpoint>().HandleAsync();
            await workplace.TellServerAsync(ct);
            workplace.Output.Say($"Revoked {id}. Its tokens are refused from now on; sessions go on with the next refresh.");
            return 0;
        });
    }

    private static string StageName(KeyStage stage) => stage switch
    {
        KeyStage.Next => "next",
        KeyStage.InUse => "in use",
        KeyStage.Retired => "retired",
        _ => "done with",
    };
}
