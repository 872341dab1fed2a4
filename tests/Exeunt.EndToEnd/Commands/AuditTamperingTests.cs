using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Commands;

/// <summary>Somebody lays hands on the database file of a real server: <c>audit verify</c> names the entry.</summary>
public sealed class AuditTamperingTests : IAsyncLifetime
{
    private const string Ada = "ada@example.com";
    private const string Password = "purple-otter-lantern-41";
    private const string Remark = "unreadable_body"; // stands in the entry of one logout, and nowhere else in the file

    private readonly TemporaryFolder folder = new();

    private string Data => Path.Combine(folder.Path, "data");

    private string Database => Path.Combine(Data, "exeunt.db");

    public async ValueTask InitializeAsync()
    {
        await using var server = await ExeuntProcess.ServeAsync(Data, new Dictionary<string, string?> { ["EXEUNT_ADMIN_EMAIL"] = Ada, ["EXEUNT_ADMIN_PASSWORD"] = Password });
        var session = await Requests.SignInAsync(server, Ada, Password);
        using var client = server.Client();
        client.DefaultRequestHeaders.Authorization = new("Bearer", session.Access);
        using var logout = await client.PostAsync("auth/logout", new StringContent("{"));
        Assert.Equal("Logout successful", (await logout.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("message").GetString());
        Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(server, session.Access));
        await Requests.SignInAsync(server, Ada, Password); // so that the entry is not the last one
        Assert.Equal(0, await server.StopAsync());
        Assert.Contains("The chain holds", await VerifyAsync(0));
    }

    public ValueTask DisposeAsync()
    {
        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task P9_one_flipped_byte_of_the_file_is_found_and_the_entry_is_named()
    {
        var entry = await EntryAsync();
        var bytes = await File.ReadAllBytesAsync(Database);
        var at = bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Remark));
        Assert.True(at > 0 && bytes.AsSpan(at + 1).IndexOf(Encoding.ASCII.GetBytes(Remark)) < 0, "the remark must stand in the file once");

        bytes[at] ^= 1;
        await File.WriteAllBytesAsync(Database, bytes);

        Assert.StartsWith($"The audit trail is BROKEN. Entry {entry} of chain ", await VerifyAsync(1));
    }

    [Fact]
    public async Task P9_one_deleted_row_is_found_and_the_entry_is_named()
    {
        var entry = await EntryAsync();

        using (var shell = Process.Start("sqlite3", [Database, $"delete from audit where n = {entry}"]))
        {
            await shell.WaitForExitAsync();
            Assert.Equal(0, shell.ExitCode);
        }

        var said = await VerifyAsync(1);
        Assert.StartsWith($"The audit trail is BROKEN. Entry {entry} of chain ", said);
        Assert.Contains("is missing", said);
    }

    private async Task<long> EntryAsync()
    {
        var (_, said) = await ExeuntProcess.RunAsync(["audit", "query", "--action", "session_ended", "--json", "--data", Data]);
        var entry = Assert.Single(JsonDocument.Parse(said).RootElement.GetProperty("entries").EnumerateArray());
        Assert.Equal(Remark, entry.GetProperty("detail").GetString());
        return entry.GetProperty("number").GetInt64();
    }

    private async Task<string> VerifyAsync(int expected)
    {
        var (exitCode, said) = await ExeuntProcess.RunAsync(["audit", "verify", "--data", Data]);
        Assert.True(exitCode == expected, $"exit code {exitCode}: {said}");
        return said;
    }
}
