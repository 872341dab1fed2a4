using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Storage;

namespace Exeunt.Revocations;

/// <summary>Whether somebody can still act, judged inside the transaction that acts: a session that has ended does nothing any more.</summary>
internal static class Authority
{
    /// <summary>The account that acts, or why it may not. Both are null for the operator, jobs and providers, who are checked where they come in.</summary>
    public static async ValueTask<(User? Acting, string? WhyNot)> OfAsync(ILedgerTransaction transaction, Actor by)
    {
        if (by.Kind is not (ActorKind.User or ActorKind.Admin)) return (null, null);
        if (by.Session is not { } actingFrom) return (null, "The session that asks is not known.");

        var acting = await transaction.SessionAsync(actingFrom);
        if (acting is null || acting.Judge(await transaction.CutOffOverAsync(acting), transaction.Now) is not null) return (null, "The session that asks has ended.");

        var user = await transaction.UserAsync(acting.User);
        if (user is null || user.DisabledAt is not null) return (null, "The account that asks is disabled.");
        return by.Kind is ActorKind.Admin && !user.IsAdmin ? (null, "The account that asks is not an administrator.") : (user, null);
    }
}
