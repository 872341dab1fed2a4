using System.Text.Json;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Commands;

/// <summary>The audit trail, as the command line shows it.</summary>
internal static class Trail
{
    /// <summary>The ids of the sessions of all entries of this action, page after page.</summary>
    /// <param name="data">A data folder.</param>
    /// <param name="action">Of <c>--action</c>.</param>
    /// <param name="environment">What its server is told.</param>
    public static async Task<List<string>> SessionsAsync(string data, string action, IReadOnlyDictionary<string, string?>? environment = null)
    {
        List<string> all = [];
        string? next = null;
        do
        {
            var (exit, said) = await ExeuntProcess.RunAsync(
                ["audit", "query", "--data", data, "--action", action, "--limit", "1000", "--json", .. next is null ? (string[])[] : ["--cursor", next]], environment);
            Assert.True(exit == 0, said);
            using var page = JsonDocument.Parse(said);
            all.AddRange(page.RootElement.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("session").GetString()!));
            next = page.RootElement.TryGetProperty("next", out var cursor) ? cursor.GetString() : null;
        }
        while (next is not null);
        return all;
    }

    /// <summary>Every one of these sessions has ended once and no other has, and the chains verify.</summary>
    public static async Task AssertRecordedOnceAsync(string data, IReadOnlyCollection<Requests.Session> gone, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var (exit, said) = await ExeuntProcess.RunAsync(["audit", "verify", "--data", data], environment);
        Assert.True(exit == 0, said);
        Assert.Equal(gone.Select(one => one.Id).Order(StringComparer.Ordinal), (await SessionsAsync(data, "session_ended", environment)).Order(StringComparer.Ordinal));
    }
}
