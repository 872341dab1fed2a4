using Exeunt.Hosting;

namespace Exeunt.Sessions;

/// <summary>How long the sessions of one client application live, and how many of them an account may have.</summary>
/// <param name="Idle">Without use.</param>
/// <param name="Absolute">In any case.</param>
/// <param name="PerAccount">At a time.</param>
/// <param name="Window">In which refresh tokens do not turn again.</param>
public sealed record SessionLimits(TimeSpan Idle, TimeSpan Absolute, int PerAccount, TimeSpan Window)
{
    /// <summary>What <c>Clients:n:Preset</c> can name: the limits that well-known rules ask for. Sources stand in docs/configuration.md.</summary>
    public static IReadOnlyDictionary<string, (TimeSpan Idle, TimeSpan Absolute)> Presets { get; } = new Dictionary<string, (TimeSpan, TimeSpan)>
    {
        ["pci"] = (TimeSpan.FromMinutes(15), TimeSpan.FromHours(12)),
        ["hipaa"] = (TimeSpan.FromMinutes(15), TimeSpan.FromHours(12)),
        ["nist-aal1"] = (TimeSpan.FromDays(30), TimeSpan.FromDays(30)),
        ["nist-aal2"] = (TimeSpan.FromHours(1), TimeSpan.FromHours(24)),
        ["nist-aal3"] = (TimeSpan.FromMinutes(15), TimeSpan.FromHours(12)),
    };

    /// <summary>The limits of a client: its own values, else its preset's, else those of all sessions.</summary>
    public static SessionLimits Of(ExeuntOptions options, string clientId)
    {
        var all = options.Sessions;
        var client = options.Clients.Find(c => c.Id == clientId);
        (TimeSpan Idle, TimeSpan Absolute)? preset = client?.Preset is { } name ? Presets[name] : null;
        var absolute = client?.AbsoluteLifetime ?? preset?.Absolute ?? all.AbsoluteLifetime;
        var idle = client?.IdleTimeout ?? preset?.Idle ?? all.IdleTimeout;
        return new(idle, absolute, client?.PerAccount ?? all.PerAccount, all.RotationWindow);
    }

    /// <summary>When a session ends unless it is used again.</summary>
    public DateTimeOffset ExpiryAfterUse(DateTimeOffset now, DateTimeOffset absoluteExpiry) => now + Idle < absoluteExpiry ? now + Idle : absoluteExpiry;
}
