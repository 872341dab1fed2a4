using Exeunt.Clients;
using Exeunt.Feed;
using Exeunt.Postgres;
using Exeunt.Protocol.Ids;
using Exeunt.Tests.Storage;
using Exeunt.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Exeunt.Tests.Feed;

/// <summary>Nodes tell each other of their guards whatever they have met: one that fell silent would make every receipt count its guards as lost.</summary>
public sealed class GuardExchangeTests : PostgresFixture
{
    [Fact]
    public async Task P10_an_exchange_that_meets_what_nobody_expected_goes_on_when_that_is_over()
    {
        using var log = new LogLines();
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(log));
        var (here, there) = (await StartNodeAsync("here"), await StartNodeAsync("there"));
        var (ours, theirs) = (new ConnectedGuards(new(), here.Store.Clock), new ConnectedGuards(new(), there.Store.Clock));
        using var listener = ExchangeOf(here, ours, loggers);
        using var speaker = ExchangeOf(there, theirs, loggers);

        // Not the ledger being away, which is expected: a row that it refuses.
        await ExecuteAsync("alter table node_words add constraint silence check (false) not valid");
        GuardExchange[] both = [listener, speaker];
        foreach (var one in both) await one.StartAsync(Ct);
        await UntilAsync(() => log.All.Count(line => line.Contains(" 1911:", StringComparison.Ordinal) && line.Contains(nameof(InvalidOperationException), StringComparison.Ordinal)) == both.Length);

        await ExecuteAsync("alter table node_words drop constraint silence");
        theirs.TryEnter(new RegisteredClient(Id.New<AppId>(there.Store.Clock.GetUtcNow()), "orders", [ClientScopes.Feed], [], there.Store.Clock.GetUtcNow()), "orders", "a");
        await UntilAsync(() => ours.All.Count == 1);

        Assert.Equal("a", Assert.Single(ours.All).Instance);
        foreach (var one in both) await one.StopAsync(Ct);

        async Task UntilAsync(Func<bool> isSo)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            for (; !isSo(); await Task.Yield())
            {
                patience.Token.ThrowIfCancellationRequested();
                Assert.DoesNotContain(both, one => one.ExecuteTask!.IsCompleted);
            }
        }
    }

    private static GuardExchange ExchangeOf(Node node, ConnectedGuards guards, ILoggerFactory loggers) =>
        new(node.Store, guards, new RevocationFeed(node.Store.Clock, guards), TimeProvider.System, loggers.CreateLogger<GuardExchange>());

    private Task ExecuteAsync(string sql) => Server.ExecuteAsync(sql, PostgresSettings.Parse(Database).Database!);
}
