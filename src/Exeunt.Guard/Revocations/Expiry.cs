namespace Exeunt.Guard.Revocations;

/// <summary>Expiries in whole seconds since 1970, in 32 bits (until 2106; later ones count as then).</summary>
internal static class Expiry
{
    /// <summary>Rounded up: forgetting up to a second late is free, forgetting early is not.</summary>
    public static uint RoundUp(DateTimeOffset expires) => Clamp(expires.ToUnixTimeSeconds() + (expires.Ticks % TimeSpan.TicksPerSecond == 0 ? 0 : 1));

    /// <summary>Rounded down, for the same reason: what expires after it is live.</summary>
    public static uint RoundDown(DateTimeOffset now) => Clamp(now.ToUnixTimeSeconds());

    private static uint Clamp(long seconds) => (uint)Math.Clamp(seconds, uint.MinValue, uint.MaxValue);
}
