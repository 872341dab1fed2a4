using Exeunt.Audit;
using Exeunt.Authentication;
using Exeunt.Http;
using Exeunt.Keys;
using Exeunt.Protocol.Feed;
using Exeunt.Receipts;
using Exeunt.Revocations;
using Exeunt.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Exeunt.Admin;

/// <summary>The server's keys: where each stands, replacing the one that signs, and taking a compromised one out of use.</summary>
internal static class KeyEndpoints
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Adds <c>/keys</c>.</summary>
        public void MapKeys()
        {
            routes.MapGet("/keys", List).WithSummary("The keys of the server and where each stands");
            routes.MapPost("/keys/rotate", RotateAsync).WithSummary("Replace the signing key; the new one signs once everybody can know it");
            routes.MapPost("/keys/{kid}/revoke", RevokeAsync).WithSummary("Take a compromised signing key out of use: no token that it signed is accepted any more");
        }
    }

    private static IResult List(KeyRing ring, Ledger ledger) => Answer(ring, ledger);

    private static Task<IResult> RotateAsync(HttpContext http, KeyRing ring, Ledger ledger, FailureAudit failures) => AdminRefusal.RefuseAsync(failures, http, async () =>
    {
        await ledger.RunAsync(async transaction =>
        {
            await Authority.EnsureAsync(transaction, http.Caller.AsAdmin);
            return true;
        });
        await RotateKeys.RecordAsync(ledger, http.Caller.AsAdmin, ring.RotateSigningKey(ledger.Clock.GetUtcNow()));
        return Answer(ring, ledger);
    });

    private static async Task<IResult> RevokeAsync(HttpContext http, string kid, KeyRing ring, RevokeKey revoke, SignCheckpoint checkpoint, Ledger ledger, StepUp stepUp, Enforcement enforcement, FailureAudit failures)
    {
        if (await stepUp.RefuseAsync(http) is { } refusal) return refusal;
        return await AdminRefusal.RefuseAsync(failures, http, async () =>
        {
            if (await revoke.HandleAsync(kid, http.Caller.AsAdmin) is not { } revocation) return Problems.NotFound("There is no signing key of this id.");
            await enforcement.SettleAsync(new FeedPlace(revocation.Epoch, revocation.Sequence), http.RequestAborted);
            await checkpoint.HandleAsync(); // by a key that counts, so that it vouches for the older ones
            return Answer(ring, ledger);
        });
    }

    private static IResult Answer(KeyRing ring, Ledger ledger) => TypedResults.Json(new AdminKeys([.. ring.List(ledger.Clock.GetUtcNow()).Select(AdminKey.Of)]), ExeuntJson.Default.AdminKeys);
}

/// <summary>Every key of the server.</summary>
public sealed record AdminKeys(IReadOnlyList<AdminKey> Keys);

/// <summary>A key as administrators see it. Its secret part is nowhere in it.</summary>
/// <param name="Kind"><c>signing</c> or <c>secret</c>.</param>
/// <param name="Id"><c>kid</c>, or the secret's number.</param>
/// <param name="Algorithm">What it makes.</param>
/// <param name="Stage"><c>next</c>, <c>in_use</c>, <c>retired</c> or <c>done_with</c>.</param>
/// <param name="MadeAt">When it was made.</param>
/// <param name="From">From when on it makes tokens.</param>
public sealed record AdminKey(string Kind, string Id, string Algorithm, string Stage, DateTimeOffset MadeAt, DateTimeOffset From)
{
    /// <summary>The view of a key.</summary>
    public static AdminKey Of(KeyView key) => new(
        key.Kind, key.Id, key.Algorithm, key.Stage switch { KeyStage.Next => "next", KeyStage.InUse => "in_use", KeyStage.Retired => "retired", _ => "done_with" }, key.Made, key.From);
}
