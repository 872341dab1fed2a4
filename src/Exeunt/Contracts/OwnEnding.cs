using Exeunt.Audit;
using Exeunt.Authentication;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Providers;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;

namespace Exeunt.Contracts;

/// <summary>How a contract's logout came, for the audit.</summary>
/// <param name="From">Where from.</param>
/// <param name="Detail">What else is to be recorded, without personal data; null for nothing.</param>
/// <param name="Claimed">What the request claimed and nobody obeyed; null for nothing.</param>
internal sealed record LogoutRequest(Origin From, string? Detail = null, string? Claimed = null);

/// <summary>The keys of a token's issuer could not be fetched yet, so nobody can say what the token proves.</summary>
internal sealed class KeysNotKnownException() : Exception("The keys of the token's issuer could not be fetched yet.");

/// <summary>
/// Ends the one session that a bearer token itself proves, for the contracts that never refuse a logout. What proves no session, or one that has ended, ends
/// nothing; the attempt is recorded, of each address the first ten in a minute, then their number.
/// </summary>
internal sealed class OwnEnding(Revoker revoker, Logouts logouts, MirrorSession mirror, FailureAudit failures)
{
    /// <summary>Ends the token's own session, if it proves one that is alive.</summary>
    /// <returns>How the ending went; null when there was nothing to end.</returns>
    /// <exception cref="LedgerUnavailableException">Nothing was recorded.</exception>
    /// <exception cref="KeysNotKnownException">Whether it proves a session cannot be said yet; that it was tried is recorded.</exception>
    public async Task<EndOutcome?> EndAsync(BearerVerdict verdict, LogoutRequest request)
    {
        switch (verdict)
        {
            case BearerVerdict.Live(var identity):
                return await logouts.EndAsync(OwnSession(identity, request, expired: false));
            case BearerVerdict.Expired(var identity):
                return await logouts.EndAsync(OwnSession(identity, request, expired: true));
            case BearerVerdict.Outside(var token, not OutsideStanding.Ended):
                return await EndOutsideAsync(token, request);

            // While the ledger is away, the journal knows what it has ended: a repeated logout is answered as the first was.
            case BearerVerdict.Ended(var identity) when revoker.Journaled(identity.Facts) is { } journaled:
                return journaled;
            case BearerVerdict.Outside(var token, _) when revoker.Journaled(token.Facts) is { } journaled:
                return journaled;

            // It may be good for hours, so "logged out" would be a lie.
            case BearerVerdict.Undecided:
                await RecordAsync(verdict, request);
                throw new KeysNotKnownException();

            default:
                await RecordAsync(verdict, request);
                return null;
        }
    }

    private Task RecordAsync(BearerVerdict verdict, LogoutRequest request) => verdict switch
    {
        // The ending may have been that of a key, and then a stranger may have made the token: it may not even name the session in the audit as its actor.
        BearerVerdict.Ended(var identity) => RecordAsync(AuditActions.LogoutRecorded, request, identity.User, identity.Session),
        BearerVerdict.Outside(var token, _) => RecordEndedAsync(token, request),
        BearerVerdict.Missing => RecordAsync(AuditActions.LogoutRefused, request with { Detail = request.Detail ?? "no token" }),
        BearerVerdict.Undecided => RecordAsync(AuditActions.LogoutRefused, request with { Detail = "keys of the issuer are not known yet" }),
        _ => RecordAsync(AuditActions.LogoutRefused, request),
    };

    /// <summary>Ends the session of an authentic outside token, also when this is the first of its tokens that is seen: its provider may go on minting others.</summary>
    private async Task<EndOutcome?> EndOutsideAsync(OutsideToken token, LogoutRequest request)
    {
        Sighting? seen = null;
        var outcome = await revoker.EndAsync(
            new()
            {
                Scope = new EndScope.OneSession(default), // known to the ledger, or made there
                By = new(ActorKind.User),
                Reason = EndReason.User,
                From = request.From,
                Detail = request.Detail,
                Claimed = request.Claimed,
                OwnSessionOnly = true,
                Proof = Proof.Of(token),
            },
            async (transaction, command) =>
            {
                seen = await mirror.SeeAsync(transaction, token, request.From);
                return seen is Sighting.Alive(var identity, _)
                    ? command with { Scope = new EndScope.OneSession(identity.Session), By = new(ActorKind.User, identity.User, identity.Session) }
                    : null;
            });
        if (seen is Sighting.Ended) await RecordEndedAsync(token, request); // the index need not know for as long as the row does
        else if (seen is Sighting.Contradicted) await RecordAsync(AuditActions.LogoutRefused, request with { Detail = MirrorSession.Contradiction });
        return outcome;
    }

    private static EndSessions OwnSession(Identity identity, LogoutRequest request, bool expired) => new()
    {
        Scope = new EndScope.OneSession(identity.Session),
        By = new(ActorKind.User, identity.User, identity.Session),
        Reason = EndReason.User,
        From = request.From,
        Detail = request.Detail,
        Claimed = request.Claimed,
        OwnSessionOnly = true,
        Proof = Proof.Of(identity, expired),
    };

    private Task RecordEndedAsync(OutsideToken token, LogoutRequest request) =>
        RecordAsync(AuditActions.LogoutRecorded, request with { Detail = request.Detail ?? $"ended session of {token.Provider}" });

    private Task RecordAsync(string action, LogoutRequest request, UserId? user = null, SessionId? session = null) => failures.RecordAsync(new()
    {
        At = default, // given when it is written
        Action = action,
        By = Actor.Nobody,
        User = user,
        Session = session,
        Detail = request.Detail,
        Claimed = request.Claimed,
        Device = DeviceKind.Of(request.From.UserAgent),
        Address = request.From.Address,
        UserAgent = request.From.UserAgent,
    });
}
