using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Exeunt.Storage.Journal;
using Exeunt.Tests.Contracts;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.Storage.Journal;

/// <summary>What an operator's alarm listens to while the ledger is away.</summary>
public sealed class JournalMetricsTests
{
    [Fact]
    public async Task The_meter_tells_how_many_endings_wait_since_when_and_whether_another_would_be_taken()
    {
        await using var app = await ExeuntApp.StartAsync(("Journal:Deadline", "00:00:00.2"));
        var (ada, bob, eve) = (await app.SignUpAsync("ada@example.com"), await app.SignUpAsync("bob@example.com"), await app.SignUpAsync("eve@example.com"));
        Assert.Equal(Values(outage: 0, depth: 0, age: 0, writable: 1), Measure(app));

        using (app.TakeLedgerAway())
        {
            foreach (var person in (SignedIn[])[ada, bob]) Assert.Equal(200, await LogOutAsync(app, person));
            app.Clock.Advance(TimeSpan.FromSeconds(90));
            Assert.Equal(Values(outage: 90, depth: 2, age: 90, writable: 1), Measure(app));
        }

        await app.RecoverAsync();
        Assert.Equal(Values(outage: 0, depth: 0, age: 0, writable: 1), Measure(app));

        using (app.TakeLedgerAndJournalAway())
        {
            Assert.Equal(503, await LogOutAsync(app, eve));
            Assert.Equal(Values(outage: 0, depth: 0, age: 0, writable: 0), Measure(app));
        }
    }

    private static async Task<int> LogOutAsync(ExeuntApp app, SignedIn person)
    {
        using var logout = await app.Client().PostAsync("api/v1/auth/logout", new { refresh_token = person.RefreshToken });
        return (int)logout.StatusCode;
    }

    // Meters of other servers in this process have the same name, and another factory.
    private static SortedDictionary<string, double> Measure(ExeuntApp app)
    {
        var factory = app.Services.GetRequiredService<IMeterFactory>();
        var measured = new ConcurrentDictionary<string, double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == JournalMetrics.MeterName && ReferenceEquals(instrument.Meter.Scope, factory)) listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => measured[instrument.Name] = value);
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => measured[instrument.Name] = value);
        listener.Start();
        listener.RecordObservableInstruments();
        return new(measured);
    }

    private static SortedDictionary<string, double> Values(double outage, double depth, double age, double writable) => new()
    {
        ["exeunt.ledger.outage"] = outage,
        ["exeunt.journal.depth"] = depth,
        ["exeunt.journal.age"] = age,
        ["exeunt.journal.writable"] = writable,
    };
}
