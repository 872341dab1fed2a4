using System.Text.Json;
using Exeunt.LoadBench.Load;

namespace Exeunt.LoadBench.Peers;

/// <summary>How one peer is asked to do each of the jobs, and how its answers are judged.</summary>
internal abstract class Wire
{
    /// <summary>Ends one session by what it is kept alive with.</summary>
    public abstract byte[] Logout(Held session);

    /// <summary>The same, to be answered when the ending is enforced everywhere.</summary>
    public virtual byte[] LogoutEverywhereAtOnce(Held session) => Logout(session);

    public virtual bool IsLoggedOut(Answer answer) => answer.Status == 200;

    /// <summary>Ends one session by its access token; null where that is no other thing.</summary>
    public virtual byte[]? LogoutByAccess(Held session) => null;

    /// <summary>Asks for fresh tokens; null where there is no such thing.</summary>
    public virtual byte[]? Refresh(Held session) => null;

    /// <summary>What the device holds after a refresh.</summary>
    /// <exception cref="InvalidDataException">There are no tokens in the answer.</exception>
    public virtual Held Refreshed(Held before, Answer answer) => before;

    public virtual bool IsRefreshed(Answer answer) => answer.Status == 200;

    /// <summary>Whether a refresh was refused.</summary>
    public virtual bool IsRefreshRefused(Answer answer) => answer.Status is 400 or 401;

    /// <summary>An authenticated request.</summary>
    public abstract byte[] Request(Held session);

    public virtual bool IsLetIn(Answer answer) => answer.Status == 200;

    public virtual bool IsRefused(Answer answer) => answer.Status == 401;

    /// <summary>Ends all sessions of the user; null where there is no such thing.</summary>
    public virtual byte[]? LogoutAll(Held session) => null;

    /// <summary>Whether there is.</summary>
    public bool LogsOutEverywhere => LogoutAll(new("", "")) is not null;

    /// <summary>Whether so many sessions are said to have ended. Who does not count is taken at their word.</summary>
    public virtual bool HasEnded(Answer answer, int sessions) => answer.Status == 200;

    /// <summary>Asks what an access token is worth; null where there is no such thing.</summary>
    public virtual byte[]? Introspect(Held session) => null;

    public virtual bool IsActive(Answer answer) => answer.Status == 200 && answer.Body.Span.IndexOf("\"active\":true"u8) >= 0;

    /// <summary>Signs in by e-mail address and password; null where that takes a browser.</summary>
    public virtual byte[]? Login(string email, string password) => null;

    /// <summary>What a sign-in gave.</summary>
    public virtual Held SignedIn(Answer answer) => Refreshed(new("", ""), answer);

    /// <summary>The tokens of an answer under these names.</summary>
    protected static Held Tokens(Held before, Answer answer, string access, string refresh)
    {
        using var body = Read(answer);
        return before with { Access = body.RootElement.GetProperty(access).GetString()!, Refresh = body.RootElement.GetProperty(refresh).GetString()! };
    }

    /// <summary>A whole number in an answer.</summary>
    protected static long Number(Answer answer, string name)
    {
        using var body = Read(answer);
        return body.RootElement.GetProperty(name).GetInt64();
    }

    /// <summary>The JSON of an answer of status 200.</summary>
    /// <exception cref="InvalidDataException">It is another status, or no JSON.</exception>
    protected static JsonDocument Read(Answer answer)
    {
        if (answer.Status != 200) throw new InvalidDataException($"An answer had status {answer.Status}.");
        try
        {
            return JsonDocument.Parse(answer.Body);
        }
        catch (JsonException failure)
        {
            throw new InvalidDataException("An answer was no JSON.", failure);
        }
    }
}
