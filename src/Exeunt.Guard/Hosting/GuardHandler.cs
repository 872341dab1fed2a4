using System.Text.Encodings.Web;
using Exeunt.Guard.Connections;
using Exeunt.Guard.Feed;
using Exeunt.Guard.Tokens;
using Exeunt.Protocol.Revocations;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Exeunt.Guard.Hosting;

/// <summary>The scheme of <c>AddExeunt</c>: bearer tokens, verified here and held against what has been ended.</summary>
internal sealed class GuardHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, LocalTokens<GuardedToken> tokens, RevocationGuard guard,
    LiveConnections connections, GuardClock clock, GuardMetrics metrics) : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    private Refusal? refusal;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var token = BearerHeader.Read(Request.Headers.Authorization, out var mistake);
        if (mistake is not null) return Task.FromResult(Refuse(Refusal.Malformed(mistake)));
        if (token.IsEmpty) return Task.FromResult(AuthenticateResult.NoResult());

        // Nearly every request is this one, and waits for nothing.
        var now = clock.Now;
        var verdict = tokens.Repeated(token.Span, now, out var slip);
        return verdict is TokenVerdict<GuardedToken>.Live(var live) && guard.IsServing ? Task.FromResult(Accept(live)) : JudgeAsync(verdict, token, slip, now);
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        (refusal ?? Refusal.Missing).WriteTo(Response);
        return Task.CompletedTask;
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        Refusal.NotAllowed.WriteTo(Response);
        return Task.CompletedTask;
    }

    private async Task<AuthenticateResult> JudgeAsync(TokenVerdict<GuardedToken>? repeated, ReadOnlyMemory<char> token, VerificationSlip slip, DateTimeOffset now)
    {
        switch (repeated ?? await tokens.VerifyAsync(token, slip, now))
        {
            case TokenVerdict<GuardedToken>.Live(var live):
                return await guard.DecideOnFreshnessAsync(live.Facts, Context.RequestAborted) switch
                {
                    GuardDecision.Pass => Accept(live),
                    GuardDecision.Revoked => Refuse(Refusal.Revoked),
                    _ => Refuse(Refusal.Stale),
                };

            case TokenVerdict<GuardedToken>.Ended:
                return Refuse(Refusal.Revoked);

            case TokenVerdict<GuardedToken>.Expired:
                return Refuse(Refusal.Expired);

            case TokenVerdict<GuardedToken>.Forged:
                return Refuse(Refusal.Invalid);

            default:
                return Refuse(Refusal.NoKeys);
        }
    }

    private AuthenticateResult Accept(GuardedToken token)
    {
        if (LastingRequest.Is(Context) && !connections.TryEnter(Context, token.Facts, token.Token.ExpiresAt, JudgeNewerAsync)) return Refuse(Refusal.TooMany);
        Context.Features.Set(token);
        return AuthenticateResult.Success(new(token.ToPrincipal(Scheme.Name), Scheme.Name));
    }

    private async ValueTask<(TokenFacts Facts, DateTimeOffset Expires)?> JudgeNewerAsync(string token)
    {
        var now = clock.Now;
        return (tokens.Repeated(token, now, out var slip) ?? await tokens.VerifyAsync(token.AsMemory(), slip, now)) is TokenVerdict<GuardedToken>.Live(var live)
            ? (live.Facts, live.Token.ExpiresAt)
            : null;
    }

    private AuthenticateResult Refuse(Refusal why)
    {
        refusal = why;
        metrics.Refused(why.Reason);
        return AuthenticateResult.Fail(why.Detail);
    }
}
