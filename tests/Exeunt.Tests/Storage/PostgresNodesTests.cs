using Exeunt.Audit;
using Exeunt.Postgres;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;
using Exeunt.Tests.Support;
using Npgsql;

namespace Exeunt.Tests.Storage;

/// <summary>What several nodes must never get wrong together, on one database and with clocks that are minutes apart.</summary>
public sealed class PostgresNodesTests(ITestOutputHelper output) : PostgresFixture
{
    [Fact]
    public async Task Nodes_that_start_at_once_make_one_ledger()
    {
        var stores = Enumerable.Range(0, 4).Select(i => new PostgresLedger(new(Database, $"node {i}"), TimeProvider.System)).ToList();

        var openings = await Task.WhenAll(stores.Select(store => store.OpenAsync(NodeMemory.Empty, Ct)));

        Assert.Single(openings, opening => opening.Created);
        Assert.Single(stores.Select(store => store.Epoch).Distinct());
        Assert.Equal(4, (await stores[0].AuditHeadsAsync(Ct)).Select(head => head.Chain).Distinct().Count());
        foreach (var store in stores) await store.DisposeAsync();
    }

    [Fact]
    public async Task Whoever_waits_for_news_waits_a_second_also_when_an_ending_of_its_own_comes_at_the_end_of_it()
    {
        var clock = new TestClock();
        await using var store = new PostgresLedger(new(Database, "a", FollowDatabaseClock: false), clock);
        await store.OpenAsync(NodeMemory.Empty, Ct);
        await store.WaitForNewsAsync(Ct); // from here on it listens

        var waiting = store.WaitForNewsAsync(Ct).AsTask();
        clock.Advance(TimeSpan.FromMilliseconds(999.5));
        await store.CommitAsync(transaction =>
        {
            transaction.Append(Point("own", transaction.Now));
            return ValueTask.CompletedTask;
        });

        await waiting.WaitAsync(TimeSpan.FromSeconds(30), Ct);
    }

