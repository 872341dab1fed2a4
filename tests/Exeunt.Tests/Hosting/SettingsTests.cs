using Exeunt.Hosting;
using Microsoft.Extensions.Configuration;

namespace Exeunt.Tests.Hosting;

/// <summary>Every mistake in the settings is one line that begins with the setting's name.</summary>
public class SettingsTests
{
    [Theory]
    [InlineData("Server:Issuer", "login.example.com", "is not an address")]
    [InlineData("Server:Issuer", "https://login.example.com/", "must not end with a slash")]
    [InlineData("Server:Issuer", "https://login.example.com?a=b", "no query")]
    [InlineData("Server:TrustedProxies:0", "10.0.0.0/99", "neither an address nor a network")]
    [InlineData("Server:AllowedOrigins:0", "https://app.example.com/", "not an origin")]
    [InlineData("Server:AllowedOrigins:0", "*", "not an origin")]
    [InlineData("Tokens:Audience", " ", "must not be empty")]
    [InlineData("Tokens:Lifetime", "10s", "not between 30s and 1d")]
    [InlineData("Tokens:Lifetime", "900", "not a span of time")] // seconds, days? A bare number does not say
    [InlineData("Tokens:Algorithm", "HS256", "neither ES256 nor RS256")]
    [InlineData("Tokens:KeyLifetime", "1m", "not between")]
    [InlineData("Sessions:IdleTimeout", "40d", "longer than Sessions:AbsoluteLifetime")]
    [InlineData("Sessions:PerAccount", "0", "not between")]
    [InlineData("Sessions:PerAccount", "many", "not a whole number")]
    [InlineData("Sessions:RotationWindow", "10m", "not between 1s and 5m")]
    [InlineData("Accounts:Registration", "Open", "neither open, invite nor closed")]
    [InlineData("Accounts:PasswordStrength", "5", "not between 0 and 4")]
    [InlineData("Endings:StepUp", "0s", "not between")]
    [InlineData("Contracts:Template:TokenLifetime", "60d", "not between")]
    [InlineData("Contracts:Template:EndsAllSessions", "yes", "not true or false")]
    [InlineData("Retention:Audit", "1h", "not between")]
    [InlineData("Limits:FailuresPerAddress", "0", "not between")]
    [InlineData("Sesions:IdleTimeout", "1d", "no such setting; did you mean Sessions?")]
    [InlineData("Sessions:Idle", "1d", "no such setting; here are")]
    [InlineData("Sessions", "1d", "is a group of settings")]
    [InlineData("Server:AllowedOrigins", "https://app.example.com", "is a list")]
    [InlineData("Server:AllowedOrigins:first", "https://app.example.com", "needs a number")]
    [InlineData("Tokens:Lifetime:Minutes", "15", "takes one value, not a group")]
    public void A_mistake_is_one_line_that_names_the_setting(string name, string value, string says)
    {
        Settings.Read(Configured((name, value)), out var mistakes);

        // A value where a group belongs is met once as such; everything else is exactly one line.
        var mistake = Assert.Single(mistakes, line => line.Contains(says, StringComparison.Ordinal));
        Assert.StartsWith($"Exeunt:{name.Split(':')[0]}", mistake);
        Assert.DoesNotContain('\n', mistake);
    }

    [Theory]
    [InlineData("Clients:0:Preset", "pci-dss", "Clients:0:Id", "app", "is not a preset")]
    [InlineData("Clients:0:IdleTimeout", "20h", "Clients:0:Preset", "pci", "must be given")]
    [InlineData("Clients:0:Id", "app", "Clients:1:Id", "app", "is there twice")]
    public void A_client_is_checked(string name, string value, string otherName, string otherValue, string says)
    {
        Settings.Read(Configured((name, value), (otherName, otherValue)), out var mistakes);
        Assert.Contains(mistakes, line => line.StartsWith("Exeunt:Clients:", StringComparison.Ordinal) && line.Contains(says, StringComparison.Ordinal));
    }

    [Fact]
    public void An_idle_timeout_beside_a_preset_must_fit_into_its_absolute_lifetime()
    {
        Settings.Read(Configured(("Clients:0:Id", "app"), ("Clients:0:Preset", "pci"), ("Clients:0:IdleTimeout", "20h")), out var mistakes);
        Assert.Equal("Exeunt:Clients:0:IdleTimeout: 20h is longer than its absolute lifetime (12h) and would never count.", Assert.Single(mistakes));
    }

