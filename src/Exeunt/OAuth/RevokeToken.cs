using Exeunt.Audit;
using Exeunt.Authentication;
using Exeunt.Contracts;
using Exeunt.Keys;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;

namespace Exeunt.OAuth;

/// <summary>
/// Ends the session that a token proves (REV-2, REV-7: of any kind, whatever the hint, and all of the session's tokens with it). An expired access token proves
/// its session, too (REV-9); what proves none, or one that has ended, changes nothing.
/// </summary>
internal sealed class RevokeToken(Ledger ledger, Revoker revoker, ServerKeys keys, BearerTokens tokens, FailureAudit failures)
{
    /// <summary>Whether the token was issued to this client, or to nobody; one of another client's is left alone. And how its session ended; null for nothing.</summary>
    /// <exception cref="LedgerUnavailableException">Nothing was recorded.</exception>
    public async Task<(bool IsOwn, EndOutcome? Outcome)> HandleAsync(string presented, string client, Origin from)
    {
        if (await SessionOfAsync(presented) is not var (session, generation)) return (true, null);
        if (await ledger.RunAsync(transaction => EndAsync(transaction, session, generation, client, from)) is (true, _) done) return done;

        await failures.RecordAsync(new()
        {
            At = default, // given when it is written
            Action = AuditActions.LogoutRefused,
            By = Actor.Nobody,
            Session = session,
            Client = client,
            Detail = "token of another client",
            Address = from.Address,
            UserAgent = from.UserAgent,
        });
        return (false, null);
    }

    private async ValueTask<(SessionId Session, uint? Generation)?> SessionOfAsync(string presented)
    {
        if (RefreshToken.TryOpen(keys, presented, out var refresh)) return (refresh.Session, refresh.Generation);
        return await tokens.JudgeOwnAsync(presented) switch
        {
            BearerVerdict.Live(var identity) => (identity.Session, null),
            BearerVerdict.Expired(var identity) => (identity.Session, null),
            _ => null,
        };
    }

    // If its row is gone, it ended so long ago that retention has deleted it: a very late retry, and no mistake.
    private async ValueTask<(bool IsOwn, EndOutcome? Outcome)> EndAsync(ILedgerTransaction transaction, SessionId id, uint? generation, string client, Origin from)
    {
        await transaction.ForeseeAsync(id, ends: true);
        if (await transaction.SessionAsync(id) is not { } session) return (true, null);
        if (session.Client != client) return (false, null);

        return (true, await revoker.EndAsync(transaction, new()
        {
            Scope = new EndScope.OneSession(id),
            By = new(ActorKind.User, session.User, id),
            Reason = EndReason.User,
            From = from,
            Detail = generation < session.Generations.Current ? RefreshTokenContract.StaleCredential : null,
            OwnSessionOnly = true,
        }));
    }
}
