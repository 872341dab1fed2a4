using System.Globalization;
using System.Security.Claims;
using Exeunt.Guard.Connections;
using Exeunt.Protocol.Revocations;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Exeunt.Guard.Hosting;

/// <summary>The check of <c>UseExeuntRevocation</c>, behind whatever scheme has authenticated the request.</summary>
internal sealed partial class GuardMiddleware(RequestDelegate next, RevocationGuard guard, GuardOptions options, LiveConnections connections, GuardMetrics metrics, ILogger<GuardMiddleware> log)
{
    private int told;

    public Task InvokeAsync(HttpContext http)
    {
        // Nobody has signed in, or whoever has is the owner of the token that AddExeunt has judged already, and nobody else besides.
        if (http.User.Identity is not { IsAuthenticated: true }) return next(http);
        if (http.Features.Get<GuardedToken>() is not null && http.User.Identities.All(one => one.AuthenticationType == GuardAuthentication.SchemeName)) return next(http);
        return TryReadFacts(http.User, out var facts) ? facts is { } token ? JudgeAsync(http, token) : next(http) : RefuseAsync(http, Refusal.Invalid);
    }

    // False: it cannot be told what to look for, and what cannot be checked must not pass unnoticed.
    private bool TryReadFacts(ClaimsPrincipal principal, out TokenFacts? facts)
    {
        facts = options.Facts is { } own ? own(principal) : ClaimFacts.Of(principal, options.Issuer!);
        if (facts is not null || options.Facts is not null) return true;
        if (Interlocked.Exchange(ref told, 1) == 0) NobodyNamed();
        return false;
    }

    private async Task JudgeAsync(HttpContext http, TokenFacts facts)
    {
        var decision = await guard.DecideAsync(facts, http.RequestAborted);
        await (decision switch
        {
            GuardDecision.Pass when LastingRequest.Is(http) && !connections.TryEnter(http, facts, ExpiryOf(http.User), judge: null) => RefuseAsync(http, Refusal.TooMany),
            GuardDecision.Pass => next(http),
            GuardDecision.Revoked => RefuseAsync(http, Refusal.Revoked),
            _ => RefuseAsync(http, Refusal.Stale),
        });
    }

    private static DateTimeOffset? ExpiryOf(ClaimsPrincipal principal) =>
        long.TryParse(principal.FindFirst("exp")?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;

    private Task RefuseAsync(HttpContext http, Refusal why)
    {
        metrics.Refused(why.Reason);
        http.User = new(new ClaimsIdentity());
        why.WriteTo(http.Response);
        return Task.CompletedTask;
    }

    [LoggerMessage(2031, LogLevel.Error, "An authenticated principal has no claim sub, so it cannot be held against what has been ended, and is refused. Give GuardOptions.Facts")]
    private partial void NobodyNamed();
}
