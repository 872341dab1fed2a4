using System.Globalization;
using Exeunt.Protocol.Ids;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Exeunt.Http;

/// <summary>Reads the query of an address strictly: what is there and cannot be understood is a problem that names it, never a filter that is left out.</summary>
internal sealed class QueryReader(HttpContext http)
{
    private const int LongestText = 320; // an e-mail address has no more

    /// <summary>The first thing that could not be understood; null when everything could.</summary>
    public ProblemHttpResult? Problem { get; private set; }

    /// <summary>A text; null when it is not there or empty.</summary>
    public string? Text(string name)
    {
        var values = http.Request.Query[name];
        if (values.Count > 1) return Wrong<string>(name, $"Give '{name}' once.");
        var text = values.ToString();
        if (text.Length > LongestText) return Wrong<string>(name, $"'{name}' has at most {LongestText} characters.");
        return text.Length == 0 ? null : text;
    }

    /// <summary>An id.</summary>
    public T? Id<T>(string name)
        where T : struct, IId<T> =>
        Text(name) is not { } text ? null
        : Protocol.Ids.Id.TryParse<T>(text, out var id) ? id
        : Wrong<T?>(name, $"'{name}' is an id such as {T.Prefix}01jq….");

    /// <summary>An instant as ISO 8601; without an offset it is UTC.</summary>
    public DateTimeOffset? Time(string name) =>
        Text(name) is not { } text ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time
        : Wrong<DateTimeOffset?>(name, $"'{name}' is a time such as 2027-03-01T12:00:00Z, or a day.");

    /// <summary>The size of a page.</summary>
    public int Limit(int usual, int most) =>
        Given("limit") is not { } text ? usual
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit >= 1 && limit <= most ? limit
        : Wrong<int>("limit", $"'limit' is a number from 1 to {most}.");

    /// <summary>Where the page before ended.</summary>
    public string? Cursor() => Given("cursor") is "" ? Wrong<string>("cursor", "'cursor' is the value of 'next' of the page before.") : Text("cursor");

    /// <summary>Whether something is wanted: <c>true</c> or <c>false</c>.</summary>
    public bool Flag(string name) =>
        Text(name) is not { } text ? false
        : bool.TryParse(text, out var flag) ? flag
        : Wrong<bool>(name, $"'{name}' is true or false.");

    /// <summary>One of a few words.</summary>
    public T? Choice<T>(string name, Func<string, T?> parse, string words)
        where T : struct =>
        Text(name) is not { } text ? null : parse(text) ?? Wrong<T?>(name, $"'{name}' is {words}.");

    /// <summary>One word of a closed list.</summary>
    public string? Word(string name, IReadOnlyCollection<string> words) =>
        Text(name) is not { } text ? null
        : words.Contains(text) ? text
        : Wrong<string>(name, $"'{name}' is one of: {string.Join(", ", words)}.");

    /// <summary>Reads a page; a cursor that the ledger does not know is the caller's mistake.</summary>
    public async Task<IResult> PageAsync<T>(Func<ValueTask<T>> read, Func<T, IResult> answer)
    {
        if (Problem is not null) return Problem;
        try
        {
            return answer(await read());
        }
        catch (ArgumentException) when (Text("cursor") is not null)
        {
            return Problems.InvalidField("cursor", "'cursor' is the value of 'next' of the page before.");
        }
    }

    // For the parameters of paging an empty value is no way to leave them out: a client that loses its cursor would read the first page for ever.
    private string? Given(string name) => Text(name) ?? (http.Request.Query.ContainsKey(name) ? "" : null);

    private T? Wrong<T>(string name, string detail)
    {
        Problem ??= Problems.InvalidField(name, detail);
        return default;
    }
}
