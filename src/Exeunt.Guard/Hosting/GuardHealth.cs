using Exeunt.Protocol.Feed;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Exeunt.Guard.Hosting;

/// <summary>Healthy while fresh; degraded while stale and still deciding; unhealthy once requests are answered 503 or asked of the server one by one.</summary>
internal sealed class GuardHealth(RevocationGuard guard, RevocationIndex index) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var age = guard.Age;
        var told = age == TimeSpan.MaxValue ? "never synced" : $"synced {age.TotalSeconds:0.0} s ago";
        var data = new Dictionary<string, object> { ["age_seconds"] = age == TimeSpan.MaxValue ? double.PositiveInfinity : age.TotalSeconds, ["revocations"] = index.Count };
        return Task.FromResult(
            age <= FeedEvents.StaleAfter ? HealthCheckResult.Healthy(told, data)
            : guard.IsServing ? HealthCheckResult.Degraded(told, null, data)
            : new HealthCheckResult(context.Registration.FailureStatus, told, null, data));
    }
}
