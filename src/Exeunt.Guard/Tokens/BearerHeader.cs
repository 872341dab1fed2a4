using Microsoft.Extensions.Primitives;

namespace Exeunt.Guard.Tokens;

/// <summary>What the <c>Authorization</c> header holds (RFC 6750 §2.1). Tokens in the address or in a form are never read.</summary>
internal static class BearerHeader
{
    private const string Scheme = "Bearer";

    /// <summary>Reads it without copying the token. A mistake is a sentence for the caller; no mistake and no token is no bearer credentials.</summary>
    public static ReadOnlyMemory<char> Read(StringValues headers, out string? mistake)
    {
        mistake = null;
        if (headers.Count == 0) return default;
        if (headers.Count > 1)
        {
            mistake = "Send one Authorization header, not several.";
            return default;
        }

        var header = headers.ToString().AsMemory();
        if (!header.Span.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return default;
        var rest = header[Scheme.Length..];
        if (!rest.IsEmpty && rest.Span[0] == ' ' && rest.Trim(' ') is { IsEmpty: false } token && !token.Span.Contains(' ')) return token;
        mistake = "Write the header as: Authorization: Bearer <token>.";
        return default;
    }
}
