using Exeunt.Audit;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Storage;
using Exeunt.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Exeunt.Tests.Storage;

/// <summary>What is on disk is recorded, whatever fails afterwards.</summary>
public sealed class RecordedOperationTests
{
    [Fact]
    public async Task P2_a_recorded_ending_that_the_node_cannot_take_in_is_neither_run_again_nor_answered_as_a_failure()
    {
        await using var world = await World.OpenAsync();
        var session = await world.SignInAsync(await world.AddUserAsync());
        using var log = new LogLines();
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(log));
        var told = 0;
        var runs = 0;
        await using var ledger = new Ledger(world.Store, _ => Fail(++told), loggers.CreateLogger<Ledger>());

        var outcome = await ledger.RunAsync(transaction =>
        {
            runs++;
            return new Revoker(ledger, world.Rules).EndAsync(
                transaction, new() { Scope = new EndScope.OneSession(session.Id), By = Actor.Operator, Reason = EndReason.Admin, From = Origin.Here });
        });
        await ledger.RunAsync(_ => new ValueTask<bool>(true)); // the writer lives, and whatever was left of the first has run by now

        Assert.IsType<EndOutcome.Ended>(outcome);
        Assert.Equal((1, 1), (runs, told));
        Assert.Single(await world.TrailAsync(new(Action: AuditActions.SessionEnded)));
        Assert.Contains(log.All, line => line.Contains("could not take them in", StringComparison.Ordinal));
    }

    private static void Fail(int times) => throw new InvalidOperationException($"The index is broken ({times}).");
}
