using System.Net;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.OtherStacks;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Guard;

/// <summary>The sample with its one line, started by its one command beside the real server: open before, shut after, and nobody is asked in between.</summary>
[TakesLong(seconds: 55)]
public sealed class ProtectedApiTests : IAsyncLifetime
{
    private ProtectedSample sample = null!;

    public async ValueTask InitializeAsync() => sample = await ProtectedSample.StartAsync("protected-api", "feed");

    public ValueTask DisposeAsync() => sample.DisposeAsync();

    [Fact]
    public async Task P3_however_a_session_ends_the_API_refuses_it_and_asks_nobody()
    {
        foreach (var way in WayOut.All) await sample.ShowAsync(way);
        Assert.Equal(HttpStatusCode.OK, await sample.StatusAsync((await sample.SignUpAsync()).Access)); // who signs in afterwards is let in
    }

    [Fact]
    public async Task P10_while_the_network_to_the_server_is_cut_the_API_goes_on_and_when_it_heals_nothing_has_been_missed()
    {
        await using var network = new TcpProxy(sample.Server.Address);
        await sample.StartApiAsync(("EXEUNT", network.Address.ToString()));
        var leaving = new List<Requests.Session>();
        for (var i = 0; i < 3; i++) leaving.Add(await sample.SignUpAsync());
        var staying = await sample.SignUpAsync();
        foreach (var session in leaving) Assert.Equal(HttpStatusCode.OK, await sample.StatusAsync(session.Access)); // and the keys are there

        network.Cut();
        foreach (var session in leaving) await Requests.LogoutAsync(sample.Server, session.Refresh);
        foreach (var session in leaving) Assert.Equal(HttpStatusCode.OK, await sample.StatusAsync(session.Access)); // it cannot know yet, and tolerates that
        network.Heal();

        foreach (var session in leaving) await sample.BecomesAsync(HttpStatusCode.Unauthorized, session.Access, TimeSpan.FromSeconds(60)); // it comes back within ten
        Assert.Equal(HttpStatusCode.OK, await sample.StatusAsync(staying.Access));
    }

    [Fact]
    public async Task P10_a_server_that_is_killed_and_one_that_has_forgotten_are_followed_on_and_the_API_forgets_nothing()
    {
        await using var network = new TcpProxy(sample.Server.Address);
        await sample.StartApiAsync(("EXEUNT", network.Address.ToString()));
        var (early, late, last, staying) = (await sample.SignUpAsync(), await sample.SignUpAsync(), await sample.SignUpAsync(), await sample.SignUpAsync());
        Assert.Equal(HttpStatusCode.OK, await sample.StatusAsync(staying.Access));
        var (backup, copy) = (sample.Data + "-backup", sample.Data + "-copy");
        await sample.RunAsync("backup", "--to", backup);
        await EndAsync(early);

        await ReplaceServerAsync(sample.Data);
        await EndAsync(late);

        // Another node, whose copy is older than both endings: in its place another epoch begins.
        var (exitCode, said) = await ExeuntProcess.RunAsync(["restore", "--from", backup, "--data", copy, "--keep-sessions"]);
        Assert.True(exitCode == 0, said);
        await ReplaceServerAsync(copy);
        foreach (var forgotten in new[] { early, late }) Assert.Equal(HttpStatusCode.OK, await Requests.MeAsync(sample.Server, forgotten.Access));
        await EndAsync(last);
        foreach (var ended in new[] { early, late }) Assert.Equal(HttpStatusCode.Unauthorized, await sample.StatusAsync(ended.Access));
        Assert.Equal(HttpStatusCode.OK, await sample.StatusAsync(staying.Access));

        async Task ReplaceServerAsync(string data)
        {
            network.Cut();
            await sample.KillAndStartServerAsync(data);
            network.Target = sample.Server.Address;
            network.Heal();
        }

        async Task EndAsync(Requests.Session session)
        {
            await Requests.LogoutAsync(sample.Server, session.Refresh);
            await sample.BecomesAsync(HttpStatusCode.Unauthorized, session.Access, TimeSpan.FromSeconds(60)); // it comes back within ten
        }
    }

    [Fact]
    public async Task P10_the_API_enforces_from_its_file_when_it_starts_without_the_server_and_takes_none_that_is_damaged()
    {
        await sample.StartApiAsync(("EXEUNT_SNAPSHOT_FILE", sample.SnapshotFile));
        var (leaving, staying) = (await sample.SignUpAsync(), await sample.SignUpAsync());
        await Requests.LogoutAsync(sample.Server, leaving.Refresh);
        await sample.BecomesAsync(HttpStatusCode.Unauthorized, leaving.Access);
        Assert.Equal(HttpStatusCode.OK, await sample.StatusAsync(staying.Access));
        Assert.Equal(0, await sample.Api.StopAsync());
        var whole = await File.ReadAllBytesAsync(sample.SnapshotFile);

        whole[whole.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(sample.SnapshotFile, whole);
        await sample.StartApiAsync(("EXEUNT_SNAPSHOT_FILE", sample.SnapshotFile)); // healthy by what the server tells
        Assert.Contains("is not trusted", sample.Api.Output, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK), (await sample.StatusAsync(leaving.Access), await sample.StatusAsync(staying.Access)));
        Assert.Equal(0, await sample.Api.StopAsync());

        await sample.Server.KillAsync();
        await sample.StartApiAsync(("EXEUNT_SNAPSHOT_FILE", sample.SnapshotFile)); // healthy: its file is whole again, and fresh enough
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK), (await sample.StatusAsync(leaving.Access), await sample.StatusAsync(staying.Access)));
    }
}
