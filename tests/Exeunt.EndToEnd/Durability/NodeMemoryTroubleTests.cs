using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Durability;

/// <summary>The node's memory on a disk without room: what could not be written is written later, and no half line spoils the next.</summary>
public sealed class NodeMemoryTroubleTests
{
    private const string Ada = "ada@example.com";
    private const string Password = "purple-otter-lantern-41";

    private static readonly Dictionary<string, string?> Settings = new() { ["EXEUNT_ADMIN_EMAIL"] = Ada, ["EXEUNT_ADMIN_PASSWORD"] = Password };

    [Fact]
    public async Task An_append_that_was_cut_short_is_made_whole_when_there_is_room()
    {
        using var folder = new TemporaryFolder();
        var memory = Path.Combine(folder.Path, "node.memory");
        await using (var first = await ExeuntProcess.ServeAsync(folder.Path, Settings))
        {
            await Requests.LogoutAsync(first, (await Requests.SignInAsync(first, Ada, Password)).Refresh);
            await first.StopAsync();
        }

        // Longer than the write-ahead log will be, so that a limit to the size of files stops this one alone. The same line again says the same again.
        var before = await File.ReadAllLinesAsync(memory);
        await File.AppendAllLinesAsync(memory, Enumerable.Repeat(before[^1], 10_000));
        var length = new FileInfo(memory).Length;

        await using (var server = await ExeuntProcess.ServeAsync(folder.Path, Settings))
        {
            var session = await Requests.SignInAsync(server, Ada, Password);
            await server.LimitFilesAsync(length + 20); // in the middle of the next line
            await Requests.LogoutAsync(server, session.Refresh);
            await server.SaysAsync("memory could not be written");
            Assert.Equal(length, new FileInfo(memory).Length);

            await server.LimitFilesAsync(null);
            await server.StopAsync();
        }

        var added = (await File.ReadAllLinesAsync(memory)).Skip(before.Length + 10_000).ToList();
        Assert.Contains("\"event\"", Assert.Single(added));
        Assert.Equal('{', added[0][17]); // behind the checksum of 16 digits and a blank: the line is whole
    }
}
