using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Exeunt.Guard;
using Exeunt.Tests.Feed;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.Guard;

/// <summary>What a guard measures, as a listener of its meter receives it.</summary>
public sealed class GuardMetricsTests
{
    [Fact]
    public async Task OBS_3_Lag_size_refusals_and_propagation_are_measured()
    {
        await using var server = await ExeuntApp.StartAsync();
        await using var api = await GuardApp.StartAsync(server);
        var seen = new ConcurrentDictionary<string, double>();
        using var listener = Listen(api.Services.GetRequiredService<IMeterFactory>(), seen);
        var ada = await server.SignUpAsync("ada@example.com");
        Assert.Equal(200, await api.StatusAsync(ada.AccessToken));

        await FeedTests.LogOutAsync(server, ada);
        await api.RefusedAsync(ada.AccessToken);
        await api.StatusAsync("nonsense");
        server.Clock.Advance(TimeSpan.FromSeconds(3));
        listener.RecordObservableInstruments();

        Assert.Equal((1.0, 1.0, 1.0), (seen["exeunt.guard.revocations"], seen["exeunt.guard.refusals revoked"], seen["exeunt.guard.refusals invalid"]));
        Assert.InRange(seen["exeunt.guard.lag"], 3, 4); // no heartbeat since: the next is two seconds away
        Assert.InRange(seen["exeunt.guard.index.size"], 1, 1_000_000);
        Assert.InRange(seen["exeunt.guard.propagation"], 0, 1);
    }

    [Fact]
    public async Task OBS_3_The_propagation_of_an_ending_that_was_kept_back_is_as_long_as_that_took()
    {
        await using var server = await ExeuntApp.StartAsync();
        await using var network = new TcpProxy(server.Address);
        await using var api = await GuardApp.StartAsync(await FeedReader.AddClientAsync(server), server.Clock, o => o.Servers.Add(network.Address));
        await api.SyncedAsync();
        var seen = new ConcurrentDictionary<string, double>();
        using var listener = Listen(api.Services.GetRequiredService<IMeterFactory>(), seen);
        var ada = await server.SignUpAsync("ada@example.com");
        network.Cut();

        await FeedTests.LogOutAsync(server, ada);
        server.Clock.Advance(TimeSpan.FromSeconds(7));
        network.Heal();

        await api.RefusedAsync(ada.AccessToken);
        await api.UntilAsync(() => seen.ContainsKey("exeunt.guard.propagation")); // measured just after it is enforced
        Assert.InRange(seen["exeunt.guard.propagation"], 6.9, 7.1);
    }

    private static MeterListener Listen(IMeterFactory of, ConcurrentDictionary<string, double> seen)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == GuardMetrics.MeterName && ReferenceEquals(instrument.Meter.Scope, of)) self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => seen[instrument.Name] = value);
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => seen[instrument.Name] = value);
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (tags.IsEmpty) seen[instrument.Name] = value;
            else seen.AddOrUpdate($"{instrument.Name} {tags[0].Value}", value, (_, before) => before + value);
        });
        listener.Start();
        return listener;
    }
}
