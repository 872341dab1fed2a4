using System.Net;
using Exeunt.Sessions;

namespace Exeunt.Hosting;

/// <summary>What no start may go on with: each mistake is one line that begins with the setting's name and says what to write instead.</summary>
internal static class SettingsCheck
{
    private static readonly TimeSpan TenYears = TimeSpan.FromDays(3660);

    public static IEnumerable<string> Find(ExeuntOptions options) =>
    [
        .. Server(options.Server), .. Ledger(options.Ledger, options.Server), .. Tokens(options), .. Sessions(options.Sessions), .. Clients(options), .. Accounts(options.Accounts),
        .. Within("Endings:StepUp", options.Endings.StepUp, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
        .. Within("Endings:WaitForGuards", options.Endings.WaitForGuards, TimeSpan.Zero, TimeSpan.FromSeconds(10)),
        .. Within("Endings:TolerateStale", options.Endings.TolerateStale, TimeSpan.Zero, TimeSpan.FromDays(1)),
        .. ProviderCheck.Find(options),
        .. Within("Journal:Deadline", options.Journal.Deadline, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1)),
        .. Within("Journal:Megabytes", options.Journal.Megabytes, 1, 1024),
        .. Within("Retention:EndedSessions", options.Retention.EndedSessions, TimeSpan.Zero, TenYears),
        .. Within("Retention:Audit", options.Retention.Audit, TimeSpan.FromDays(1), TenYears),
        .. Within("Limits:FailuresPerAccountAndAddress", options.Limits.FailuresPerAccountAndAddress, 1, 1_000_000),
        .. Within("Limits:FailuresPerAddress", options.Limits.FailuresPerAddress, 1, 1_000_000),
        .. Within("Limits:RegistrationsPerAddress", options.Limits.RegistrationsPerAddress, 1, 1_000_000),
        .. Within("Limits:StreamsPerClient", options.Limits.StreamsPerClient, 1, 1_000_000),
        .. Within("Limits:EventStreamsPerSession", options.Limits.EventStreamsPerSession, 1, 1_000),
        .. Within("Limits:EventStreams", options.Limits.EventStreams, 1, 1_000_000),
    ];