    [Theory]
    [InlineData("Kind", "saml", "neither clerk, oidc nor jwt")]
    [InlineData("Name", "a b", "something else than letters")]
    [InlineData("JwksUri", "", "is missing, and so are PublicKeyFile and Secret")]
    [InlineData("JwksUri", "http://keys.example.com/jwks.json", "begins with https://")]
    [InlineData("PublicKeyFile", "/nowhere/key.pem", "cannot be read")]
    [InlineData("SessionLifetime", "1s", "not between")]
    [InlineData("Issuer", "https://exeunt.test", "is this server's own")]
    public void A_provider_is_checked(string name, string value, string says)
    {
        Settings.Read(Configured(Provider(0, (name, value)), ("Server:Issuer", "https://exeunt.test")), out var mistakes);
        Assert.Single(mistakes, line => line.StartsWith("Exeunt:Providers:0:", StringComparison.Ordinal) && line.Contains(says, StringComparison.Ordinal));
    }

    [Fact]
    public void A_provider_with_two_sources_of_keys_is_refused()
    {
        Settings.Read(Configured(Provider(0, ("Kind", "jwt"), ("Secret", "0123456789abcdef0123456789abcdef"))), out var mistakes);
        Assert.Equal("Exeunt:Providers:0:JwksUri: stands beside PublicKeyFile or Secret: give exactly one.", Assert.Single(mistakes));
    }

    [Fact]
    public void JOSE10_a_short_secret_is_refused_and_not_repeated()
    {
        Settings.Read(Configured(Provider(0, ("JwksUri", null), ("Kind", "jwt"), ("Secret", "hunter2"))), out var mistakes);
        Assert.Equal("Exeunt:Providers:0:Secret: is too short: HS256 needs at least 32 bytes.", Assert.Single(mistakes));
    }

    [Fact]
    public void Two_providers_with_one_issuer_are_refused()
    {
        Settings.Read(Configured([.. Provider(0), .. Provider(1, ("Name", "other"))]), out var mistakes);
        Assert.StartsWith("Exeunt:Providers:1:Issuer: 'https://idp.example.com' is another provider's as well", Assert.Single(mistakes));
    }

    [Fact]
    public void All_mistakes_are_named_at_once()
    {
        Settings.Read(Configured(("Tokens:Lifetime", "x"), ("Server:Issuer", "y"), ("Accounts:Registration", "z"), ("Nonsense", "1")), out var mistakes);
        Assert.Equal(4, mistakes.Count);
    }

    [Fact]
    public void What_is_given_arrives()
    {
        var options = Settings.Read(
            Configured(
                ("server:issuer", "https://login.example.com"), ("Server:AllowedOrigins:0", "https://a.example"), ("Server:AllowedOrigins:1", "https://b.example"),
                ("Tokens:Lifetime", "5m"), ("Sessions:AbsoluteLifetime", "1.12:00:00"), ("Sessions:IdleTimeout", "24:00:00"), ("Clients:0:Id", "app"),
                ("Clients:0:PerAccount", "3"), ("Contracts:Audit:EndsSession", "false")),
            out var mistakes);

        Assert.Empty(mistakes);
        Assert.Equal("https://login.example.com", options.Server.Issuer);
        Assert.Equal(["https://a.example", "https://b.example"], options.Server.AllowedOrigins);
        Assert.Equal(TimeSpan.FromMinutes(5), options.Tokens.Lifetime);
        Assert.Equal(TimeSpan.FromHours(36), options.Sessions.AbsoluteLifetime);
        Assert.Equal(TimeSpan.FromHours(24), options.Sessions.IdleTimeout); // and not 24 days, as the framework reads it
        Assert.Equal(("app", 3), (options.Clients[0].Id, options.Clients[0].PerAccount));
        Assert.False(options.Contracts.Audit.EndsSession);
    }

    [Fact]
    public void The_defaults_are_no_mistake()
    {
        Settings.Read(Configured(), out var mistakes);
        Assert.Empty(mistakes);
    }

    private static (string, string?)[] Provider(int i, params (string Name, string? Value)[] other)
    {
        var provider = new Dictionary<string, string?> { ["Name"] = "idp", ["Kind"] = "oidc", ["Issuer"] = "https://idp.example.com", ["JwksUri"] = "https://idp.example.com/jwks.json" };
        foreach (var (name, value) in other) provider[name] = value;
        return [.. provider.Select(setting => ($"Providers:{i}:{setting.Key}", setting.Value))];
    }

    private static IConfigurationRoot Configured((string, string?)[] some, params (string, string?)[] more) => Configured([.. some, .. more]);

    private static IConfigurationRoot Configured(params (string Name, string? Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Where(s => s.Value is not null).ToDictionary(s => $"Exeunt:{s.Name}", s => s.Value)).Build();
}
