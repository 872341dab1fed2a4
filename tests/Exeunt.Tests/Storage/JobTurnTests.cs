using System.Collections.Concurrent;
using Exeunt.Storage;
using Exeunt.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Exeunt.Tests.Storage;

/// <summary>When a job gets its turn at the ledger.</summary>
public sealed class JobTurnTests
{
    [Fact]
    public async Task P8_a_piece_of_a_job_goes_after_whoever_waits_alone_and_in_its_turn_however_many_come()
    {
        await using var world = await World.OpenAsync();
        await using var ledger = new Ledger(world.Store, _ => { }, NullLogger<Ledger>.Instance);
        var (isRunning, mayGoOn) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        List<string> turns = [];
        ConcurrentQueue<Task> all = [];

        all.Enqueue(ledger.RunAsync(async _ =>
        {
            isRunning.SetResult();
            await mayGoOn.Task;
            return true;
        }));
        await isRunning.Task;
        AddJob("job, first piece", then: () => AddLogout("who came during the first piece", then: () => AddLogout("who came after the second piece was due")));
        AddJob("job, second piece");
        AddLogout("who waited");
        AddLogout("who waited, too");
        mayGoOn.SetResult();
        while (all.TryDequeue(out var one)) await one; // those that come later are there before the ones that bring them are answered

        Assert.Equal(
            ["who waited", "who waited, too", "job, first piece", "who came during the first piece", "job, second piece", "who came after the second piece was due"], turns);

        void AddJob(string name, Action? then = null) => all.Enqueue(ledger.RunJobAsync(_ => Take(name, then)));

        void AddLogout(string name, Action? then = null) => all.Enqueue(ledger.RunAsync(_ => Take(name, then)));

        ValueTask<bool> Take(string name, Action? then)
        {
            turns.Add(name);
            then?.Invoke();
            return new(true);
        }
    }
}
