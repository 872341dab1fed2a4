using System.Net;
using Exeunt.EndToEnd.Commands;

namespace Exeunt.EndToEnd.OtherStacks;

/// <summary>The Express sample beside the real server: open before, shut after, and nobody is asked in between.</summary>
[TakesLong(seconds: 60)]
public sealed class ExpressApiTests : IAsyncLifetime
{
    private ProtectedSample sample = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => sample = await ProtectedSample.StartAsync("express-api", "feed");

    public ValueTask DisposeAsync() => sample.DisposeAsync();

    [Fact]
    public async Task P3_however_a_session_ends_the_Express_API_refuses_it_and_asks_nobody()
    {
        foreach (var way in WayOut.All) await sample.ShowAsync(way);
        Assert.Equal(HttpStatusCode.OK, await sample.StatusAsync((await sample.SignUpAsync()).Access)); // who signs in afterwards is let in
    }

    [Fact]
    public async Task BRR_2_BRR_3_the_Express_API_says_why_it_refuses()
    {
        var ada = await sample.SignUpAsync();
        using var missing = await sample.GetAsync(null);
        Assert.Equal((HttpStatusCode.Unauthorized, "Bearer realm=\"exeunt\""), (missing.StatusCode, missing.Headers.WwwAuthenticate.ToString()));
        await sample.EndAsync(HttpMethod.Delete, "api/v1/sessions/current", ada.Access);
        await sample.BecomesAsync(HttpStatusCode.Unauthorized, ada.Access);

        using var refused = await sample.GetAsync(ada.Access);

        Assert.Contains("error=\"invalid_token\"", refused.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, await sample.StatusAsync(ada.Refresh));
    }

    [Fact]
    public async Task An_open_stream_of_the_Express_API_is_cut_when_its_session_ends()
    {
        var ada = await sample.SignUpAsync();
        using var client = sample.Api.Client();
        client.DefaultRequestHeaders.Authorization = new("Bearer", ada.Access);
        await using var events = await client.GetStreamAsync("events", Ct);
        using var reader = new StreamReader(events);
        Assert.Equal("data: open", await reader.ReadLineAsync(Ct));
        Assert.Equal("", await reader.ReadLineAsync(Ct));

        await sample.EndAsync(HttpMethod.Delete, "api/v1/sessions/current", ada.Access);

        await Assert.ThrowsAnyAsync<IOException>(async () => await reader.ReadLineAsync(Ct).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Ct));
    }

    [Fact]
    public async Task P10_the_Express_API_enforces_from_its_file_while_the_server_is_stopped_and_has_nothing_to_say_without_one()
    {
        await sample.StartApiAsync(("EXEUNT_SNAPSHOT_FILE", sample.SnapshotFile));
        var (leaving, staying) = (await sample.SignUpAsync(), await sample.SignUpAsync());
        await Requests.LogoutAsync(sample.Server, leaving.Refresh);
        await sample.BecomesAsync(HttpStatusCode.Unauthorized, leaving.Access);
        Assert.Equal(HttpStatusCode.OK, await sample.StatusAsync(staying.Access));
        await sample.Server.KillAsync();
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK), (await sample.StatusAsync(leaving.Access), await sample.StatusAsync(staying.Access)));
        Assert.Equal(0, await sample.Api.StopAsync());

        await sample.StartApiAsync(("EXEUNT_SNAPSHOT_FILE", sample.SnapshotFile)); // healthy: its file is fresh enough

        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK), (await sample.StatusAsync(leaving.Access), await sample.StatusAsync(staying.Access)));
    }

    [Fact]
    public async Task P10_the_Express_API_answers_503_when_the_server_has_been_away_for_longer_than_it_tolerates()
    {
        await sample.StartApiAsync(("STALE_MS", "0"));
        var (leaving, staying) = (await sample.SignUpAsync(), await sample.SignUpAsync());
        await Requests.LogoutAsync(sample.Server, leaving.Refresh);
        await sample.BecomesAsync(HttpStatusCode.Unauthorized, leaving.Access);
        Assert.Equal(HttpStatusCode.OK, await sample.StatusAsync(staying.Access));
        await sample.Server.KillAsync();

        await sample.BecomesAsync(HttpStatusCode.ServiceUnavailable, staying.Access, TimeSpan.FromSeconds(60)); // it is stale after 15

        using var stale = await sample.GetAsync(staying.Access);
        Assert.Equal(TimeSpan.FromSeconds(5), stale.Headers.RetryAfter?.Delta);
        Assert.Equal(HttpStatusCode.Unauthorized, await sample.StatusAsync(leaving.Access)); // what is known to be ended stays so
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await sample.StatusAsync(null, "healthz"));
    }
}