    [Fact]
    public async Task P1_a_reader_of_the_log_never_misses_a_place_that_commits_late()
    {
        const int EachWrites = 40;
        var random = Races.Seeded(output);
        Node[] nodes = [await StartNodeAsync("a"), await StartNodeAsync("b"), await StartNodeAsync("c")];
        var reader = await StartNodeAsync("reader");
        var looks = 0;
        var looked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        List<Revocation> read = [];

        var reading = Task.Run(async () =>
        {
            while (read.Count < nodes.Length * EachWrites)
            {
                read.AddRange(await reader.Store.RevocationsAfterAsync(read.Count == 0 ? 0 : read[^1].Sequence, 7, Ct));
                Interlocked.Increment(ref looks);
                Interlocked.Exchange(ref looked, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
            }
        }, Ct);
        var holds = nodes.Select(_ => Enumerable.Range(0, EachWrites).Select(_ => random.Next(0, 4)).ToList()).ToList();
        await Task.WhenAll(nodes.Select((node, n) => Task.Run(async () =>
        {
            for (var i = 0; i < EachWrites; i++)
            {
                var (key, hold) = ($"{n}-{i}", holds[n][i]);
                await node.Store.CommitAsync(async transaction =>
                {
                    transaction.Append(Point(key, transaction.Now));

                    // Its place is taken, and it is not committed until the reader has looked again and again.
                    for (var until = Volatile.Read(ref looks) + hold; Volatile.Read(ref looks) < until;) await Volatile.Read(ref looked).Task;
                });
            }
        }, Ct)));
        await reading.WaitAsync(TimeSpan.FromSeconds(60), Ct);

        Assert.Equal(nodes.Length * EachWrites, read.Select(revocation => revocation.Key).Distinct().Count());
        Assert.Equal(await reader.Store.RevocationsAfterAsync(0, 1000, Ct), read);
        Assert.All(read.Zip(read.Skip(1)), pair => Assert.Equal(pair.First.Sequence, pair.Second.Previous));
        for (var n = 0; n < nodes.Length; n++) Assert.Equal(Enumerable.Range(0, EachWrites).Select(i => $"{n}-{i}"), read.Select(r => r.Key).Where(key => key.StartsWith($"{n}-", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("user")]
    [InlineData("client")]
    [InlineData("everyone")]
    public async Task P1_a_login_that_races_a_cut_off_on_another_node_is_wholly_ended_or_wholly_alive(string scope)
    {
        var random = Races.Seeded(output);
        Node[] nodes = [await StartNodeAsync("a"), await StartNodeAsync("b", TimeSpan.FromMinutes(-3)), await StartNodeAsync("c", TimeSpan.FromMinutes(5))];
        var people = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => nodes[0].AddUserAsync()));
        for (var round = 0; round < (Races.Long ? 200 : 25); round++)
        {
            var user = people[round % 3];
            EndScope ends = scope switch { "user" => new EndScope.AllOf(user.Id), "client" => new EndScope.Client("default"), _ => new EndScope.Everyone() };
            await nodes[0].EndAsync(ends);
            var before = await Task.WhenAll(nodes.Select(node => node.OpenAsync(user)));
            var runners = nodes.SelectMany(node => Enumerable.Range(0, 4).Select<int, Func<Task<object>>>(_ => async () => await node.OpenAsync(user)))
                .Append(async () => await nodes[random.Next(3)].EndAsync(ends)).ToArray();
            random.Shuffle(runners);

            var outcomes = await Races.AtOnceAsync(runners);

            var ended = outcomes.OfType<EndOutcome.Ended>().Single();
            var after = await Task.WhenAll(nodes.Select(node => node.OpenAsync(user)));
            foreach (var session in before) Assert.False(await nodes[1].IsAliveAsync(session), "It was answered before the ending began.");
            foreach (var session in after) Assert.True(await nodes[1].IsAliveAsync(session), "It was opened after the ending had been answered.");

            // The ending counted what it ended: every session was there for it, or is not covered by it.
            var dead = 0;
            foreach (var session in outcomes.OfType<Session>()) dead += await nodes[2].IsAliveAsync(session) ? 0 : 1;
            Assert.Equal(before.Length + dead, ended.Count);
        }
    }

    [Fact]
    public async Task Storms_on_all_nodes_leave_true_counts_and_chains_that_verify()
    {
        var random = Races.Seeded(output);
        Node[] nodes = [await StartNodeAsync("a"), await StartNodeAsync("b", TimeSpan.FromMinutes(-3)), await StartNodeAsync("c", TimeSpan.FromMinutes(5))];
        var people = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => nodes[0].AddUserAsync()));
        var plans = Enumerable.Range(0, 300).Select(_ => (Node: nodes[random.Next(3)], User: people[random.Next(4)], Ends: random.Next(5))).ToList();

        await Races.AtOnceAsync(plans.Select<(Node Node, Exeunt.Accounts.User User, int Ends), Func<Task<bool>>>(plan => async () =>
        {
            var session = await plan.Node.OpenAsync(plan.User);
            if (plan.Ends < 2) await plan.Node.Ledger.RunAsync(t => EndOneAsync(t, session));
            if (plan.Ends == 2) await plan.Node.EndAsync(new EndScope.AllOf(plan.User.Id));
            return true;
        }));

        foreach (var user in people)
        {
            var stored = (await nodes[0].Store.FindUserAsync(user.Id, Ct))!;
            var rows = (await nodes[0].Store.SessionsAsync(new(user.Id, Limit: 200), Ct)).Items;
            Assert.Equal(rows.Count(row => row.Session.End is null), stored.UnmarkedSessions);
            Assert.Equal(rows.Count(row => row.End is null), await nodes[1].Store.CountAliveAsync(new EndScope.AllOf(user.Id), Ct));
        }

        foreach (var head in await nodes[2].Store.AuditHeadsAsync(Ct))
        {
            var (number, hash) = (head.AnchorNumber, head.AnchorHash);
            foreach (var record in await nodes[2].Store.AuditChainAsync(head.Chain, 0, 1000, Ct))
            {
                hash = AuditChain.Hash(head.Chain, ++number, hash, record.Entry, record.Commitments);
                Assert.Equal(hash, record.Hash);
            }

            Assert.Equal(head.Number, number);
            Assert.Equal(head.Hash, hash);
        }

        static async ValueTask<bool> EndOneAsync(ILedgerTransaction transaction, Session opened)
        {
            var session = (await transaction.SessionAsync(opened.Id))!;
            if (session.Judge(await transaction.CutOffOverAsync(session), transaction.Now) is not null) return false;
            var point = Point(session.Id.ToString(), transaction.Now) with { Scope = RevocationScope.Session };
            transaction.Update(session with { End = new(point.Event, point.At, point.Reason) });
            transaction.Append(point);
            return true;
        }
    }

