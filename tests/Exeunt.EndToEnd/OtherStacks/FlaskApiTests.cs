using System.Diagnostics;
using System.Net;
using Exeunt.EndToEnd.Commands;

namespace Exeunt.EndToEnd.OtherStacks;

/// <summary>The Flask sample beside the real server.</summary>
[TakesLong(seconds: 50)]
public sealed class FlaskApiTests : IAsyncLifetime
{
    private ProtectedSample sample = null!;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(HasFlask("python3") || HasFlask("/usr/bin/python3"), "Flask is not installed: apt-get install python3-flask");
        sample = await ProtectedSample.StartAsync("flask-api", "feed", "introspect");
    }

    public ValueTask DisposeAsync() => sample?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task P3_however_a_session_ends_the_Flask_API_refuses_it()
    {
        foreach (var way in WayOut.All) await sample.ShowAsync(way, way.Client is null ? QuietAsync : null, asksNobody: false);
    }

    [Fact]
    public async Task A_token_that_is_remembered_is_asked_about_once_until_something_ends()
    {
        var ada = await sample.SignUpAsync();
        Assert.Equal(HttpStatusCode.OK, await sample.StatusAsync(ada.Access));
        await QuietAsync(ada.Access);
        var eve = await sample.SignUpAsync();
        await Requests.LogoutAsync(sample.Server, eve.Refresh);
        var asked = Asked();

        // It forgets when the event is there, and then asks again.
        while (Asked() == asked) Assert.Equal(HttpStatusCode.OK, await sample.StatusAsync(ada.Access));
        await QuietAsync(ada.Access);
    }

    [Fact]
    public async Task BRR_2_BRR_3_the_Flask_API_takes_access_tokens_only_and_says_why_it_refuses()
    {
        var ada = await sample.SignUpAsync();
        using var missing = await sample.GetAsync(null);
        Assert.Equal((HttpStatusCode.Unauthorized, "Bearer realm=\"exeunt\""), (missing.StatusCode, missing.Headers.WwwAuthenticate.ToString()));
        using var refresh = await sample.GetAsync(ada.Refresh); // alive, but no access token
        Assert.Equal(HttpStatusCode.Unauthorized, refresh.StatusCode);
        Assert.Contains("error=\"invalid_token\"", refresh.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, await sample.StatusAsync("two words"));
    }

    [Fact]
    public async Task P10_the_Flask_API_answers_503_while_the_server_is_stopped()
    {
        var ada = await sample.SignUpAsync();
        Assert.Equal(HttpStatusCode.OK, await sample.StatusAsync(ada.Access));

        await sample.Server.KillAsync();

        await sample.BecomesAsync(HttpStatusCode.ServiceUnavailable, ada.Access); // it forgets as soon as the stream breaks
        using var stale = await sample.GetAsync(ada.Access);
        Assert.Equal(TimeSpan.FromSeconds(5), stale.Headers.RetryAfter?.Delta);
    }

    /// <summary>Asks until the sample answers from its memory: a good token twenty times without a question to the server.</summary>
    private async Task QuietAsync(string accessToken)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        for (var silent = 0; silent < 20;)
        {
            var asked = Asked();
            Assert.Equal(HttpStatusCode.OK, await sample.StatusAsync(accessToken));
            silent = Asked() == asked ? silent + 1 : 0;
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    private int Asked() => sample.Server.Output.Split('\n').Count(line => line.Contains("/oauth2/introspect", StringComparison.Ordinal) && line.Contains(" answered ", StringComparison.Ordinal));

    private static bool HasFlask(string python)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(python, ["-c", "import flask"]) { RedirectStandardError = true, UseShellExecute = false })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // there is no such program
        }
    }
}
