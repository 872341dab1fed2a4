using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Storage;

namespace Exeunt.Revocations;

/// <summary>Whether somebody can still act, judged inside the transaction that acts: a session that has ended does nothing any more.</summary>
internal static class Authority
{
    /// <summary>Goes on only if they still can.</summary>
    /// <exception cref="NotAllowedException">They cannot any more; nothing is to be written.</exception>
    public static async ValueTask EnsureAsync(ILedgerTransaction transaction, Actor by)
    {
        if ((await OfAsync(transaction, by)).WhyNot is { } why) throw new NotAllowedException(why);
    }

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

/// <summary>Whoever asked could when the request came, and cannot any more. Nothing was written.</summary>
/// <param name="why">A sentence that may be shown.</param>
public sealed class NotAllowedException(string why) : Exception(why);
