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
internal sealed class RevokeToken(Ledger ledger, Revoker revoker, Logouts logouts, RevocationRules rules, ServerKeys keys, BearerTokens tokens, FailureAudit failures)
{
    /// <summary>Whether the token was issued to this client, or to nobody; one of another client's is left alone. And how its session ended; null for nothing.</summary>
    /// <exception cref="LedgerUnavailableException">Nothing was recorded.</exception>
    public async Task<(bool IsOwn, EndOutcome? Outcome)> HandleAsync(string presented, string client, Origin from)
    {
        if (await ProofOfAsync(presented) is not { Session: { } session } proof) return (true, null);
        var isOwn = (logouts.Remembered(session)?.Client ?? client) == client;
        if (isOwn)
        {
            var own = Own(session, proof, from);
            var outcome = await logouts.EndAsync(own, async () =>
            {
                (isOwn, var done) = await ledger.RunAsync(transaction => EndAsync(transaction, own, session, proof.Generation, client));
                return done ?? new EndOutcome.NotFound();
            });
            if (isOwn) return (true, outcome is EndOutcome.NotFound ? null : outcome);
        }

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

    private async ValueTask<Proof?> ProofOfAsync(string presented)
    {
        if (RefreshToken.TryOpen(keys, presented, out var refresh)) return Proof.Of(refresh, rules.OwnIssuer);
        return await tokens.JudgeOwnAsync(presented) switch
        {
            BearerVerdict.Live(var identity) => Proof.Of(identity, expired: false),
            BearerVerdict.Expired(var identity) => Proof.Of(identity, expired: true),
            _ => null,
        };
    }

    // If its row is gone, nobody can say whose token it was; what it proves is that it was ours.
    private async ValueTask<(bool IsOwn, EndOutcome? Outcome)> EndAsync(ILedgerTransaction transaction, EndSessions own, SessionId id, uint? generation, string client)
    {
        await transaction.ForeseeAsync(id, ends: true);
        if (await transaction.SessionAsync(id) is not { } session) return (true, await revoker.EndAsync(transaction, own));
        if (session.Client != client) return (false, null);

        var stale = generation < session.Generations.Current ? RefreshTokenContract.StaleCredential : null;
        return (true, await revoker.EndAsync(transaction, own with { By = own.By with { User = session.User }, Detail = stale }));
    }

    private static EndSessions Own(SessionId id, Proof proof, Origin from) => new()
    {
        Scope = new EndScope.OneSession(id),
        By = new(ActorKind.User, User: null, id),
        Reason = EndReason.User,
        From = from,
        OwnSessionOnly = true,
        Proof = proof,
    };
}
