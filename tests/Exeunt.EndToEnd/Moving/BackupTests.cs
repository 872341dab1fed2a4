using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Support;
using static Exeunt.EndToEnd.Moving.Ledgers;

namespace Exeunt.EndToEnd.Moving;

/// <summary>Backups of a real server that goes on serving, and what becomes of sessions when one is put back.</summary>
[TakesLong(seconds: 40)]
public sealed class BackupTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Data => Path.Combine(folder.Path, "data");

    private string Backup => Path.Combine(folder.Path, "backup.exeunt");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task P1_backups_under_load_hold_every_ending_that_was_answered_before_them()
    {
        await FillAsync(Data, 3000);
        var backups = new List<(string File, Requests.Session[] Ended, Requests.Session[] Open)>();
        await using (var server = await ExeuntProcess.ServeAsync(Data, Settings))
        {
            var (ended, open) = (new ConcurrentQueue<Requests.Session>(), new ConcurrentQueue<Requests.Session>());
            var (enough, stop) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), 0);
            var load = Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
            {
                while (Volatile.Read(ref stop) == 0)
                {
                    open.Enqueue(await SignInAsync(server));
                    var leaving = await SignInAsync(server);
                    await Requests.LogoutAsync(server, leaving.Refresh);
                    ended.Enqueue(leaving);
                    enough.TrySetResult();
                }
            })).ToArray();

            await enough.Task.WaitAsync(TimeSpan.FromSeconds(60));
            for (var round = 0; round < 3; round++)
            {
                var (before, alive) = (ended.ToArray(), open.ToArray());
                var file = Path.Combine(folder.Path, $"backup-{round}");
                await RunAsync(Settings, "backup", "--data", Data, "--to", file);
                backups.Add((file, before, alive));
            }

            Volatile.Write(ref stop, 1);
            await Task.WhenAll(load);
            await server.StopAsync();
        }

        foreach (var (file, ended, open) in backups)
        {
            var restored = file + "-restored";
            await RunAsync(Settings, "restore", "--from", file, "--data", restored, "--keep-sessions");
            await using var server = await ExeuntProcess.ServeAsync(restored, Settings);
            foreach (var gone in ended)
            {
                Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(server, gone.Access));
                Assert.Equal(HttpStatusCode.Unauthorized, (await Requests.RefreshAsync(server, gone.Refresh)).Status);
            }

            foreach (var alive in open) Assert.Equal(HttpStatusCode.OK, await Requests.MeAsync(server, alive.Access));
            Assert.Contains("The chain holds", await RunAsync(Settings, "audit", "verify", "--data", restored));
        }
    }

    [Fact]
    public async Task P1_a_restore_of_an_older_copy_takes_back_what_the_node_knows_and_everybody_signs_in_again()
    {
        var leaving = await BackUpThenLogOutAsync();

        Assert.Contains("--replace", await RefusedAsync(Settings, "restore", "--from", Backup, "--data", Data));
        var answer = JsonDocument.Parse(await RunAsync(Settings, "restore", "--from", Backup, "--data", Data, "--replace", "--json")).RootElement;

        Assert.Equal(1, answer.GetProperty("taken_back").GetInt32());
        Assert.Equal(1, answer.GetProperty("ended").GetInt64()); // the other session of the copy
        var aside = answer.GetProperty("before").GetString()!;
        Assert.True(File.Exists(Path.Combine(aside, "exeunt.db")));
        Assert.True(File.Exists(Path.Combine(aside, "keys", "keys.json")));
        await using var server = await ExeuntProcess.ServeAsync(Data, Settings);
        Assert.DoesNotContain("OLDER COPY", server.Output); // the restore has said it
        foreach (var session in leaving) Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(server, session.Access));
        await SignInAsync(server);
        var trail = await RunAsync(Settings, "audit", "query", "--data", Data);
        Assert.Contains("state_rolled_back", trail);
        Assert.Contains("backed_up", trail);
        Assert.Contains("The chain holds", await RunAsync(Settings, "audit", "verify", "--data", Data));
    }

    [Fact]
    public async Task P1_with_sessions_kept_an_older_copy_ends_those_that_the_node_knows_to_have_ended()
    {
        var sessions = await BackUpThenLogOutAsync();

        var said = await RunAsync(Settings, "restore", "--from", Backup, "--data", Data, "--replace", "--keep-sessions");

        Assert.Contains("1 ending that this node still knew", said.Replace("endings", "ending", StringComparison.Ordinal));
        await using var server = await ExeuntProcess.ServeAsync(Data, Settings);
        Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(server, sessions[0].Access));
        Assert.Equal(HttpStatusCode.Unauthorized, (await Requests.RefreshAsync(server, sessions[0].Refresh)).Status);
        Assert.Equal(HttpStatusCode.OK, await Requests.MeAsync(server, sessions[1].Access));
    }

    [Fact]
    public async Task P1_a_signing_key_that_was_revoked_since_the_copy_does_not_come_back_with_it()
    {
        string kid;
        await using (var server = await ExeuntProcess.ServeAsync(Data, Settings))
        {
            await SignInAsync(server);
            kid = Assert.Single(await SigningKeysAsync());
            await RunAsync(Settings, "backup", "--data", Data, "--to", Backup);
            await RunAsync(Settings, "keys", "revoke", kid, "--data", Data);
            await server.StopAsync();
        }

        var said = await RunAsync(Settings, "restore", "--from", Backup, "--data", Data, "--replace", "--keep-sessions");

        Assert.Contains($"The signing key {kid} was revoked", said);
        Assert.DoesNotContain(kid, await SigningKeysAsync());
        Assert.Contains("The chain holds", await RunAsync(Settings, "audit", "verify", "--data", Data));
        await using var restored = await ExeuntProcess.ServeAsync(Data, Settings);
        var session = await SignInAsync(restored);
        Assert.Equal(HttpStatusCode.OK, await Requests.MeAsync(restored, session.Access));
    }

    [Fact]
    public async Task A_restore_is_refused_while_a_server_runs_and_a_damaged_backup_changes_nothing()
    {
        var sessions = await BackUpThenLogOutAsync();
        await using (var server = await ExeuntProcess.ServeAsync(Data, Settings))
        {
            Assert.Contains("another server is running", await RefusedAsync(Settings, "restore", "--from", Backup, "--data", Data, "--replace"));
            await server.StopAsync();
        }

        using (var stream = File.OpenWrite(Backup))
        {
            stream.Seek(8192, SeekOrigin.Begin);
            stream.Write(new byte[4096]);
        }

        Assert.Contains("Nothing was changed", await RefusedAsync(Settings, "restore", "--from", Backup, "--data", Data, "--replace"));
        await using var old = await ExeuntProcess.ServeAsync(Data, Settings);
        Assert.Equal(HttpStatusCode.OK, await Requests.MeAsync(old, sessions[1].Access));
    }

    [Fact]
    public async Task A_restore_that_broke_off_between_two_files_is_refused_by_a_server_and_finished_by_the_same_command()
    {
        await BackUpThenLogOutAsync();
        var prepared = Path.Combine(folder.Path, "prepared");
        await RunAsync(Settings, "restore", "--from", Backup, "--data", prepared);

        // As a kill leaves it after the keys have changed places and the database has not.
        var place = Path.Combine(Data, "replacing");
        Directory.CreateDirectory(Path.Combine(place, "new"));
        Directory.CreateDirectory(Path.Combine(place, "old"));
        Directory.Move(Path.Combine(Data, "keys"), Path.Combine(place, "old", "keys"));
        Directory.Move(Path.Combine(prepared, "keys"), Path.Combine(Data, "keys"));
        File.Move(Path.Combine(prepared, "exeunt.db"), Path.Combine(place, "new", "exeunt.db"));

        Assert.Contains("broken off", await RefusedAsync(Settings, "serve", "--urls", "http://127.0.0.1:0", "--data", Data));
        Assert.Contains("is finished", await RunAsync(Settings, "restore", "--data", Data));

        await using var server = await ExeuntProcess.ServeAsync(Data, Settings);
        await SignInAsync(server);
        var aside = Assert.Single(Directory.GetDirectories(Data, "before-restore-*"));
        Assert.True(File.Exists(Path.Combine(aside, "exeunt.db")) && Directory.Exists(Path.Combine(aside, "keys")));
        Assert.False(Directory.Exists(place));
    }

    private async Task<string[]> SigningKeysAsync() =>
    [
        .. JsonDocument.Parse(await RunAsync(Settings, "keys", "list", "--data", Data, "--json")).RootElement.EnumerateArray()
            .Where(key => key.GetProperty("kind").GetString() == "signing").Select(key => key.GetProperty("id").GetString()!),
    ];

    // Two sessions are in the backup; the first one ends after it.
    private async Task<Requests.Session[]> BackUpThenLogOutAsync()
    {
        await using var server = await ExeuntProcess.ServeAsync(Data, Settings);
        Requests.Session[] sessions = [await SignInAsync(server), await SignInAsync(server)];
        var said = await RunAsync(Settings, "backup", "--data", Data, "--to", Backup);
        Assert.Contains("the audit chain holds", said);
        Assert.Contains("exists already", await RefusedAsync(Settings, "backup", "--data", Data, "--to", Backup));
        await Requests.LogoutAsync(server, sessions[0].Refresh);
        await server.StopAsync();
        return sessions;
    }
}
