using Exeunt.Audit;
using Exeunt.Guard;
using Exeunt.Jobs;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
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

    [Fact]
    public async Task A_round_that_fails_is_logged_and_the_next_one_goes_on()
    {
        await using var world = await World.OpenAsync();
        using var log = new LogLines();
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(log));
        var job = new FailsFirst();
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
    public async Task P3_what_another_process_ends_is_refused_here()
    {
        await using var world = await World.OpenAsync();
        var before = await world.SignInAsync(await world.AddUserAsync());
        await world.EndAsync(new EndScope.OneSession(before.Id));
        var session = await world.SignInAsync(await world.AddUserAsync());

        await using var elsewhere = new SqliteLedger(world.DatabasePath, TimeProvider.System);
        await elsewhere.OpenAsync(NodeMemory.Empty, Ct);
        var index = new RevocationIndex();
        using var reader = new NewsReader(elsewhere, index, NullLogger<NewsReader>.Instance);
        await reader.StartAsync(Ct);
        Assert.True(index.IsRevoked(before.Facts), "what the ledger held at the start is known before the server listens");
        Assert.False(index.IsRevoked(session.Facts));

        await world.EndAsync(new EndScope.OneSession(session.Id));
        while (!index.IsRevoked(session.Facts)) await elsewhere.WaitForNewsAsync(Ct).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Ct);
        await reader.StopAsync(Ct);
    }

    private sealed class FailsFirst : IJob
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

            throw new InvalidOperationException("made to fail");
        }
    }
}
