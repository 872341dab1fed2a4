using Exeunt.Storage;
using Exeunt.Tests.Contracts;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Storage;

public sealed class FailedOperationTests
{
    [Fact]
    public async Task P2_an_operation_whose_caller_was_told_that_it_failed_is_never_run_again()
    {
        await using var app = await ExeuntApp.StartAsync();
        var runs = 0;

        await Assert.ThrowsAsync<LedgerUnavailableException>(() => app.Ledger.RunAsync<bool>(_ => ++runs == 1 ? throw new LedgerUnavailableException("Away for a moment.") : new(true)));
        await app.RecoverAsync();
        await app.Ledger.RunAsync(_ => new ValueTask<bool>(true)); // in order of arrival: whatever was left of the first has run by now

        Assert.Equal(1, runs);
    }
}
