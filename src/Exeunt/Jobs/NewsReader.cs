using System.Threading.Channels;
using Exeunt.Feed;
using Exeunt.Guard;
using Exeunt.Guard.Feed;
using Exeunt.Protocol.Feed;
using Exeunt.Protocol.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;
using Exeunt.Storage.Journal;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Exeunt.Jobs;

/// <summary>
/// The one reader of the revocation log. What this process ends wakes it at once, what others end (the command line beside a running server, another node)
/// when the ledger says that there is news; the log itself is the truth. It fills this node's index and the feed that guards follow, and tells the browsers that are
/// concerned. Before the server listens, it takes in all that the ledger holds.
/// </summary>
internal sealed partial class NewsReader(ILedgerStore store, RevocationIndex index, RevocationFeed feed, SessionStreams streams, ILogger<NewsReader> log, LedgerOutage? outage = null,
    NodeMemoryKeeper? memory = null)
    : BackgroundService
{
    private const int PageSize = 1000;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenClaims = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5); // a wait for news ends after a second; one that hangs in the network must not keep endings back

    // Room for one ring: whoever rings while it is full will be read along. Of a class, because a channel of values would be compiled at every start.
    private readonly Channel<string> bell = Channel.CreateBounded<string>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly SemaphoreSlim reading = new(1, 1);
    private readonly Freshness freshness = new(store.Clock);
    private LogMark? mark; // null until all that the ledger holds has been read
    private long? lastClaim;
    private bool isDeaf;

    /// <summary>How long ago the log was last read to its end; <see cref="TimeSpan.MaxValue"/> when it never was.</summary>
    public TimeSpan Age => freshness.Age;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await CatchUpAsync(cancellationToken);
        }
        catch (LedgerUnavailableException unavailable) when (outage is { IsAway: true })
        {
            NoNews(unavailable); // a start without the ledger: the index holds what this node remembers, and the rest comes before anybody is let in
        }

        await base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        reading.Dispose();
        base.Dispose();
    }

    /// <summary>This process has appended to the log. Cheap, and never blocks.</summary>
    public void Ring() => bell.Writer.TryWrite("rung");

    /// <summary>Reads the log on from where it was left. What this process ended itself is already in the index, which changes nothing.</summary>
    public async Task CatchUpAsync(CancellationToken ct)
    {
        await reading.WaitAsync(ct); // one at a time, so that the feed is in the log's order
        try
        {
            var (asked, begun) = (store.Clock.GetUtcNow(), store.Clock.GetTimestamp());
            while (mark is null || !await ReadOnAsync(mark, ct)) mark = await BeginAsync(ct);
            feed.ReadAt(asked);
            freshness.KnownWithAge(store.Clock.GetElapsedTime(begun));
        }
        finally
        {
            reading.Release();
        }
    }

    /// <summary>
    /// A reader of the feed says that it was sent more than the log holds. If that is so, the database was put back from an older copy together with all that
    /// this node remembered, and a new epoch begins. Believed once a minute at most: readers are trusted, but not with making epochs as fast as they can ask.
    /// </summary>
    /// <param name="seen">The place that it was sent.</param>
    /// <param name="ct">Stops asking the ledger.</param>
    public async Task HeardOfAsync(FeedPlace seen, CancellationToken ct)
    {
        if (feed.Newest is var newest && (seen.Epoch != newest.Epoch || seen.Sequence <= newest.Sequence)) return;
        await reading.WaitAsync(ct);
        try
        {
            if (lastClaim is { } last && store.Clock.GetElapsedTime(last) < BetweenClaims) return;
            var place = await store.RevocationPlaceAsync(ct); // the ledger itself: another node may have sent what this one has not read yet
            if (seen.Epoch != place.Epoch || seen.Sequence <= place.Sequence) return;

            // The new life goes on from where the log is: no number that a reader made up comes into it.
            var takenBack = await TakeBackAsync(place);
            ToldOfRollBack(seen.ToString(), place.ToString(), takenBack);
            mark = await BeginAsync(ct);
            lastClaim = store.Clock.GetTimestamp();
        }
        finally
        {
            reading.Release();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            // Each is asked for anew only when it has been answered: on a node that ends nothing itself, a question a second would pile up unanswered.
            var (own, others, tick) = (HearOwnAsync(stoppingToken), HearOthersAsync(stoppingToken), TickAsync(stoppingToken));
            while (true)
            {
                await Task.WhenAny(own, others, tick);
                stoppingToken.ThrowIfCancellationRequested();
                if (bell.Reader.TryRead(out _)) own = HearOwnAsync(stoppingToken); // before reading: who rings from now on is heard again
                await TryCatchUpAsync(stoppingToken);
                if (others.IsCompleted) others = HearOthersAsync(stoppingToken);
                if (tick.IsCompleted) tick = TickAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private async Task HearOwnAsync(CancellationToken ct) => await bell.Reader.WaitToReadAsync(ct);

    // A wait that fails is told, and ends like any other: the log is read all the same, once a second.
    private async Task HearOthersAsync(CancellationToken ct)
    {
        try
        {
            await store.WaitForNewsAsync(ct);
            isDeaf = false;
        }
        catch (Exception failure) when (!ct.IsCancellationRequested)
        {
            if (!isDeaf) NotHeard(failure);
            isDeaf = true;
            await Task.Delay(Pause, store.Clock, ct);
        }
    }

    private Task TickAsync(CancellationToken ct) => Task.Delay(LongestWait, store.Clock, ct);

    private async Task TryCatchUpAsync(CancellationToken ct)
    {
        try
        {
            await CatchUpAsync(ct);
        }
        catch (Exception failure) when (!ct.IsCancellationRequested)
        {
            // Whatever it was, also a cancellation that nobody here asked for: a server that stopped for it would refuse everybody's logout.
            NoNews(failure);
            await Task.Delay(Pause, store.Clock, ct);
        }
    }

    // False when the log is not the one any more that was read so far.
    private async Task<bool> ReadOnAsync(LogMark from, CancellationToken ct)
    {
        while (true)
        {
            var news = await store.NewsAfterAsync(from, PageSize, ct);
            if (news.IsLost) RolledBack(from.Place.ToString(), await TakeBackAsync(from.Place));
            if (news.IsLost || news.Epoch != from.Place.Epoch) return false;
            if (news.Revocations is not [.., var newest]) return true;

            index.Apply(news.Revocations);
            feed.Publish(news.Revocations);
            streams.Tell(news.Revocations);
            memory?.Ring(news.Revocations);
            mark = from = new(from.Place with { Sequence = newest.Sequence }, newest); // after all: failing between them reads a page again
            if (news.Revocations.Count < PageSize) return true;
        }
    }

    // The database was put back from an older copy while this node ran. What it remembers is written back before anything else is read.
    private async Task<int> TakeBackAsync(FeedPlace place)
    {
        var remembered = memory is null ? new(place.Epoch, place.Sequence, []) : await memory.RecallAsync(place);
        var takenBack = await store.TakeBackAsync(remembered, CancellationToken.None);
        mark = null; // what was read so far is of a life that is over
        if (memory is not null) await memory.BeginAgainAsync();
        return takenBack;
    }

    // All that the ledger of this life holds goes into the index; the feed begins at its end, and readers of before come back for the snapshot.
    private async Task<LogMark> BeginAsync(CancellationToken ct)
    {
        var place = await store.RevocationPlaceAsync(ct);
        Revocation? newest = null;
        while (await store.RevocationsAfterAsync(newest?.Sequence ?? 0, PageSize, ct) is { Count: > 0 } page)
        {
            index.Apply(page);
            streams.Tell(page);
            newest = page[^1];
            if (page.Count < PageSize) break;
        }

        if (newest?.Sequence > place.Sequence || (newest is not null && newest.Epoch != place.Epoch)) place = new(newest.Epoch, Math.Max(newest.Sequence, place.Sequence));
        feed.Begin(place);
        return new(place, newest);
    }

    [LoggerMessage(1422, LogLevel.Critical,
        "THE DATABASE WAS PUT BACK FROM AN OLDER COPY WHILE THIS SERVER RAN: it has lost what this server had read up to {Place}. A new epoch begins; {TakenBack} endings that " +
        "this node still knew were written back. What was recorded since the copy and is not an ending is lost: accounts, passwords, audit entries. The audit trail says state_rolled_back.")]
    private partial void RolledBack(string place, int takenBack);

    [LoggerMessage(1423, LogLevel.Critical,
        "THE DATABASE WAS PUT BACK FROM AN OLDER COPY, and what this server remembered with it: a guard has read up to {Seen}, and the log ends at {Place}. A new epoch begins; {TakenBack} " +
        "endings that this node still knew were written back. What was recorded since the copy is lost; guards go on refusing what they know. The audit trail says state_rolled_back.")]
    private partial void ToldOfRollBack(string seen, string place, int takenBack);

    [LoggerMessage(1421, LogLevel.Warning, "The ledger cannot be read: endings of other processes are not known here yet")]
    private partial void NoNews(Exception failure);

    [LoggerMessage(1424, LogLevel.Warning, "Other processes cannot be listened to; until they can, the log is read once a second")]
    private partial void NotHeard(Exception failure);
}
