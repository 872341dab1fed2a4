using System.Text.Json;
using System.Text.RegularExpressions;

namespace Exeunt.Tests.Security.Hostile;

/// <summary>Whatever is sent: never a 5xx, never an internal word, always an answer that says what to do, and nothing changed.</summary>
public sealed partial class HostileTests(HostileServer server) : IClassFixture<HostileServer>
{
    private static readonly Dictionary<string, HostileRequest> Rows = new HostileRequest[][]
    {
        [.. HostileTokens.Rows], [.. HostileBodies.Rows], [.. HostileTransport.Rows], [.. HostileAddresses.Rows], [.. HostileBrowsers.Rows], [.. HostileRights.Rows], [.. HostileProxies.Rows],
    }.SelectMany(rows => rows).ToDictionary(row => row.Title);

    public static TheoryData<string> Titles => [.. Rows.Keys];

    [Fact]
    public void The_table_has_at_least_200_rows_that_are_answered_with_a_problem() =>
        Assert.True(Rows.Values.Count(row => row.Shape is Shape.Problem) >= 200);

    [Theory]
    [MemberData(nameof(Titles))]
    public async Task It_is_refused_in_words_and_nothing_changes(string title)
    {
        var row = Rows[title];
        var before = await server.FingerprintAsync();

        var answer = await server.SendAsync(row);

        Assert.Equal(before, await server.FingerprintAsync());
        if (answer is null)
        {
            Assert.Equal(Shape.ProblemOrClosed, row.Shape);
            return;
        }

        var shown = $"{title}\n{answer.Status} {answer.Body}";
        Assert.True(row.Statuses.Length > 0 ? row.Statuses.Contains(answer.Status) : answer.Status is >= 400 and <= 499, shown);
        Assert.False(InternalWord().IsMatch(answer.Body), shown);
        Assert.DoesNotContain(server.App.DataFolder, answer.Body);
        CheckHeaders(row, answer, shown);
        CheckBody(row, answer, shown);
    }

    private static void CheckHeaders(HostileRequest row, RawAnswer answer, string shown)
    {
        if (row.Shape is Shape.Bare) return;
        Assert.True(answer["Cache-Control"] == "no-store", shown);
        Assert.True(answer["X-Content-Type-Options"] == "nosniff", shown);
        Assert.True(answer["Server"] == "", shown);
        if (answer.Status == 401) Assert.True(answer["WWW-Authenticate"].StartsWith(row.Shape is Shape.OAuth ? "Basic" : "Bearer", StringComparison.Ordinal), shown);
        if (answer.Status == 405) Assert.True(answer["Allow"] != "", shown);
    }

    private static void CheckBody(HostileRequest row, RawAnswer answer, string shown)
    {
        switch (row.Shape)
        {
            case Shape.Bare when answer.Body.Length == 0:
            case Shape.ProblemOrAlreadyEnded when answer.Status == 200 && Json(answer).GetProperty("ended").GetInt64() == 0:
                return;

            case Shape.Template:
                Assert.True(Json(answer).GetProperty("success").GetBoolean() == (answer.Status == 200), shown);
                Assert.True(Json(answer).GetProperty("message").GetString()!.Length > 5, shown);
                return;

            case Shape.OAuth:
                Assert.Equal(["error", "error_description"], Json(answer).EnumerateObject().Select(member => member.Name));
                Assert.True(Json(answer).GetProperty("error_description").GetString()!.EndsWith('.'), shown);
                return;

            case Shape.Forgiving:
                Assert.True(answer.Status == 200 && Json(answer).GetProperty("success").GetBoolean(), shown);
                Assert.False(Json(answer).TryGetProperty("warning", out _), shown);
                return;

            default:
                Assert.True(answer["Content-Type"] == "application/problem+json", shown);
                var problem = Json(answer);
                Assert.True(problem.GetProperty("status").GetInt32() == answer.Status, shown);
                Assert.StartsWith("urn:exeunt:problem:", problem.GetProperty("type").GetString());
                Assert.True(problem.GetProperty("title").GetString()!.Length > 5, shown);
                Assert.True(problem.GetProperty("detail").GetString()!.EndsWith('.'), shown);
                return;
        }
    }

    private static JsonElement Json(RawAnswer answer) => JsonSerializer.Deserialize<JsonElement>(answer.Body);

    [GeneratedRegex(@"System\.|Exeunt\.|Microsoft|Kestrel|AspNet|Exception|   at |\.cs|SQL|sqlite|\$\.|BytePosition|LineNumber|Utf8|/tmp/|/src/|NullReference|stack", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex InternalWord();
}