    /// <summary>What is wrong with an issuer; null when nothing is.</summary>
    public static string? WhyNotIssuer(string issuer)
    {
        if (!Uri.TryCreate(issuer, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http")) return $"'{issuer}' is not an address that begins with https:// or http://";
        if (uri.Query.Length > 0 || uri.Fragment.Length > 0 || uri.UserInfo.Length > 0) return $"'{issuer}' must have no query, no fragment and no user name";
        if (issuer.EndsWith('/')) return $"'{issuer}' must not end with a slash: it is compared exactly, and the one without is what everybody writes";
        return null;
    }

    internal static IEnumerable<string> Within(string name, TimeSpan value, TimeSpan least, TimeSpan most)
    {
        if (value < least || value > most) yield return Line(name, $"{SpanText.Of(value)} is not between {SpanText.Of(least)} and {SpanText.Of(most)}");
    }

    internal static string Line(string name, string mistake) => $"{ExeuntOptions.Section}:{name}: {mistake}.";

    private static IEnumerable<string> Within(string name, int value, int least, int most)
    {
        if (value < least || value > most) yield return Line(name, $"{value} is not between {least} and {most}");
    }

    private static IEnumerable<string> Server(ServerOptions server)
    {
        if (server.Issuer is { } issuer && WhyNotIssuer(issuer) is { } why) yield return Line("Server:Issuer", why);

        foreach (var (i, proxy) in server.TrustedProxies.Index())
        {
            if (!IPAddress.TryParse(proxy, out _) && !IPNetwork.TryParse(proxy, out _))
                yield return Line($"Server:TrustedProxies:{i}", $"'{proxy}' is neither an address nor a network such as 10.0.0.0/8");
        }

        foreach (var (i, origin) in server.AllowedOrigins.Index())
        {
            if (!Uri.TryCreate(origin, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http") || uri.GetLeftPart(UriPartial.Authority) != origin)
                yield return Line($"Server:AllowedOrigins:{i}", $"'{origin}' is not an origin as browsers write it: https://app.example.com, without a path or slash");
        }
    }

    // What was given is not repeated: it is a secret, or holds one.
    private static IEnumerable<string> Ledger(LedgerOptions ledger, ServerOptions server)
    {
        if (ledger.Postgres is null) yield break;
        if (ledger.MasterKey is null)
        {
            yield return Line("Ledger:MasterKey", "must be given with PostgreSQL, the same on every node; make one with: openssl rand -base64 32");
        }
        else if (!Convert.TryFromBase64String(ledger.MasterKey, new byte[64], out var bytes) || bytes != 32)
        {
            yield return Line("Ledger:MasterKey", "is not 32 bytes in base64; make one with: openssl rand -base64 32");
        }

        if (server.Issuer is null) yield return Line("Server:Issuer", "must be given with PostgreSQL: all nodes are one issuer; write how the world calls it: https://login.example.com");
        if (ledger.Node is { } node && string.IsNullOrWhiteSpace(node)) yield return Line("Ledger:Node", "must not be empty; leave it out for a random name");
    }

    private static IEnumerable<string> Tokens(ExeuntOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.Tokens.Audience)) yield return Line("Tokens:Audience", "must not be empty");
        foreach (var mistake in Within("Tokens:Lifetime", options.Tokens.Lifetime, TimeSpan.FromSeconds(30), TimeSpan.FromDays(1))) yield return mistake;
        if (options.Tokens.Algorithm is not ("ES256" or "RS256")) yield return Line("Tokens:Algorithm", $"'{options.Tokens.Algorithm}' is neither ES256 nor RS256");
        foreach (var mistake in Within("Tokens:KeyLifetime", options.Tokens.KeyLifetime, TimeSpan.FromHours(1), TenYears)) yield return mistake;
        foreach (var mistake in Within("Contracts:Template:TokenLifetime", options.Contracts.Template.TokenLifetime, TimeSpan.FromSeconds(30), TimeSpan.FromDays(30)))
            yield return mistake;
    }

    private static IEnumerable<string> Sessions(SessionOptions sessions)
    {
        foreach (var mistake in Within("Sessions:IdleTimeout", sessions.IdleTimeout, TimeSpan.FromSeconds(1), TenYears)) yield return mistake;
        foreach (var mistake in Within("Sessions:AbsoluteLifetime", sessions.AbsoluteLifetime, TimeSpan.FromSeconds(1), TenYears)) yield return mistake;
        foreach (var mistake in Within("Sessions:PerAccount", sessions.PerAccount, 1, 1_000_000)) yield return mistake;
        foreach (var mistake in Within("Sessions:RotationWindow", sessions.RotationWindow, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5))) yield return mistake;
        if (sessions.IdleTimeout > sessions.AbsoluteLifetime)
        {
            yield return Line(
                "Sessions:IdleTimeout", $"{SpanText.Of(sessions.IdleTimeout)} is longer than Sessions:AbsoluteLifetime ({SpanText.Of(sessions.AbsoluteLifetime)}) and would never count");
        }
    }

    private static IEnumerable<string> Clients(ExeuntOptions options)
    {
        foreach (var (i, client) in options.Clients.Index())
        {
            if (string.IsNullOrWhiteSpace(client.Id)) yield return Line($"Clients:{i}:Id", "must be given: the client_id that sign-in names");
            else if (options.Clients.FindIndex(c => c.Id == client.Id) < i) yield return Line($"Clients:{i}:Id", $"'{client.Id}' is there twice");

            if (client.Preset is { } preset && !SessionLimits.Presets.ContainsKey(preset))
            {
                yield return Line($"Clients:{i}:Preset", $"'{preset}' is not a preset; there are {string.Join(", ", SessionLimits.Presets.Keys)}");
                continue;
            }

            if (client.IdleTimeout is { } idle)
                foreach (var mistake in Within($"Clients:{i}:IdleTimeout", idle, TimeSpan.FromSeconds(1), TenYears)) yield return mistake;
            if (client.AbsoluteLifetime is { } absolute)
                foreach (var mistake in Within($"Clients:{i}:AbsoluteLifetime", absolute, TimeSpan.FromSeconds(1), TenYears)) yield return mistake;
            if (client.PerAccount is { } most)
                foreach (var mistake in Within($"Clients:{i}:PerAccount", most, 1, 1_000_000)) yield return mistake;

            if (client.Id is { } id && SessionLimits.Of(options, id) is var limits && limits.Idle > limits.Absolute)
                yield return Line($"Clients:{i}:IdleTimeout", $"{SpanText.Of(limits.Idle)} is longer than its absolute lifetime ({SpanText.Of(limits.Absolute)}) and would never count");
        }
    }

    private static IEnumerable<string> Accounts(AccountOptions accounts)
    {
        if (accounts.Registration is not ("open" or "invite" or "closed")) yield return Line("Accounts:Registration", $"'{accounts.Registration}' is neither open, invite nor closed");
        foreach (var mistake in Within("Accounts:PasswordStrength", accounts.PasswordStrength, 0, 4)) yield return mistake;
    }
}
