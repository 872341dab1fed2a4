using System.Threading.Channels;
using Exeunt.Audit;
using Exeunt.Feed;
using Exeunt.Guard;
using Exeunt.Jobs;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Sqlite;
using Exeunt.Storage;
using Exeunt.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Exeunt.Tests.Jobs;

/// <summary>Rounds go on whatever happens in one of them, and news of other processes arrive.</summary>
public class SchedulerTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<Exception> Failures => [new InvalidOperationException("made to fail"), new TaskCanceledException("made to fail")]; // the second as a time-out is

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_round_that_fails_is_logged_and_the_next_one_goes_on(Exception failure)
    {
        await using var world = await World.OpenAsync();
        using var log = new LogLines();
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(log));
        var job = new FailsFirst(failure);
        using var scheduler = new JobScheduler([job], new SignCheckpoint(world.Ledger, world.Keys, world.Rules), world.Store, loggers.CreateLogger<JobScheduler>());
        await scheduler.StartAsync(Ct);

        while (!job.Second.Task.IsCompleted)
        {
            world.Clock.Advance(TimeSpan.FromMinutes(1));
            await Task.Yield();
        }

        await scheduler.StopAsync(Ct);
        Assert.Contains(log.All, line => line.Contains("1401", StringComparison.Ordinal) && line.Contains("made to fail", StringComparison.Ordinal));
        Assert.Equal(1, (await world.VerifyAsync()).Checkpoints); // stopping signs
    }

    [Fact]
    public async Task The_first_round_can_come_sooner_than_the_others()
    {
        await using var world = await World.OpenAsync();
        var job = new Counted();
        var clock = new HeardClock(world.Clock);
        await using var store = new SqliteLedger(world.DatabasePath, clock);
        using var scheduler = new JobScheduler([job], new SignCheckpoint(world.Ledger, world.Keys, world.Rules), store, NullLogger<JobScheduler>.Instance);
        await scheduler.StartAsync(Ct);
        await clock.Timers.Reader.ReadAsync(Ct); // the scheduler waits

        world.Clock.Advance(job.First);
        await job.Rounds.Reader.ReadAsync(Ct);
        world.Clock.Advance(job.Every - TimeSpan.FromSeconds(1));
        Assert.False(job.Rounds.Reader.TryRead(out _));
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await job.Rounds.Reader.ReadAsync(Ct);

        await scheduler.StopAsync(Ct);
    }

    [Fact]
    public void A_server_that_is_restarted_every_hour_still_cuts_its_audit_trail() =>
        Assert.True(((IJob)new CutAudit(null!, null!, new(), NullLogger<CutAudit>.Instance)).First < TimeSpan.FromHours(1));

    [Fact]
    public async Task P3_what_another_process_ends_is_refused_here()
    {
        await using var world = await World.OpenAsync();
        var before = await world.SignInAsync(await world.AddUserAsync());
        await world.EndAsync(new EndScope.OneSession(before.Id));
        var session = await world.SignInAsync(await world.AddUserAsync());

        await using var elsewhere = new SqliteLedger(world.DatabasePath, TimeProvider.System);
        await elsewhere.OpenAsync(NodeMemory.Empty, Ct);
        var index = new RevocationIndex();
        var feed = new RevocationFeed(elsewhere.Clock, new ConnectedGuards(new(), elsewhere.Clock));
        using var reader = new NewsReader(elsewhere, index, feed, new SessionStreams(new()), NullLogger<NewsReader>.Instance);
        await reader.StartAsync(Ct);
        Assert.True(index.IsRevoked(before.Facts), "what the ledger held at the start is known before the server listens");
        Assert.False(index.IsRevoked(session.Facts));

        await world.EndAsync(new EndScope.OneSession(session.Id));
        while (!index.IsRevoked(session.Facts)) await elsewhere.WaitForNewsAsync(Ct).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Ct);
        await reader.StopAsync(Ct);
    }

    private sealed class HeardClock(TimeProvider source) : LedgerClock(source)
    {
        public Channel<TimeSpan> Timers { get; } = Channel.CreateUnbounded<TimeSpan>();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            Timers.Writer.TryWrite(dueTime);
            return timer;
        }
    }

    private sealed class Counted : IJob
    {
        public string Name => "test";

        public TimeSpan Every => TimeSpan.FromHours(6);

        public TimeSpan First => TimeSpan.FromMinutes(1);

        public Channel<int> Rounds { get; } = Channel.CreateUnbounded<int>();

        public Task RunOnceAsync(CancellationToken ct) => Rounds.Writer.WriteAsync(1, ct).AsTask();
    }

    private sealed class FailsFirst(Exception failure) : IJob
    {
        private int rounds;

        public string Name => "test";

        public TimeSpan Every => TimeSpan.FromMinutes(1);

        public TaskCompletionSource Second { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task RunOnceAsync(CancellationToken ct)
        {
            if (++rounds > 1)
            {
                Second.TrySetResult();
                return Task.CompletedTask;
            }

            throw failure;
        }
    }
}
