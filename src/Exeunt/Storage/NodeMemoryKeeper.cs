using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Exeunt.Protocol.Feed;
using Exeunt.Protocol.Revocations;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Exeunt.Storage;

/// <summary>
/// Keeps the node's memory up to date: it follows the ledger's own log, off every request's path, so nothing has to be queued and nothing can be forgotten.
/// </summary>
public sealed partial class NodeMemoryKeeper : BackgroundService
{
    private const int PageSize = 1000;
    private const int LinesBeforeRewriting = 20_000;
    private const int MostUnsaved = 20_000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50); // under load many endings share one write
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1); // another process's commits ring no bell here

    private readonly NodeMemoryFile file;
    private readonly ILedgerStore store;
    private readonly ILogger<NodeMemoryKeeper> log;
    private readonly SemaphoreSlim bell = new(0, 1);
    private readonly SemaphoreSlim alone = new(1, 1);
    private readonly ConcurrentQueue<Revocation> unsaved = [];
    private long sequence;
    private long linesAfterRewriting;
    private bool hasBegun;

    /// <summary>Names the file; nothing is written before <see cref="BeginAsync(CancellationToken)"/>.</summary>
    public NodeMemoryKeeper(string path, ILedgerStore store, ILogger<NodeMemoryKeeper> log)
    {
        (this.store, this.log) = (store, log);
        file = new(path);
    }

    /// <summary>What the file of this path remembers.</summary>
    /// <param name="path">The file; it may be missing.</param>
    /// <param name="damaged">How many lines could not be read. One is normal after a crash: the last.</param>
    public static NodeMemory Read(string path, out int damaged) => new NodeMemoryFile(path).Read(out damaged);

    /// <summary>
    /// Brings the file up to the ledger, which by now includes everything that the node remembered: adds what is new, or writes it all anew when the file is
    /// of another life of the ledger or damaged.
    /// </summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public Task BeginAsync(CancellationToken ct) => BeginAsync(store, ct);

    /// <summary>The same through a store that nobody else may use yet.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public async Task BeginAsync(ILedgerStore store, CancellationToken ct)
    {
        if (hasBegun) return;
        var remembered = file.Read(out _);
        if (file.IsWhole && remembered.Epoch == store.Epoch)
        {
            sequence = remembered.Sequence;
            linesAfterRewriting = file.LinesWhenRewritten;
            await AppendNewsAsync(store, ct);
            hasBegun = true;
            return;
        }

        await file.RewriteAsync(store.Epoch, PagesAsync(store, ct));
        linesAfterRewriting = file.Lines;
        hasBegun = true;
    }

    /// <summary>
    /// There are these new revocations in the log. Cheap, and never blocks. They are read from the log again; until then they are kept, because a database that
    /// fails now may come back without them.
    /// </summary>
    public void Ring(IReadOnlyList<Revocation> news)
    {
        foreach (var one in news) unsaved.Enqueue(one);
        while (unsaved.Count > MostUnsaved) unsaved.TryDequeue(out _); // the file cannot be written; then this much more is remembered
        if (bell.CurrentCount > 0) return;
        try
        {
            bell.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else rang at the same moment.
        }
    }

    /// <summary>All that this node remembers, for a ledger that has lost some of it.</summary>
    /// <param name="place">How far this node has read the log.</param>
    public async Task<NodeMemory> RecallAsync(FeedPlace place)
    {
        await alone.WaitAsync();
        try
        {
            var remembered = file.Read(out _);
            List<Revocation> all = [.. remembered.Revocations, .. unsaved];
            return new(place.Epoch, all.Select(one => one.Sequence).Append(place.Sequence).Max(), all);
        }
        finally
        {
            alone.Release();
        }
    }

    /// <summary>The ledger has another life now, and all that was remembered is in it.</summary>
    public async Task BeginAgainAsync()
    {
        await alone.WaitAsync();
        try
        {
            if (!hasBegun) return; // a start without the ledger
            hasBegun = false;
            sequence = 0;
            await BeginAsync(CancellationToken.None);
            unsaved.Clear();
        }
        catch (Exception failure)
        {
            // The old file still says more than the ledger knew; the next start, which finds it behind, writes it back once more.
            hasBegun = true;
            NotWritten(failure);
        }
        finally
        {
            alone.Release();
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        bell.Dispose();
        alone.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await bell.WaitAsync(Longest, stoppingToken);
                await FollowAsync();
                await Task.Delay(Pause, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            await FollowAsync(); // what was ended while the last requests were served
        }
    }

    private async Task FollowAsync()
    {
        await alone.WaitAsync();
        try
        {
            if (!hasBegun) return; // a start without the ledger
            await AppendNewsAsync(store, CancellationToken.None);
            if (file.Lines > LinesBeforeRewriting + (2 * linesAfterRewriting)) await RewriteAsync();
        }
        catch (Exception failure)
        {
            // Whatever it was, the server goes on without.
            NotWritten(failure); // tried again within a second; until then only a rolled-back ledger would be noticed later
        }
        finally
        {
            alone.Release();
        }
    }

    private async Task AppendNewsAsync(ILedgerStore store, CancellationToken ct)
    {
        while (await store.RevocationsAfterAsync(sequence, PageSize, ct) is { Count: > 0 } news)
        {
            file.Append(news);
            sequence = news[^1].Sequence;
        }

        while (unsaved.TryPeek(out var saved) && saved.Sequence <= sequence) unsaved.TryDequeue(out _);
    }

    // From the beginning of the log; the place that was read up to is kept, for what comes after.
    private async IAsyncEnumerable<IReadOnlyList<Revocation>> PagesAsync(ILedgerStore store, [EnumeratorCancellation] CancellationToken ct)
    {
        sequence = 0;
        while (await store.RevocationsAfterAsync(sequence, PageSize, ct) is { Count: > 0 } page)
        {
            yield return page;
            sequence = page[^1].Sequence;
        }
    }

    private async Task RewriteAsync()
    {
        await file.DropExpiredAsync(store.Clock.GetUtcNow());
        linesAfterRewriting = file.Lines;
    }

    [LoggerMessage(1111, LogLevel.Error, "The node's memory could not be written")]
    private partial void NotWritten(Exception exception);
}
