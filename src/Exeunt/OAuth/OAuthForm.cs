using System.Diagnostics.CodeAnalysis;
using Exeunt.Http;
using Microsoft.AspNetCore.Http;

namespace Exeunt.OAuth;

/// <summary>
/// The parameters of an OAuth request (RFC 6749 §3.2): a form in the body, each parameter at most once, those without a value as if they were not there. The
/// address is never read.
/// </summary>
internal sealed class OAuthForm
{
    private const string MediaType = "application/x-www-form-urlencoded";
    private const int MostBytes = 16 * 1024;
    private const int MostParameters = 32;

    private readonly Dictionary<string, string> values = [];

    private OAuthForm()
    {
    }

    /// <summary>The value of a parameter; null when it is missing or empty.</summary>
    public string? this[string name] => values.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;

    /// <summary>Reads the body, or gives the error to answer with.</summary>
    public static async ValueTask<(OAuthForm? Form, IResult? Error)> ReadAsync(HttpContext http)
    {
        using var body = await BodyBytes.ReadAsync(http, MostBytes);
        if (body.Failure is BodyFailure.TooLarge) return (null, OAuthErrors.InvalidRequest($"The body has more than {MostBytes} bytes.", StatusCodes.Status413PayloadTooLarge));
        if (body.Failure is not null) return (null, OAuthErrors.InvalidRequest("The body breaks off or is not framed correctly."));
        if (!IsForm(http.Request.ContentType)) return (null, OAuthErrors.InvalidRequest($"Send the parameters as {MediaType}."));

        var form = new OAuthForm();
        return form.TryFill(body.Span, out var why) ? (form, null) : (null, OAuthErrors.InvalidRequest(why));
    }

    private static bool IsForm(string? contentType) =>
        Microsoft.Net.Http.Headers.MediaTypeHeaderValue.TryParse(contentType, out var type)
        && type.MediaType.Equals(MediaType, StringComparison.OrdinalIgnoreCase)
        && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    private bool TryFill(ReadOnlySpan<byte> body, [NotNullWhen(false)] out string? why)
    {
        foreach (var part in body.Split((byte)'&'))
        {
            var pair = body[part];
            if (pair.IsEmpty) continue;
            var equals = pair.IndexOf((byte)'=');
            if (!FormText.TryDecode(equals < 0 ? pair : pair[..equals], out var name) || !FormText.TryDecode(equals < 0 ? default : pair[(equals + 1)..], out var value))
            {
                why = "A parameter is not percent-encoded UTF-8.";
                return false;
            }

            if (values.Count == MostParameters || !values.TryAdd(name, value))
            {
                why = values.Count == MostParameters ? $"There are more than {MostParameters} parameters." : "A parameter occurs more than once.";
                return false;
            }
        }

        why = null;
        return true;
    }
}
