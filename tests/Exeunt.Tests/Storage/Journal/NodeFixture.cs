using Exeunt.Protocol.Revocations;
using Exeunt.Sqlite.Files;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Storage.Journal;

using TestClock = Exeunt.Tests.Support.TestClock;

/// <summary>A folder in which nodes live one after the other, and a way to take their ledger away.</summary>
internal sealed class NodeFixture : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly List<Revocation> memory = [];

    public TestClock Clock { get; } = new();

    public string Folder => folder.Path;

    public Task<Node> StartAsync(NodeSettings? settings = null) => Node.StartAsync(folder.Path, Clock, memory, settings);

    /// <summary>Another node on the same ledger, with a journal of its own.</summary>
    public Task<Node> StartOtherAsync()
    {
        var other = Path.Combine(folder.Path, "other");
        Directory.CreateDirectory(other);
        if (!File.Exists(Path.Combine(other, "exeunt.db"))) File.CreateSymbolicLink(Path.Combine(other, "exeunt.db"), Path.Combine(folder.Path, "exeunt.db"));
        return Node.StartAsync(other, Clock, [], new() { LockWait = TimeSpan.FromSeconds(5) });
    }

    /// <summary>Another process writes for too long, until this is disposed of.</summary>
    public IDisposable LockLedger()
    {
        var other = Database.OpenWriter(Path.Combine(folder.Path, "exeunt.db"), TimeSpan.FromSeconds(5));
        other.Execute("begin exclusive");
        return other;
    }

    public void Dispose() => folder.Dispose();
}
