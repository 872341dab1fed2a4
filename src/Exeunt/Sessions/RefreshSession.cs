using System.Diagnostics;
using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Hosting;
using Exeunt.Keys;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Storage;

namespace Exeunt.Sessions;

/// <summary>Every way a refresh can go.</summary>
public abstract record RefreshOutcome
{
    private RefreshOutcome()
    {
    }

    /// <summary>The session lives on.</summary>
    public sealed record Refreshed(LiveSession Live) : RefreshOutcome;

    /// <summary>Unknown, ended, expired or of a disabled account: the caller learns no more than that.</summary>
    public sealed record Refused : RefreshOutcome;

    /// <summary>A copy of the token is in somebody's hands; the session has been ended.</summary>
    public sealed record Theft(EndOutcome.Ended Ending) : RefreshOutcome;
}

/// <summary>Answers a refresh token with fresh tokens, by the rule of <see cref="Rotation"/>. An ended session never refreshes.</summary>
public sealed class RefreshSession(Ledger ledger, Revoker revoker, ServerKeys keys, ExeuntOptions options)
{
    /// <summary>Runs the rule in one transaction with what it changes.</summary>
    /// <param name="token">Sealed by this server.</param>
    /// <param name="client">The client that asks, when it says so; null is taken for the one that signed in.</param>
    /// <param name="from">Where from.</param>
    public Task<RefreshOutcome> HandleAsync(RefreshToken token, string? client, Origin from) =>
        ledger.RunAsync(transaction => RefreshAsync(transaction, token, client, from));

    private async ValueTask<RefreshOutcome> RefreshAsync(ILedgerTransaction transaction, RefreshToken token, string? client, Origin from)
    {
        var now = transaction.Now;
        await transaction.ForeseeAsync(token.Session, ends: false);
        if (await transaction.SessionAsync(token.Session) is not { } session || !token.IsMadeWith(keys, session.Secret)) return new RefreshOutcome.Refused();
        if (session.Judge(await transaction.CutOffOverAsync(session), now) is not null) return new RefreshOutcome.Refused();
        if (await transaction.UserAsync(session.User) is not { DisabledAt: null } user) return new RefreshOutcome.Refused();

        var limits = SessionLimits.Of(options, session.Client);
        var sameClient = client is null || client == session.Client;
        var sameDevice = sameClient && DeviceKind.Of(from.UserAgent) == DeviceKind.Of(session.UserAgent);
        var verdict = Rotation.Decide(session.Generations, token.Generation, sameDevice, now, limits.Window);

        // A token is bound to its client (RT-2): another one gets nothing for it, and a late copy from there shows a theft.
        if (!sameClient && verdict is not RotationVerdict.Theft) return new RefreshOutcome.Refused();

        switch (verdict)
        {
            case RotationVerdict.Converge(var generation):
                // The first generation has no turn to meet, and the current one asked for again is a retry; only an older one is worth a line.
                if (token.Generation != generation) Audit(AuditActions.RefreshConverged);
                return Live(session.Generations, generation);

            case RotationVerdict.Rotate(var next, var answerWasLost):
                if (answerWasLost) Audit(AuditActions.RefreshRecovered);
                return Live(next, next.Current);

            case RotationVerdict.RolledBack(var next):
                Audit(AuditActions.StateRolledBack);
                return Live(next, next.Current);

            case RotationVerdict.Theft:
                return new RefreshOutcome.Theft(revoker.End(transaction, Theft(session, token, from), session));

            default:
                throw new UnreachableException();
        }

        RefreshOutcome.Refreshed Live(Generations generations, uint answer)
        {
            var expires = limits.ExpiryAfterUse(now, session.AbsoluteExpiresAt);
            var tokenExpires = TokenMint.ExpiryOf(now, options.Tokens.Lifetime, expires);
            var used = session with
            {
                Generations = generations,
                LastSeenAt = now,
                ExpiresAt = expires,
                LastTokenExpiresAt = tokenExpires > session.LastTokenExpiresAt ? tokenExpires : session.LastTokenExpiresAt,
            };
            transaction.Update(used);
            transaction.TokenLivesUntil(tokenExpires);
            return new(new(used, user, answer, now));
        }

        void Audit(string action) => transaction.Append(new AuditEntry
        {
            At = now,
            Action = action,
            By = new(ActorKind.User, session.User, session.Id),
            User = session.User,
            Session = session.Id,
            Client = session.Client,
            Address = from.Address,
            UserAgent = from.UserAgent,
        });
    }

    private static EndSessions Theft(Session session, RefreshToken token, Origin from) => new()
    {
        Scope = new EndScope.OneSession(session.Id),
        By = Actor.Nobody,
        Reason = EndReason.TokenTheft,
        From = from,
        Detail = $"generation {token.Generation} came back while {session.Generations.Current} was current",
    };
}
