using System.CommandLine;
using System.Reflection;
using System.Text.RegularExpressions;
using Exeunt.Hosting;
using Exeunt.Server.Commands;
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

    [Fact]
    public void Every_setting_is_documented_and_none_besides()
    {
        var documented = File.ReadLines(Path.Combine(Root, "docs/configuration.md")).Where(line => line.StartsWith("| `", StringComparison.Ordinal) && line.Contains(':', StringComparison.Ordinal))
            .SelectMany(line =>
            {
                var names = Quoted().Matches(line.Split('|')[1]).Select(match => match.Groups["name"].Value).ToList();
                var group = names is [var first, ..] ? first[..(first.LastIndexOf(':') + 1)] : ""; // the others of a line are named without it
                return names.Select((name, i) => i == 0 ? name : group + name);
            }).Where(name => name.Contains(':', StringComparison.Ordinal));

        Assert.Equal(SettingsOf(typeof(ExeuntOptions), "").Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_command_is_documented_with_its_options_and_none_besides()
    {
        string[] common = ["--data", "--state", "--json", "--help", "--version"];
        var documented = File.ReadLines(Path.Combine(Root, "docs/commands.md")).Select(line => CommandRow().Match(line)).Where(row => row.Success)
            .Select(row => $"{row.Groups["path"].Value.Trim()}: {string.Join(' ', OptionName().Matches(row.Groups["options"].Value).Select(option => option.Value).Order(StringComparer.Ordinal))}");

        Assert.Equal(Paths(CommandLine.Root(new Dictionary<string, string?>(), named: null), "").Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));

        IEnumerable<string> Paths(Command command, string path) => command.Subcommands.SelectMany(one => Paths(one, $"{path}{one.Name} ")).Concat(
            command.Action is null ? [] : [$"{path.Trim()}: {string.Join(' ', command.Options.Select(option => option.Name).Except(common).Order(StringComparer.Ordinal))}"]);
    }

    private static IEnumerable<string> SettingsOf(Type type, string prefix) => type.GetProperties(BindingFlags.Public | BindingFlags.Instance).SelectMany(property =>
    {
        var name = prefix + property.Name;
        if (property.PropertyType.IsGenericType && property.PropertyType.GetGenericTypeDefinition() == typeof(List<>))
            return property.PropertyType.GetGenericArguments()[0] is var entry && entry == typeof(string) ? [name] : SettingsOf(entry, name + ":n:");
        return property.PropertyType.Namespace == typeof(ExeuntOptions).Namespace ? SettingsOf(property.PropertyType, name + ":") : [name];
    });

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Exeunt.slnx"))) folder = folder.Parent ?? throw new DirectoryNotFoundException("Exeunt.slnx");
        return folder.FullName;
    }

    [GeneratedRegex("""Of\(\s*(?<status>[0-9]{3}),\s*"(?<type>[a-z-]+)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Made();

    [GeneratedRegex("`(?<name>[A-Za-z:]+)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^\| `(?<type>[a-z-]+)` \| (?<status>[0-9]{3}) \|", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Documented();

    [GeneratedRegex(@"^\| `(?<path>[a-z]+( [a-z]+)*)[^`]*` \| (?<options>(\\\||[^|\\])*)\| ", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CommandRow();

    [GeneratedRegex("--[a-z-]+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OptionName();
}
