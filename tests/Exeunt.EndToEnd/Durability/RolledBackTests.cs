using System.Net;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Durability;

/// <summary>The real process over a database that was put back from an older copy: the node remembers what the database has forgotten.</summary>
public class RolledBackTests
{
    private const string Ada = "ada@example.com";
    private const string Password = "purple-otter-lantern-41";

    private static readonly Dictionary<string, string?> Settings = new()
    {
        ["EXEUNT_ADMIN_EMAIL"] = Ada,
        ["EXEUNT_ADMIN_PASSWORD"] = Password,
        ["Exeunt__Sessions__RotationWindow"] = "1s",
    };

    [Fact]
    public async Task A_restored_copy_is_noticed_no_known_ending_is_lost_and_nobody_is_taken_for_a_thief()
    {
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        var database = Path.Combine(data, "exeunt.db");
        Requests.Session leaving;
        Requests.Session staying;
        await using (var server = await ExeuntProcess.ServeAsync(data, Settings))
        {
            leaving = await Requests.SignInAsync(server, Ada, Password);
            staying = await Requests.SignInAsync(server, Ada, Password);
            await server.StopAsync();
        }

        File.Copy(database, Path.Combine(folder.Path, "copy.db"));
        await using (var server = await ExeuntProcess.ServeAsync(data, Settings))
        {
            await Requests.LogoutAsync(server, leaving.Refresh);
            staying = await TurnAsync(server, staying);
            await server.StopAsync();
        }

        foreach (var file in Directory.GetFiles(data, "exeunt.db*")) File.Delete(file);
        File.Copy(Path.Combine(folder.Path, "copy.db"), database);

        await using (var server = await ExeuntProcess.ServeAsync(data, Settings))
        {
            Assert.Contains("THE DATABASE WAS PUT BACK FROM AN OLDER COPY", server.Output);
            Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(server, leaving.Access));
            Assert.Equal(HttpStatusCode.Unauthorized, (await Requests.RefreshAsync(server, leaving.Refresh)).Status);

            // Its refresh token is newer than anything this database has seen.
            var (status, renewed) = await Requests.RefreshAsync(server, staying.Refresh);
            Assert.Equal(HttpStatusCode.OK, status);
            Assert.Equal(HttpStatusCode.OK, await Requests.MeAsync(server, renewed!.Access));
            Assert.Contains("state_rolled_back", (await ExeuntProcess.RunAsync(["audit", "query", "--data", data])).Output);
            Assert.DoesNotContain("token_theft", (await ExeuntProcess.RunAsync(["audit", "query", "--data", data])).Output);
            await server.StopAsync();
        }

        await using (var server = await ExeuntProcess.ServeAsync(data, Settings))
            Assert.DoesNotContain("OLDER COPY", server.Output); // it is said once
    }

    // Refresh tokens do not turn within the window; the answer after it has a new one.
    private static async Task<Requests.Session> TurnAsync(ExeuntProcess server, Requests.Session session)
    {
        using var polling = new Polling(TimeSpan.FromSeconds(30));
        var first = session.Refresh;
        while (true)
        {
            var (status, renewed) = await Requests.RefreshAsync(server, session.Refresh);
            Assert.Equal(HttpStatusCode.OK, status);
            if (renewed!.Refresh != first) return renewed;
            if (!await polling.AgainAsync()) Assert.Fail(server.Output);
        }
    }
}
