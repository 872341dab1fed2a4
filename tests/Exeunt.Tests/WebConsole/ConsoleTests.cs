using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.WebConsole;

/// <summary>The console as a browser receives it.</summary>
public sealed partial class ConsoleTests
{
    [Theory]
    [InlineData("console")]
    [InlineData("console/")]
    [InlineData("console/sessions?user=usr_x&alive=true")]
    [InlineData("console/people/usr_01/no/such/page")]
    [InlineData("console/index.html")]
    public async Task Every_path_is_the_page_and_the_page_is_never_cached(string path)
    {
        await using var app = await ExeuntApp.StartAsync();

        using var response = await app.Client().GetAsync(path);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/html; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        Assert.Equal("no-store", Header(response, "Cache-Control"));
        Assert.Contains("<div id=\"console\">", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task The_page_allows_nothing_inline_nothing_foreign_and_no_frame()
    {
        await using var app = await ExeuntApp.StartAsync();

        using var response = await app.Client().GetAsync("console");

        var policy = Header(response, "Content-Security-Policy").Split("; ").Select(part => part.Split(' ')).ToDictionary(words => words[0], words => words[1..]);
        Assert.Equal(["'none'"], policy["default-src"]);
        Assert.Equal(["'none'"], policy["frame-ancestors"]);
        Assert.Equal(["'none'"], policy["base-uri"]);
        Assert.Equal(["'none'"], policy["form-action"]);
        foreach (var kind in new[] { "script-src", "style-src", "img-src", "connect-src" }) Assert.Equal(["'self'"], policy[kind]);
        Assert.Equal(["'script'"], policy["require-trusted-types-for"]);
        Assert.Equal("nosniff", Header(response, "X-Content-Type-Options"));
        Assert.Equal("no-referrer", Header(response, "Referrer-Policy"));
        Assert.Equal("same-origin", Header(response, "Cross-Origin-Opener-Policy"));

        // What the policy forbids is not in the page either.
        var page = await response.Content.ReadAsStringAsync();
        Assert.DoesNotMatch(Inline(), page);
        Assert.All(Addresses(page), address => Assert.StartsWith("/console/assets/", address));
        Assert.NotEmpty(Addresses(page));
    }

    [Fact]
    public async Task Its_assets_are_kept_for_ever_and_come_compressed_to_who_takes_that()
    {
        await using var app = await ExeuntApp.StartAsync();
        foreach (var address in Addresses(await app.Client().GetStringAsync("console")))
        {
            using var plain = await app.Client().GetAsync(address);
            using var small = await app.SendAsync(HttpMethod.Get, address, null, ("Accept-Encoding", "gzip, br"));
            using var refused = await app.SendAsync(HttpMethod.Get, address, null, ("Accept-Encoding", "br;q=0"));

            Assert.Equal(HttpStatusCode.OK, plain.StatusCode);
            Assert.Equal("public, max-age=31536000, immutable", Header(plain, "Cache-Control"));
            Assert.Equal("nosniff", Header(plain, "X-Content-Type-Options"));
            Assert.Equal(address[address.LastIndexOf('.')..] switch { ".js" => "text/javascript", ".css" => "text/css", _ => "image/svg+xml" }, plain.Content.Headers.ContentType?.MediaType);
            Assert.Empty(plain.Content.Headers.ContentEncoding);
            Assert.Empty(refused.Content.Headers.ContentEncoding);
            Assert.Equal(["br"], small.Content.Headers.ContentEncoding);
            Assert.Contains("Accept-Encoding", Header(small, "Vary"));

            await using var opened = new System.IO.Compression.BrotliStream(await small.Content.ReadAsStreamAsync(), System.IO.Compression.CompressionMode.Decompress);
            using var reader = new StreamReader(opened);
            Assert.Equal(await plain.Content.ReadAsStringAsync(), await reader.ReadToEndAsync());
        }
    }

    [Theory]
    [InlineData("console/assets/index-00000000.js")]
    [InlineData("console/assets/../index.html.br")]
    [InlineData("console/assets/")]
    public async Task An_asset_that_is_not_there_is_not_found_and_not_the_page(string path)
    {
        await using var app = await ExeuntApp.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"{app.Address}{path}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));

        using var response = await app.Client().SendAsync(request);

        if (path.Contains("..", StringComparison.Ordinal)) Assert.Contains("<div id=\"console\">", await response.Content.ReadAsStringAsync()); // it is below no assets
        else await response.ProblemAsync(404, "not-found");
        Assert.Equal("no-store", Header(response, "Cache-Control"));
    }

    [Fact]
    public async Task The_page_knows_the_settings_that_it_needs_and_no_others()
    {
        await using var app = await ExeuntApp.StartAsync(("Accounts:Registration", "invite"), ("Sessions:RotationWindow", "00:00:10"), ("Endings:StepUp", "00:05:00"));

        var page = await app.Client().GetStringAsync("console");

        var settings = JsonSerializer.Deserialize<JsonElement>(WebUtility.HtmlDecode(Settings().Match(page).Groups["json"].Value));
        Assert.Equal(
            ["registration", "rotation_window", "step_up", "ended_session_days", "issuer"], settings.EnumerateObject().Select(member => member.Name));
        Assert.Equal("invite", settings.GetProperty("registration").GetString());
        Assert.Equal(10_000, settings.GetProperty("rotation_window").GetInt64());
        Assert.Equal(300, settings.GetProperty("step_up").GetInt64());
        Assert.Equal(7, settings.GetProperty("ended_session_days").GetInt32());
        Assert.Equal(ExeuntApp.Issuer, settings.GetProperty("issuer").GetString());
    }

    [Fact]
    public async Task Who_comes_to_the_bare_address_with_a_browser_is_led_to_the_console()
    {
        await using var app = await ExeuntApp.StartAsync();

        using var browser = await app.SendAsync(HttpMethod.Get, "", null, ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"));
        using var program = await app.SendAsync(HttpMethod.Get, "", null, ("Accept", "application/json"));

        Assert.Equal(HttpStatusCode.Redirect, browser.StatusCode);
        Assert.Equal("/console", browser.Headers.Location?.OriginalString);
        await program.ProblemAsync(404, "not-found");
    }

    private static string Header(HttpResponseMessage response, string name) =>
        string.Join(", ", response.Headers.TryGetValues(name, out var values) ? values : []);

    private static IReadOnlyList<string> Addresses(string page) => [.. Address().Matches(page).Select(match => match.Groups["address"].Value)];

    [GeneratedRegex("""(src|href)="(?<address>[^"]+)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Address();

    [GeneratedRegex("""<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Inline();

    [GeneratedRegex("""name="exeunt-settings" content="(?<json>[^"]+)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Settings();
}
