using System.Security.Cryptography;
using Exeunt.Postgres.Rows;
using Exeunt.Postgres.Server;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Storage;
using Npgsql;

namespace Exeunt.Postgres;

/// <summary>
/// Commits what this node writes, a batch at a time. What somebody else got in the way of is tried again; what was lost on the way is asked after, so that a
/// caller is told "not recorded" only when that is so.
/// </summary>
internal sealed class Writer(Connections connections, LedgerClock clock, TimeSpan deadline, string bell) : IDisposable
{
    private const int MostFailures = 5;
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(20);

    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly Guid life = new(RandomNumberGenerator.GetBytes(16));
    private long attempts;
    private readonly Connections connections = connections;
    private readonly string bell = bell;

    /// <summary>What is said with the bell, so that this process knows its own commits from others'.</summary>
    public string Name => $"{life:N}";

    /// <summary>The chain of this node.</summary>
    public string Chain { get; set; } = "";

    /// <summary>The ledger's life, as of the last transaction.</summary>
    public string Epoch { get; set; } = "";

    /// <summary>Runs the operations in one transaction.</summary>
    /// <exception cref="LedgerUnavailableException">The database failed.</exception>
    /// <exception cref="InvalidOperationException">It refused a row.</exception>
    public Task<IReadOnlyList<Revocation>> CommitAsync(IReadOnlyList<Func<ILedgerTransaction, ValueTask>> operations, IReadOnlyCollection<EventId>? events = null, bool alone = false) =>
        Task.Run(() => CommitHereAsync(operations, events ?? [], alone)); // on a thread of the pool: a scout's operations go on where their rows arrive

    public void Dispose() => writing.Dispose();

    private async Task<IReadOnlyList<Revocation>> CommitHereAsync(IReadOnlyList<Func<ILedgerTransaction, ValueTask>> operations, IReadOnlyCollection<EventId> events, bool alone)
    {
        await writing.WaitAsync();
        try
        {
            var failures = 0;
            while (true)
            {
                var number = new CommitNumber(life, ++attempts);
                var attempted = new Attempt(events, number, alone);
                try
                {
                    return await attempted.RunAsync(this, operations);
                }
                catch (NeedsLedgerAloneException) when (!alone)
                {
                    alone = true;
                }
                catch (PostgresTrouble trouble) when (trouble.OutcomeUnknown)
                {
                    failures++;
                    switch (await OutcomeAsync(number))
                    {
                        case true: return attempted.Transaction!.Appended;
                        case null: throw new LedgerUnavailableException($"The answer to a commit in {connections.Where} was lost.", trouble.Cause) { OutcomeUnknown = true };
                        case false when failures == MostFailures: throw trouble.Cause.Translate(connections.Where);
                    }
                }
                catch (PostgresTrouble trouble)
                {
                    if (++failures == MostFailures || !MayTryAgain(trouble.Cause, failures)) throw trouble.Cause.Translate(connections.Where);
                    if (trouble.Cause.IsTaken) events = [.. events.Concat(attempted.Transaction!.Appended.Select(revocation => revocation.Event))];
                }
            }
        }
        finally
        {
            writing.Release();
        }
    }

    // Before the commit was sent nothing has happened, so trying again is safe; the question is only whether it can help.
    private bool MayTryAgain(Exception cause, int failures)
    {
        if (cause.IsCollision) return true;
        if (failures > 1) return false;
        if (cause.IsTaken) return true; // another node was faster: the operation sees it now, or is refused again
        if (cause is NpgsqlException { InnerException: TimeoutException } || (cause.IsRefusal && !cause.IsReadOnly)) return false;
        connections.Renew(); // the server was restarted, or another one takes writes now
        return true;
    }