    [Fact]
    public async Task Ledger_time_is_the_databases_on_every_node()
    {
        var (slow, fast) = (await StartNodeAsync("slow", TimeSpan.FromMinutes(-10)), await StartNodeAsync("fast", TimeSpan.FromMinutes(10)));
        var user = await slow.AddUserAsync();

        var first = await fast.OpenAsync(user);
        await slow.EndAsync(new EndScope.AllOf(user.Id));
        var second = await slow.OpenAsync(user);

        Assert.InRange((second.OpenedAt - first.OpenedAt).Duration(), TimeSpan.Zero, TimeSpan.FromMinutes(1)); // twenty apart by their own clocks
        Assert.False(await fast.IsAliveAsync(first));
        Assert.True(await fast.IsAliveAsync(second));
    }

    [Fact]
    public async Task A_job_is_on_one_node_at_a_time()
    {
        var (one, other) = (await StartNodeAsync("one"), await StartNodeAsync("other"));

        var taken = await one.Store.TryTakeJobAsync("sweep", Ct);
        Assert.NotNull(taken);
        Assert.Null(await other.Store.TryTakeJobAsync("sweep", Ct));
        await using (var another = await other.Store.TryTakeJobAsync("purge", Ct)) Assert.NotNull(another);
        await taken.DisposeAsync();
        await using var next = await other.Store.TryTakeJobAsync("sweep", Ct);
        Assert.NotNull(next);
    }

    [Fact]
    public async Task A_job_of_a_node_that_has_died_is_taken_by_the_next()
    {
        var (one, other) = (await StartNodeAsync("one"), await StartNodeAsync("other"));
        await using var taken = await one.Store.TryTakeJobAsync("sweep", Ct);
        Assert.NotNull(taken);
        Assert.Null(await other.Store.TryTakeJobAsync("sweep", Ct));

        await Server.ExecuteAsync("select pg_terminate_backend(pid, 30000) from pg_locks where locktype = 'advisory' and mode = 'ExclusiveLock' and database = (select oid from pg_database where datname = current_database())", PostgresSettings.Parse(Database).Database!);

        await using var next = await other.Store.TryTakeJobAsync("sweep", Ct);
        Assert.NotNull(next);
    }

    [Fact]
    public async Task P4_nodes_hear_the_last_word_of_each_other()
    {
        var (one, other) = (await StartNodeAsync("one"), await StartNodeAsync("other"));
        Assert.Empty(await one.Store.ExchangeWordsAsync("first", Ct));
        await one.Store.ExchangeWordsAsync("second", Ct);

        var heard = Assert.Single(await other.Store.ExchangeWordsAsync("hello", Ct));

        Assert.Equal(("one", "second"), (heard.Node, heard.Text));
        Assert.Equal("hello", Assert.Single(await one.Store.ExchangeWordsAsync("third", Ct)).Text);
    }

    [Fact]
    public async Task P7_the_keys_of_a_stolen_database_do_not_open()
    {
        var node = await StartNodeAsync("a");
        var master = new byte[32];
        master[0] = 7;
        var vault = node.Store.Vault(master);
        vault.Replace("signing-x.pem", "-----BEGIN PRIVATE KEY-----"u8);
        vault.Replace("other.key", "something else"u8);

        Assert.Equal("-----BEGIN PRIVATE KEY-----"u8.ToArray(), vault.Read("signing-x.pem"));
        Assert.Null(vault.Read("missing"));
        Assert.Throws<InvalidDataException>(() => node.Store.Vault(new byte[32]).Read("signing-x.pem"));
        await using var source = NpgsqlDataSource.Create(Database + ";Search Path=exeunt");
        await using var stolen = source.CreateCommand("select sealed from vault where name = 'signing-x.pem'");
        Assert.DoesNotContain("PRIVATE", System.Text.Encoding.Latin1.GetString((byte[])(await stolen.ExecuteScalarAsync(Ct))!), StringComparison.Ordinal);

        // What was sealed under one name does not pass for another.
        await using var swapped = source.CreateCommand("update vault set sealed = (select sealed from vault where name = 'other.key') where name = 'signing-x.pem'");
        await swapped.ExecuteNonQueryAsync(Ct);
        Assert.Throws<InvalidDataException>(() => vault.Read("signing-x.pem"));
    }
}
