using System.Text.Json;

namespace Exeunt.Protocol.Jose;

/// <summary>Judges the claims of an authentic token. Expiry comes last, so that an expired token is known to be right in all else.</summary>
internal static class ClaimRules
{
    private static readonly string[] Times = ["exp", "nbf", "iat"];
    private static readonly string[] Strings = ["iss", "sub", "jti"];

    public static JwtVerdict Judge(JwtClaims claims, VerificationKey key, JwtRules rules, DateTimeOffset now)
    {
        foreach (var name in rules.Kind.Forbidden)
        {
            if (claims.Has(name)) return Reject(JwtRejection.ForbiddenClaim, $"A token of this type has no claim {name}.");
        }

        foreach (var name in rules.Kind.Required)
        {
            if (!SaysSomething(claims, name)) return Reject(JwtRejection.MissingClaim, $"The token has no claim {name}.");
        }

        foreach (var name in Strings)
        {
            if (claims.Has(name) && claims.Text(name) is null) return Reject(JwtRejection.MalformedClaim, $"The claim {name} is not a string.");
        }

        foreach (var name in Times)
        {
            if (claims.Has(name) && claims.Time(name) is null)
                return Reject(JwtRejection.MalformedClaim, $"The claim {name} is not a number of seconds since 1970 before the year 10000.");
        }

        if (claims.Has("aud") && claims.Audience is null)
            return Reject(JwtRejection.MalformedClaim, "The claim aud is neither a string nor an array of strings.");

        if (claims.Text("iss") != rules.Issuer) return Reject(JwtRejection.WrongIssuer, "The token is from another issuer.");
        if (rules.Audiences.Count > 0 && claims.Audience?.Any(rules.Audiences.Contains) is not true)
            return Reject(JwtRejection.WrongAudience, "The token is meant for another audience.");

        if (claims.Time("nbf") is { } notBefore && now + rules.Leeway < notBefore)
            return Reject(JwtRejection.NotYetValid, "The token is not valid yet.");
        if (claims.Time("iat") is { } issuedAt && now + rules.Leeway < issuedAt)
            return Reject(JwtRejection.NotYetValid, "The token was issued in the future.");

        if (claims.Time("exp") is not { } expires)
            return rules.Kind.MustExpire ? Reject(JwtRejection.MissingClaim, "The token has no claim exp.") : new JwtVerdict.Valid(claims, key);

        return now - rules.Leeway >= expires ? new JwtVerdict.Expired(claims, key) : new JwtVerdict.Valid(claims, key);
    }

    private static JwtVerdict.Rejected Reject(JwtRejection code, string detail) => new(code, detail);

    private static bool SaysSomething(JwtClaims claims, string name) =>
        claims.TryGet(name, out var value) && value.ValueKind switch
        {
            JsonValueKind.Null => false,
            JsonValueKind.String => !value.ValueEquals(""),
            JsonValueKind.Array => value.GetArrayLength() > 0,
            JsonValueKind.Object => value.GetPropertyCount() > 0,
            _ => true,
        };
}
