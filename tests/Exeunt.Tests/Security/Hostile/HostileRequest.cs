namespace Exeunt.Tests.Security.Hostile;

/// <summary>In which form the answer must come.</summary>
public enum Shape
{
    /// <summary>A problem document (RFC 9457) that says what to do.</summary>
    Problem,

    /// <summary><c>{"success":false,"message":…}</c>, as the template contract has it; 200 with true where it never refuses.</summary>
    Template,

    /// <summary>200 with <c>{"success":true,…}</c> whatever comes, as the provider contract has it.</summary>
    Forgiving,

    /// <summary>A problem document, or 200 for a session that had ended before: leaving twice is no mistake.</summary>
    ProblemOrAlreadyEnded,

    /// <summary><c>{"error":…,"error_description":…}</c>, as RFC 6749 §5.2 has it.</summary>
    OAuth,

    /// <summary>No HTTP request, or none that may have a body in its answer: the socket layer answers with a bare status.</summary>
    Bare,

    /// <summary>Bytes that break off: an answer, or the end of the connection.</summary>
    ProblemOrClosed,
}

/// <summary>
/// One request that nobody honest sends, as data. Text is written byte by byte (Latin-1), so that a row can hold any bytes; words between guillemets are replaced
/// by what the server's fixture holds under that name, such as «access».
/// </summary>
/// <param name="Name">What is wrong with it.</param>
/// <param name="Method">Its method.</param>
/// <param name="Target">Its target, as it stands in the request line.</param>
/// <param name="Statuses">The statuses that are right; none for any from 400 to 499.</param>
public sealed record HostileRequest(string Name, string Method, string Target, params int[] Statuses)
{
    /// <summary>Header lines.</summary>
    public IReadOnlyList<string> Headers { get; init; } = [];

    /// <summary>The body; its Content-Length is added. Null for none.</summary>
    public string? Body { get; init; }

    /// <summary>The whole request instead of the above.</summary>
    public string? Raw { get; init; }

    /// <summary>Whether the sender stops in the middle.</summary>
    public bool BreaksOff { get; init; }

    /// <summary>In which form the answer must come.</summary>
    public Shape Shape { get; init; }

    /// <summary>The row as it is shown.</summary>
    public string Title => $"{Method} {(Target.Length > 60 ? Target[..60] + "…" : Target)}: {Name}";

    /// <summary>The request as it goes over the wire, with the words still to be replaced.</summary>
    public string ToWire(Func<string, string> replace)
    {
        if (Raw is not null) return replace(Raw);
        var body = Body is null ? null : replace(Body);
        var lines = Headers.Select(replace).Prepend("Host: 127.0.0.1").Append("Connection: close").ToList();
        if (body is not null && !lines.Exists(l => l.StartsWith("Transfer-Encoding", StringComparison.Ordinal) || l.StartsWith("Content-Length", StringComparison.Ordinal)))
            lines.Add($"Content-Length: {body.Length}");
        return $"{Method} {replace(Target)} HTTP/1.1\r\n{string.Join("\r\n", lines)}\r\n\r\n{body}";
    }
}