    /// <summary>Whether this transaction was committed; null when nobody could be asked in time. Nothing else was begun here since.</summary>
    private async Task<bool?> OutcomeAsync(CommitNumber commit)
    {
        using var patience = new CancellationTokenSource(deadline);
        connections.Renew();
        while (!patience.IsCancellationRequested)
        {
            try
            {
                return await connections.ReadAsync(batch => CommitRows.Newest(batch, life, Now()), results => results.FirstAsync(row => row.Long()), patience.Token) == commit.Number;
            }
            catch (Exception failure) when (failure is LedgerUnavailableException or OperationCanceledException)
            {
                // The server is starting again, or still away, or still busy with it.
            }

            await Task.Delay(AskAgain, clock, CancellationToken.None);
        }

        return null;
    }

    private DateTimeOffset Now() => DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>One run of a batch, from its beginning to its commit.</summary>
    private sealed class Attempt(IReadOnlyCollection<EventId> events, CommitNumber number, bool alone)
    {
        public PostgresTransaction? Transaction { get; private set; }

        public async Task<IReadOnlyList<Revocation>> RunAsync(Writer writer, IReadOnlyList<Func<ILedgerTransaction, ValueTask>> operations)
        {
            await using var connection = await ConnectAsync(writer.connections);
            var server = new Dialogue(connection);
            var known = new Known();
            var now = writer.Now();
            Transaction = new(server, known, now, writer.Chain, number, alone);
            try
            {
                if (operations.Count == 1) await FindOneAsync(operations, known, now);
                else known = await FindManyAsync(operations, server, writer, now);

                foreach (var operation in operations) await operation(Transaction);
                await Transaction.CommitAsync(writer.bell, writer.Name);
                writer.Epoch = Transaction.Epoch;
                return Transaction.Appended;
            }
            catch
            {
                await server.RollBackAsync();
                throw;
            }
        }

        // Alone in its batch, an operation is in nobody's way: what it asks for is locked as it asks, and it begins with the first question.
        private async ValueTask FindOneAsync(IReadOnlyList<Func<ILedgerTransaction, ValueTask>> operations, Known known, DateTimeOffset now)
        {
            var hasBegun = false;
            var scout = new Scout(known, now);
            await scout.RunAsync(operations, async wanted =>
            {
                if (hasBegun) await Transaction!.LoadAsync(wanted);
                else await Transaction!.BeginAsync(wanted, audits: false, revokes: false, events);
                hasBegun = true;
            });
            if (scout.EndsWidely && !alone) throw new NeedsLedgerAloneException();
            if (hasBegun)
            {
                var foreseen = scout.Found.Sessions.Where(id => !known.TrySession(id, out _)).ToList();
                if (foreseen.Count > 0) await Transaction!.LoadAsync(wanted => wanted.Sessions.UnionWith(foreseen)); // users before heads
                await Transaction!.LockHeadsAsync(scout.Audits, scout.Revokes);
                return;
            }

            await Transaction!.BeginAsync(scout.Found, scout.Audits, scout.Revokes, [.. events, .. scout.Events]);
        }

        private async ValueTask<Known> FindManyAsync(IReadOnlyList<Func<ILedgerTransaction, ValueTask>> operations, Dialogue server, Writer writer, DateTimeOffset now)
        {
            var seen = new Known();
            var scout = new Scout(seen, now);
            await scout.RunAsync(operations, async wanted => await server.AskAsync(
                batch => Loading.Ask(batch, wanted, now, locking: false),
                async results =>
                {
                    await Loading.ReadAsync(results, wanted, seen, writer.Epoch, locking: false);
                    return 0;
                }));
            if (scout.EndsWidely && !alone) throw new NeedsLedgerAloneException();

            var known = new Known();
            Transaction = new(server, known, now, writer.Chain, number, alone);
            await Transaction.BeginAsync(scout.Found, scout.Audits, scout.Revokes, [.. events, .. scout.Events]);
            return known;
        }

        private static async ValueTask<NpgsqlConnection> ConnectAsync(Connections connections)
        {
            try
            {
                return await connections.OpenToWriteAsync(CancellationToken.None);
            }
            catch (Exception failure) when (failure.IsOfDatabase)
            {
                throw new PostgresTrouble(failure, whileCommitting: false);
            }
        }
    }
}
