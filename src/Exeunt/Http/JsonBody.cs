using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Exeunt.Http;

/// <summary>
/// Reads a JSON request body strictly: a size limit before parsing, bounded depth, no duplicate members, valid UTF-8, and a problem document that tells
/// the caller what to send instead. Endpoints use it rather than model binding, whose answers would be empty.
/// </summary>
internal static class JsonBody
{
    /// <summary>Bytes; no request of this API needs more.</summary>
    public const int MostBytes = 16 * 1024;

    /// <summary>Reads a body that must be there.</summary>
    public static async ValueTask<Read<T>> ReadAsync<T>(HttpContext http, JsonTypeInfo<T> type)
        where T : class
    {
        var read = await ReadOptionalAsync(http, type);
        return read is { Value: null, Problem: null } ? new(null, Problems.BadRequest("The body is empty. Send a JSON object.")) : read;
    }

    /// <summary>Reads a body that may be missing altogether; then neither value nor problem is set.</summary>
    public static async ValueTask<Read<T>> ReadOptionalAsync<T>(HttpContext http, JsonTypeInfo<T> type)
        where T : class
    {
        using var body = await BodyBytes.ReadAsync(http, MostBytes);
        if (body.Failure is BodyFailure.TooLarge) return new(null, Problems.TooLarge(MostBytes));
        if (body.Failure is BodyFailure.BrokenOff) return new(null, Problems.BadRequest("The body breaks off or is not framed correctly."));
        if (body.Span.IsEmpty) return default;
        if (!http.Request.HasJsonContentType()) return new(null, Problems.UnsupportedMediaType("application/json"));

        try
        {
            var value = JsonSerializer.Deserialize(body.Span, type);
            return value is null ? new(null, Problems.BadRequest("The body must be a JSON object.")) : new(value, null);
        }
        catch (JsonException json)
        {
            return new(null, Explain(json));
        }
    }

    // The path of System.Text.Json names the member; its message would tell types of ours.
    private static ProblemHttpResult Explain(JsonException json)
    {
        var field = json.Path is { Length: > 2 } path && path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : null;
        return field is { Length: <= 40 } && field.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.')
            ? Problems.InvalidField(field, $"The member '{field}' has the wrong type or occurs twice.")
            : Problems.BadRequest("The body must be one JSON object in UTF-8, without duplicate members, at most 8 levels deep.");
    }
}

/// <summary>What reading a body gave: a value, or the problem to answer with, or neither when it was empty and may be.</summary>
internal readonly record struct Read<T>(T? Value, ProblemHttpResult? Problem)
    where T : class
{
    /// <summary>Whether there is a value.</summary>
    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Problem))]
    public bool Ok => Value is not null;
}
