using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Hosting;
using Exeunt.Jobs;
using Exeunt.Keys;
using Exeunt.Protocol.Jose;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Exeunt.Tests.Storage;

/// <summary>
/// Three nodes that clean at once, all of them the same things, which the product lets one of them do at a time. Whoever leaves meanwhile must not notice, and
/// nothing may be done twice. The long form has a hundred thousand sessions and a million entries.
/// </summary>
public sealed class PostgresCleaningTests(ITestOutputHelper output) : PostgresFixture
{
    private static readonly TimeSpan LongAgo = new RetentionOptions().Audit + TimeSpan.FromDays(1);
    private static readonly TimeSpan WeekAgo = TimeSpan.FromDays(8);
    private static readonly string[] Names = ["a", "b", "c"];

    private readonly SigningKeys keys = Keys(SigningKey.Generate());

    private static (int Sessions, int Entries) Amount => Races.Long ? (100_000, 1_000_000) : (2_000, 12_000);

    [Fact]
    public async Task P8_three_nodes_clean_at_once_while_people_leave_and_nobody_is_refused_and_nothing_is_cleaned_twice()
    {
        var (sessions, entries) = Amount;
        await WriteThePastAsync(entries);
        var nodes = await Task.WhenAll(Names.Select(name => StartNodeAsync(name)));
        var expired = await ManyRows.WriteSessionsAsync(nodes[0].Store, Us, sessions, openedAgo: WeekAgo);
        var people = await Task.WhenAll(nodes.Select(node => node.AddUserAsync()));

        var cleaning = Task.WhenAll(nodes.Select(node => Task.Run(() => CleanAsync(node), Ct)));
        var left = await Task.WhenAll(nodes.Select((node, n) => Task.Run(() => LeaveAsync(node, people[n], until: cleaning), Ct)));
        await cleaning;

        // Every session whose time was up has its one record, and so has everybody who left.
        output.WriteLine($"{left.Sum()} left meanwhile");
        Assert.Equal(sessions, await CountAsync($"select count(*) from audit where action = '{AuditActions.SessionEnded}' and reason = {(int)EndReason.IdleTimeout}"));
        Assert.Equal(sessions, await CountAsync($"select count(distinct session_id) from audit where action = '{AuditActions.SessionEnded}' and reason = {(int)EndReason.IdleTimeout}"));
        Assert.Equal(left.Sum(), await CountAsync($"select count(*) from audit where action = '{AuditActions.SessionEnded}' and reason = {(int)EndReason.Admin}"));
        Assert.Equal(0, await CountAsync("select count(*) from sessions where ended_at is null"));
        Assert.Equal(0, await CountAsync("select count(*) from users where unmarked_sessions <> 0"));
        Assert.Equal(expired.Count + left.Sum(), await CountAsync("select count(*) from sessions"));

        // What was signed and old is gone, and nothing else; what is left verifies from the anchors on.
        Assert.Equal(0, await CountAsync($"select count(*) from audit where action = '{AuditActions.SignInFailed}'"));
        Assert.Equal(0, await CountAsync("select count(*) from audit_personal p where not exists (select from audit a where (a.chain, a.n) = (p.chain, p.n))"));
        var verdict = await new VerifyAudit(nodes[2].Store, keys).HandleAsync(null, null, Ct);
        Assert.True(verdict.Holds, verdict.Break?.What);
        Assert.Equal(0, await DeadlocksAsync());
    }

    [Fact]
    public async Task P8_expiry_passes_over_whom_somebody_else_is_working_on_and_goes_on()
    {
        const int Sessions = 120; // more than two batches
        const int PerUser = 10;
        const string Unmarked = "select count(*) from sessions where ended_at is null";
        var node = await StartNodeAsync("a");
        await ManyRows.WriteSessionsAsync(node.Store, Us, Sessions, openedAgo: WeekAgo);
        var expire = new ExpireSessions(node.Ledger, node.Revoker);

        await using (var other = new NpgsqlConnection(Database + ";Search Path=exeunt;Pooling=false"))
        {
            await other.OpenAsync(Ct);
            await using var transaction = await other.BeginTransactionAsync(Ct);
            await using var hold = new NpgsqlCommand("select 1 from users where id = (select user_id from sessions order by expires_at limit 1) for no key update", other, transaction);
            await hold.ExecuteNonQueryAsync(Ct);

            await expire.RunOnceAsync(Ct);

            Assert.Equal(PerUser, await CountAsync(Unmarked));
        }

        await expire.RunOnceAsync(Ct);
        Assert.Equal(0, await CountAsync(Unmarked));
        Assert.Equal(Sessions, await CountAsync($"select count(*) from audit where action = '{AuditActions.SessionEnded}'"));
    }

    // Three nodes of long ago, whose chains these go on with; the first signs where all of them stood.
    private async Task WriteThePastAsync(int entries)
    {
        const int PerTransaction = 4000;
        var past = await Task.WhenAll(Names.Select(name => StartNodeAsync(name, -LongAgo, believesIt: true)));
        foreach (var node in past)
        {
            for (var written = 0; written < entries / past.Length; written += PerTransaction)
            {
                await node.Store.CommitAsync(transaction =>
                {
                    for (var i = 0; i < PerTransaction; i++)
                        transaction.Append(new AuditEntry { At = transaction.Now, Action = AuditActions.SignInFailed, By = Actor.Nobody, Address = "203.0.113.7" });
                    return ValueTask.CompletedTask;
                });
            }
        }

        await new SignCheckpoint(past[0].Ledger, keys, past[0].Rules).HandleAsync();
    }

    // Round after round, as the scheduler does it, until no node finds anything.
    private async Task CleanAsync(Node node)
    {
        var expire = new ExpireSessions(node.Ledger, node.Revoker);
        var cut = new CutAudit(node.Ledger, keys, new(), NullLogger<CutAudit>.Instance);
        do await Task.WhenAll(expire.RunOnceAsync(Ct), cut.RunOnceAsync(Ct));
        while (await CountAsync($"""
            select (select count(*) from sessions where ended_at is null and expires_at < {node.Store.Clock.GetUtcNow().ToUnixTimeMilliseconds()})
                + (select count(*) from audit where action = '{AuditActions.SignInFailed}')
            """) > 0);
    }

    private static async Task<int> LeaveAsync(Node node, User user, Task until)
    {
        var left = 0;
        do
        {
            var session = await node.OpenAsync(user);
            Assert.Equal(1, (await node.EndAsync(new EndScope.OneSession(session.Id))).Count);
            left++;
        }
        while (!until.IsCompleted);
        return left;
    }

    private async Task<long> CountAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(Database + ";Search Path=exeunt;Pooling=false");
        await connection.OpenAsync(Ct);
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync(Ct))!;
    }

    // A connection tells of its deadlocks now and then, and when it ends.
    private async Task<long> DeadlocksAsync()
    {
        await CountAsync("""
            select count(pg_terminate_backend(pid, 30000)) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
            """);
        return await CountAsync("select deadlocks from pg_stat_database where datname = current_database()");
    }

    private static SigningKeys Keys(SigningKey key) => new(key, new JwkSet(key.Public));
}
