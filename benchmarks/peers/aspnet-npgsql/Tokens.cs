using System.Buffers.Text;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Exeunt.AspNetPeer;

/// <summary>Access tokens of fifteen minutes, signed with ES256 by the library that the framework's own JWT scheme uses; refresh tokens of random bytes.</summary>
internal sealed class Tokens
{
    public const int AccessSeconds = 15 * 60;
    public const int RefreshSeconds = 30 * 24 * 3600;

    private const string Issuer = "https://peer.example";
    private const string Audience = "bench";

    private readonly JsonWebTokenHandler handler = new() { MapInboundClaims = false };
    private readonly SigningCredentials signing;
    private readonly TokenValidationParameters rules;
    private readonly TimeProvider clock;

    public Tokens(Told told, TimeProvider clock)
    {
        this.clock = clock;
        var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(told.Key));
        var security = new ECDsaSecurityKey(key);
        signing = new(security, SecurityAlgorithms.EcdsaSha256);
        rules = new()
        {
            ValidIssuer = Issuer,
            ValidAudience = Audience,
            IssuerSigningKey = security,
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            ClockSkew = TimeSpan.FromSeconds(5),
        };
    }

    public static Guid NewId() => new(RandomNumberGenerator.GetBytes(16));

    public static string NewRefresh() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>What is stored of a refresh token: it is random, so a plain hash makes the stored form useless.</summary>
    public static byte[] Hash(string refresh) => SHA256.HashData(Encoding.UTF8.GetBytes(refresh));

    public string Sign(Guid user, Guid sid)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        return handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Audience = Audience,
            IssuedAt = now,
            NotBefore = now,
            Expires = now.AddSeconds(AccessSeconds),
            Claims = new Dictionary<string, object> { ["sub"] = user.ToString(), ["sid"] = sid.ToString() },
            SigningCredentials = signing,
        });
    }

    /// <summary>Null for a token that is not good.</summary>
    public async Task<ClaimsIdentity?> VerifyAsync(string token)
    {
        var result = await handler.ValidateTokenAsync(token, rules);
        return result.IsValid ? result.ClaimsIdentity : null;
    }
}
