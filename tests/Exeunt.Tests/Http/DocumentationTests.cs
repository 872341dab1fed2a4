using System.Text.RegularExpressions;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Http;

/// <summary>What the documents promise is what the code does.</summary>
public sealed partial class DocumentationTests
{
    private static readonly string Root = FindRoot();

    [Fact]
    public void Every_problem_is_documented_with_its_status_and_none_besides()
    {
        var made = Made().Matches(File.ReadAllText(Path.Combine(Root, "src/Exeunt/Http/Problems.cs"))).Select(m => (m.Groups["type"].Value, m.Groups["status"].Value));
        var documented = Documented().Matches(File.ReadAllText(Path.Combine(Root, "docs/problems.md"))).Select(m => (m.Groups["type"].Value, m.Groups["status"].Value));

        Assert.Equal(made.Distinct().Order(), documented.Order());
    }

    [Fact]
    public async Task Every_route_is_documented()
    {
        await using var app = await ExeuntApp.StartAsync();
        using var response = await app.Client().GetAsync("openapi/v1.json");
        var text = File.ReadAllText(Path.Combine(Root, "docs/api.md")) + File.ReadAllText(Path.Combine(Root, "docs/administration.md")) + File.ReadAllText(Path.Combine(Root, "docs/audit.md"));

        var routes = (await response.JsonAsync(200)).GetProperty("paths").EnumerateObject().Select(path => path.Name).ToList();

        Assert.NotEmpty(routes);
        // The page on administration leaves out what its addresses begin with.
        Assert.DoesNotContain(routes, route => !text.Contains(route.Replace("/api/v1/admin", "", StringComparison.Ordinal), StringComparison.Ordinal));
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Exeunt.slnx"))) folder = folder.Parent ?? throw new DirectoryNotFoundException("Exeunt.slnx");
        return folder.FullName;
    }

    [GeneratedRegex("""Of\(\s*(?<status>[0-9]{3}),\s*"(?<type>[a-z-]+)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Made();

    [GeneratedRegex(@"^\| `(?<type>[a-z-]+)` \| (?<status>[0-9]{3}) \|", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Documented();
}
