using Exeunt.Audit;
using Exeunt.Revocations;
using Exeunt.Storage;

namespace Exeunt.Tests.Storage.Journal;

/// <summary>A commit that takes longer than the deadline: its endings are journaled, and it may be committed after all. Either way there is one of each.</summary>
public sealed class UnknownOutcomeTests : IDisposable
{
    private readonly NodeSettings settings = new();
    private readonly NodeFixture world = new();

    public void Dispose() => world.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task P1_an_ending_that_is_journaled_and_committed_late_is_one_ending(bool everywhere)
    {
        await using var node = await world.StartAsync(settings);
        var user = await node.AddUserAsync();
        var session = await node.SignInAsync(user);

        // One batch: the logout, a login after it, and something slow that holds up the commit.
        var (first, letFirstGo) = await HoldUpAsync(node);
        var logout = everywhere ? node.LogOutEverywhereAsync(session) : node.LogOutAsync(session);
        var login = node.SignInAsync(user);
        var (slow, letGo) = HoldUp(node, out var isHeldUp);
        letFirstGo();
        await isHeldUp;
        settings.Stopwatch.Advance(settings.Deadline);
        var ended = Assert.IsType<EndOutcome.Ended>(await logout);
        Assert.NotNull(ended.Warning);
        letGo();
        await Task.WhenAll(first, slow);
        var later = await login;

        Assert.True(await node.Recovery.TryAsync());

        Assert.Single(await node.TrailAsync(), entry => entry.Event == ended.Event);
        Assert.Single(await node.Store.RevocationsAfterAsync(0, 10, CancellationToken.None));
        Assert.Equal(ended.Event, (await node.EndOfAsync(session))?.Event);
        Assert.True(node.Refuses(session));
        Assert.Null(await node.EndOfAsync(later));
        Assert.False(node.Refuses(later)); // the ledger and this node's index say the same
    }

    [Fact]
    public async Task P2_what_waits_behind_a_stuck_store_is_not_held_up_and_nothing_of_it_runs_later()
    {
        await using var node = await world.StartAsync(settings);
        var user = await node.AddUserAsync();
        var session = await node.SignInAsync(user);
        var (stuck, letGo) = await HoldUpAsync(node);

        var (login, logout) = (node.SignInAsync(user), node.LogOutAsync(session));
        settings.Stopwatch.Advance(settings.Deadline);
        Assert.NotNull(Assert.IsType<EndOutcome.Ended>(await logout).Warning);
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => login);
        Assert.False(stuck.IsCompleted); // the store has it, and nobody knows
        var back = node.Recovery.TryAsync();
        letGo();

        Assert.True(await back);
        await stuck;
        Assert.Single(await node.TrailAsync(), entry => entry.Action == AuditActions.SignedIn);
        Assert.Single(await node.TrailAsync(), entry => entry.Action == AuditActions.SessionEnded);
    }

    private static async Task<(Task Done, Action LetGo)> HoldUpAsync(Node node)
    {
        var held = HoldUp(node, out var hasBegun);
        await hasBegun;
        return held;
    }

    private static (Task Done, Action LetGo) HoldUp(Node node, out Task hasBegun)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        hasBegun = begun.Task;
        var done = node.Ledger.RunAsync(async _ =>
        {
            begun.TrySetResult();
            await gate.Task;
            return true;
        });
        return (done, gate.SetResult);
    }
}
