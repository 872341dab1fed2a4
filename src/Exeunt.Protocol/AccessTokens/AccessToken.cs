using System.Text.Json;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Jose;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Protocol.AccessTokens;

/// <summary>The facts of an access token (RFC 9068 §2.2). Written by the server, read by every guard.</summary>
public sealed record AccessToken
{
    /// <summary><c>iss</c>: the server that issued it.</summary>
    public required string Issuer { get; init; }

    /// <summary><c>sub</c>: the account.</summary>
    public required string Subject { get; init; }

    /// <summary><c>aud</c>: the APIs it is meant for; at least one.</summary>
    public required IReadOnlyList<string> Audiences { get; init; }

    /// <summary><c>client_id</c>: the app that asked for it.</summary>
    public required string ClientId { get; init; }

    /// <summary><c>jti</c>: names this one token.</summary>
    public required string Jti { get; init; }

    /// <summary><c>sid</c>: the session it lives and dies with.</summary>
    public required string Sid { get; init; }

    /// <summary><c>iat</c>, UTC. Written in whole seconds.</summary>
    public required DateTimeOffset IssuedAt { get; init; }

    /// <summary><c>exp</c>, UTC: from this instant on it is expired. Written in whole seconds.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary><c>auth_time</c>: when the person signed in; the same in every token of the session. <see langword="null"/> when not said.</summary>
    public DateTimeOffset? AuthTime { get; init; }

    /// <summary><c>amr</c>: how the person signed in (RFC 8176), the same in every token of the session. Empty when not said.</summary>
    public IReadOnlyList<string> Amr { get; init; } = [];

    /// <summary><c>roles</c> of the account (RFC 9068 §2.2.3.1). Empty when it has none.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>Name of the key that verified it; <see langword="null"/> before it is signed, and for a key without a name.</summary>
    public string? KeyId { get; init; }

    /// <summary>The token as revocations see it.</summary>
    public TokenFacts ToFacts() => new()
    {
        Issuer = Issuer,
        Subject = Subject,
        Session = Sid,
        OwnSession = Id.TryParse<SessionId>(Sid, out var own) ? own : null,
        TokenId = Jti,
        Client = ClientId,
        KeyId = KeyId,
    };

    /// <summary>What whoever reads the signed token finds in it: times are in whole seconds.</summary>
    public AccessToken AsWritten() => this with { IssuedAt = InSeconds(IssuedAt), ExpiresAt = InSeconds(ExpiresAt), AuthTime = AuthTime is { } at ? InSeconds(at) : null };

    /// <summary>Signs it as <c>at+jwt</c>.</summary>
    /// <exception cref="ObjectDisposedException">The key has been disposed.</exception>
    public string Sign(SigningKey key) => JwtWriter.Write(key, TokenKind.AccessToken.Type, this, static (json, token) =>
    {
        json.WriteString("iss", token.Issuer);
        json.WriteString("sub", token.Subject);
        if (token.Audiences is [var only]) json.WriteString("aud", only);
        else WriteAll(json, "aud", token.Audiences);
        json.WriteString("client_id", token.ClientId);
        json.WriteNumber("iat", token.IssuedAt.ToUnixTimeSeconds());
        json.WriteNumber("exp", token.ExpiresAt.ToUnixTimeSeconds());
        json.WriteString("jti", token.Jti);
        json.WriteString("sid", token.Sid);
        if (token.AuthTime is { } authTime) json.WriteNumber("auth_time", authTime.ToUnixTimeSeconds());
        if (token.Amr.Count > 0) WriteAll(json, "amr", token.Amr);
        if (token.Roles.Count > 0) WriteAll(json, "roles", token.Roles);
    });

    /// <summary>Names the token without showing personal facts.</summary>
    public override string ToString() => $"[access token {Jti}]";

    private static DateTimeOffset InSeconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());

    private static void WriteAll(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values) json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
