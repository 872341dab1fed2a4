using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Microsoft.Extensions.Logging;

namespace Exeunt.Storage.Journal;

/// <summary>
/// Takes endings while the ledger is away: each is on disk and enforced here before it is answered. Those that come at once share one sync. As long as it
/// holds anything, the ledger counts as away (<see cref="LedgerOutage"/>), so that nothing is written there before what it holds.
/// </summary>
public sealed partial class EndingJournal : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5); // with a disk that does not answer either

    private readonly string path;
    private readonly long bytes;
    private readonly Action<IReadOnlyList<Revocation>> journaled;
    private readonly LedgerOutage outage;
    private readonly TimeProvider stopwatch;
    private readonly ILogger<EndingJournal> log;

    private readonly Lock gate = new();
    private readonly List<JournalRecord> records = [];
    private readonly Dictionary<(string Issuer, string Session), JournalRecord> bySession = [];
    private readonly Dictionary<(string Issuer, string Subject), (JournalRecord Latest, int Count)> byUser = [];
    private readonly HashSet<(UserId? User, SessionId? Session, string? Provider, string? Subject)> recorded = []; // logouts that end nothing
    private List<(JournalRecord Record, TaskCompletionSource Written)> waiting = [];
    private bool isWriting;
    private bool isFailing;
    private JournalContent content = JournalContent.Empty;
    private JournalFile? file; // null while it cannot be written; every append tries again

    /// <summary>Names the file; <see cref="Open"/> opens it.</summary>
    /// <param name="path">In the data folder.</param>
    /// <param name="bytes">Its size, taken from the disk beforehand.</param>
    /// <param name="journaled">Told of what was journaled after it is on disk and before anybody is answered: it must make it known here.</param>
    /// <param name="outage">Begins whenever the journal holds something.</param>
    /// <param name="stopwatch">Real time: for how long a disk is waited for.</param>
    /// <param name="log">For the alarm.</param>
    public EndingJournal(
        string path, long bytes, Action<IReadOnlyList<Revocation>> journaled, LedgerOutage outage, TimeProvider stopwatch, ILogger<EndingJournal> log)
    {
        (this.path, this.bytes, this.journaled, this.outage, this.stopwatch, this.log) = (path, bytes, journaled, outage, stopwatch, log);
    }

    /// <summary>How it stands now.</summary>
    public JournalState State
    {
        get
        {
            lock (gate) return new(records.Count, records.Count == 0 ? null : records[0].At, records.Count == 0 ? null : records[^1].At, file is not null && !isFailing, file?.Free ?? 0);
        }
    }

    /// <summary>Reads what an earlier run has left and enforces it; the ledger counts as away until that is replayed.</summary>
    /// <exception cref="IOException">It cannot be read, so what it holds could not be enforced.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public void Open()
    {
        lock (gate)
        {
            content = JournalContent.Read(path);
            records.AddRange(content.Records);
            foreach (var record in records) Know(record);
            if (content.Damaged > 0) Damaged(path, content.Damaged);
            if (content.NotUnderstood > 0) NotUnderstood(path, content.NotUnderstood);
            if (content.TornTail) Torn(path);
            try
            {
                file = JournalFile.Open(path, bytes, content);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                NotWritable(path, failure);
            }
        }

        if (records.Count == 0) return;
        journaled([.. records.Select(record => record.Revocation).OfType<Revocation>()]);
        outage.Begin($"{records.Count} endings of the journal are not in it yet.", records[0].At);
    }

    /// <summary>The ending of this session that waits in the journal; null for none.</summary>
    public JournalRecord? Find(string issuer, string session)
    {
        lock (gate) return bySession.GetValueOrDefault((issuer, session));
    }

    /// <summary>The ending in the journal that covers this token; null for none.</summary>
    public JournalRecord? Find(in TokenFacts token)
    {
        lock (gate)
        {
            if (token.Session is { } session && bySession.TryGetValue((token.Issuer, session), out var ended)) return ended;
            return byUser.TryGetValue((token.Issuer, token.Subject), out var all) && all.Latest.Revocation!.Covers(token) ? all.Latest : null;
        }
    }

    /// <summary>How many cut-offs of this user wait in the journal.</summary>
    public int CountCutOffs(string issuer, string subject)
    {
        lock (gate) return byUser.GetValueOrDefault((issuer, subject)).Count;
    }

    /// <summary>Whether a logout of the same session that ends nothing waits in the journal.</summary>
    public bool HasRecorded(JournalRecord like)
    {
        lock (gate) return recorded.Contains(WhoseOf(like));
    }

    /// <summary>Completes when the record is on disk and enforced here.</summary>
    /// <exception cref="JournalUnavailableException">It could not be written: nothing was recorded anywhere.</exception>
    public async Task AppendAsync(JournalRecord record)
    {
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            waiting.Add((record, written));
            if (!isWriting)
            {
                isWriting = true;
                ThreadPool.UnsafeQueueUserWorkItem(static journal => journal.Write(), this, preferLocal: false);
            }
        }

        try
        {
            await written.Task.WaitAsync(Patience, stopwatch);
        }
        catch (TimeoutException slow)
        {
            Unwritable(path, slow);
            throw new JournalUnavailableException(slow);
        }
    }

    /// <summary>The records after the first <paramref name="replayed"/> ones, at most <paramref name="limit"/>.</summary>
    internal IReadOnlyList<JournalRecord> After(int replayed, int limit)
    {
        lock (gate) return [.. records.Skip(replayed).Take(limit)];
    }

    /// <summary>Empties the journal and ends the outage, unless something has come to it meanwhile.</summary>
    /// <param name="replayed">How many of its records are in the ledger.</param>
    /// <returns>False when there is more to replay.</returns>
    internal bool TryFinish(int replayed)
    {
        lock (gate)
        {
            if (isWriting || records.Count > replayed) return false;
            if (records.Count > 0 && content.NotUnderstood == 0) Empty();
            records.Clear();
            bySession.Clear();
            byUser.Clear();
            recorded.Clear();
            outage.End(replayed); // under the lock: whoever appends after this begins another outage
            return true;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => file?.Dispose();

    private void Empty()
    {
        try
        {
            file?.Reset();
        }
        catch (IOException failure)
        {
            NotEmptied(path, failure); // replayed once more at the next start, which changes nothing
        }
    }

    private void Write()
    {
        while (true)
        {
            List<(JournalRecord Record, TaskCompletionSource Written)> batch;
            lock (gate)
            {
                if (waiting.Count == 0)
                {
                    isWriting = false;
                    return;
                }

                (batch, waiting) = (waiting, []);
            }

            Write(batch);
        }
    }

    private void Write(List<(JournalRecord Record, TaskCompletionSource Written)> batch)
    {
        try
        {
            file ??= JournalFile.Open(path, bytes, content);
            file.Append([.. batch.Select(one => JournalRecordJson.Write(one.Record))]);
            lock (gate)
            {
                foreach (var (record, _) in batch)
                {
                    records.Add(record);
                    Know(record);
                }

                isFailing = false;
            }

            outage.Begin("An ending was journaled.", batch[0].Record.At);
            journaled([.. batch.Select(one => one.Record.Revocation).OfType<Revocation>()]);
            foreach (var (_, written) in batch) written.TrySetResult();
        }
        catch (Exception failure)
        {
            // Whatever went wrong, everybody must be answered, and the next append must find a writer.
            lock (gate) isFailing = true;
            Unwritable(path, failure);
            foreach (var (_, written) in batch) written.TrySetException(new JournalUnavailableException(failure));
        }
    }

    private void Know(JournalRecord record)
    {
        if (record.Revocation is { Scope: RevocationScope.Session } point) bySession.TryAdd((point.Issuer, point.Key), record);
        if (record.Revocation is { Scope: RevocationScope.User } cutOff)
            byUser[(cutOff.Issuer, cutOff.Key)] = (record, byUser.GetValueOrDefault((cutOff.Issuer, cutOff.Key)).Count + 1);
        if (record.Revocation is null) recorded.Add(WhoseOf(record));
    }

    private static (UserId? User, SessionId? Session, string? Provider, string? Subject) WhoseOf(JournalRecord record) =>
        (record.User, record.Session, record.Outside?.Provider, record.Outside?.Subject);

    [LoggerMessage(2210, LogLevel.Critical, "LOGOUTS ARE BEING REFUSED: the ledger is away and the journal {Path} cannot be written either. Make room or repair the disk")]
    private partial void Unwritable(string path, Exception failure);

    [LoggerMessage(2211, LogLevel.Critical, "The journal {Path} cannot be written: if the ledger goes away now, logouts will be refused")]
    private partial void NotWritable(string path, Exception failure);

    [LoggerMessage(2212, LogLevel.Critical, "The journal {Path} is damaged in {Places} places: endings that were acknowledged may be lost. What could be read is enforced")]
    private partial void Damaged(string path, int places);

    [LoggerMessage(2213, LogLevel.Information, "The last record of the journal {Path} is incomplete and was left out: nobody was answered about it")]
    private partial void Torn(string path);

    [LoggerMessage(2214, LogLevel.Critical, "The journal {Path} holds {Records} endings that a newer version has written and this one cannot read; start that version")]
    private partial void NotUnderstood(string path, int records);

    [LoggerMessage(2215, LogLevel.Error, "The journal {Path} was replayed but could not be emptied")]
    private partial void NotEmptied(string path, Exception failure);
}

/// <summary>How a journal stands.</summary>
/// <param name="Depth">Endings in it that are not known to be in the ledger.</param>
/// <param name="Oldest">When the oldest of them was taken, ledger time; null when there is none.</param>
/// <param name="Newest">The same of the newest.</param>
/// <param name="IsWritable">Whether it can take another one, as far as is known.</param>
/// <param name="FreeBytes">Room for more.</param>
public sealed record JournalState(int Depth, DateTimeOffset? Oldest, DateTimeOffset? Newest, bool IsWritable, long FreeBytes);

/// <summary>Neither the ledger nor the journal could record anything.</summary>
public sealed class JournalUnavailableException(Exception inner) : Exception("The journal could not be written.", inner);
