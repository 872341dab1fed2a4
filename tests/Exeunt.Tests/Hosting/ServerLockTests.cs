using Exeunt.Server;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Hosting;

public sealed class ServerLockTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private DataFolder Folder => DataFolder.Open(folder.Path, memory: null);

    private string Lock => Path.Combine(folder.Path, "server.lock");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_folder_is_served_while_a_server_has_its_lock()
    {
        Assert.False(Folder.IsServed());
        using (Folder.LockForServer())
        {
            Assert.True(Folder.IsServed());
            Assert.Contains("another server is running", Assert.Throws<StartRefused>(() => Folder.LockForServer().Dispose()).Message, StringComparison.Ordinal);
        }

        Assert.False(Folder.IsServed());
    }

    [Fact]
    public async Task A_command_that_asks_whether_a_server_is_running_is_not_taken_for_one()
    {
        Folder.LockForServer().Dispose();
        var asking = new FileStream(Lock, FileMode.Open, FileAccess.Read, FileShare.Read); // as IsServed does for a moment

        Assert.False(Folder.IsServed());
        var starting = Task.Run(() => Folder.LockForServer());
        await asking.DisposeAsync();

        await (await starting).DisposeAsync();
    }

    [Fact]
    public void What_is_wrong_with_the_lock_is_told_as_it_is()
    {
        File.CreateSymbolicLink(Lock, Lock);

        var refused = Assert.Throws<StartRefused>(() => Folder.LockForServer().Dispose());

        Assert.Contains(Lock, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("another server", refused.Message, StringComparison.Ordinal);
    }
}
