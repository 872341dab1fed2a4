using Exeunt.Server;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Hosting;

public sealed class DataFolderTests
{
    [Fact]
    public async Task A_command_that_looks_whether_a_server_is_running_does_not_refuse_one_that_starts_at_that_moment()
    {
        using var folder = new TemporaryFolder();
        var data = DataFolder.Open(folder.Path, memory: null);
        var looking = data.LockForServer();

        var begun = new TaskCompletionSource();
        var starting = Task.Run(() =>
        {
            begun.SetResult();
            return data.LockForServer();
        });
        await begun.Task;
        await looking.DisposeAsync();

        await (await starting).DisposeAsync();
        Assert.False(data.IsServed());
    }
}
