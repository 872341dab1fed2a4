using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using Exeunt.Guard;
using Exeunt.LoadBench.Prepared;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Exeunt.LoadBench.Load;

/// <summary>Many guards in this process, each with connections, an index and timers of its own, as in as many APIs. They tell of each ending by their own metric.</summary>
internal sealed class ManyGuards : IAsyncDisposable
{
    private const string Enforced = "exeunt.guard.propagation";
    private const int AtATime = 50;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(20);

    private readonly MeterListener listener = new();
    private readonly ServiceProvider[] guards;
    private RevocationIndex[] indexes = [];
    private Ending ending = new(0);

    private ManyGuards(ServiceProvider[] guards)
    {
        this.guards = guards;
        listener.InstrumentPublished = (instrument, itself) =>
        {
            if (instrument.Name == Enforced) itself.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => Volatile.Read(ref ending).Add(Stopwatch.GetTimestamp()));
        listener.Start();
    }

    /// <summary>Starts them and waits until each follows the feed.</summary>
    public static async Task<ManyGuards> StartAsync(int count, IPEndPoint server, string clientId, string secret)
    {
        var all = new ManyGuards([.. Enumerable.Range(0, count).Select(i => Build(i, server, clientId, secret))]);
        foreach (var some in all.guards.Chunk(AtATime)) // a thousand at once would be turned away by the listening socket
        {
            foreach (var part in some.SelectMany(guard => guard.GetServices<IHostedService>())) await part.StartAsync(CancellationToken.None);
            var started = Stopwatch.GetTimestamp();
            while (some.Any(guard => guard.GetRequiredService<RevocationGuard>().Age == TimeSpan.MaxValue))
            {
                if (Stopwatch.GetElapsedTime(started) > Patience) throw new TimeoutException("The guards did not all reach the feed.");
                await Task.Delay(BetweenLooks);
            }
        }

        all.indexes = [.. all.guards.Select(guard => guard.GetRequiredService<RevocationIndex>())];
        return all;
    }

    /// <summary>When each guard enforces the next ending, as timestamps; completes when all of them do. To be called before that ending.</summary>
    public Task<IReadOnlyCollection<long>> NextAsync()
    {
        var next = new Ending(guards.Length);
        Volatile.Write(ref ending, next);
        return next.Complete.Task.WaitAsync(Patience);
    }

    /// <summary>How many guards would let in a token of this session.</summary>
    public int CountThatLetIn(string issuer, string subject, SessionId session)
    {
        var token = new TokenFacts { Issuer = issuer, Subject = subject, Session = session.ToString(), OwnSession = session };
        return indexes.Count(index => !index.IsRevoked(token));
    }

    public async ValueTask DisposeAsync()
    {
        listener.Dispose();
        await Parallel.ForEachAsync(guards, async (guard, ct) =>
        {
            foreach (var part in guard.GetServices<IHostedService>()) await part.StopAsync(ct);
            await guard.DisposeAsync();
        });
    }

    private static ServiceProvider Build(int i, IPEndPoint server, string clientId, string secret) => new ServiceCollection()
        .AddLogging(log => log.SetMinimumLevel(LogLevel.None))
        .AddExeuntRevocation(guard =>
        {
            guard.Servers.Add(new Uri($"http://{server}"));
            guard.Issuer = Kernel.Issuer;
            guard.ClientId = clientId;
            guard.ClientSecret = secret;
            guard.Instance = $"{i}";
        })
        .BuildServiceProvider();

    private sealed class Ending(int wanted)
    {
        private readonly ConcurrentQueue<long> times = new();
        private int count;

        public TaskCompletionSource<IReadOnlyCollection<long>> Complete { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Add(long at)
        {
            times.Enqueue(at);
            if (Interlocked.Increment(ref count) == wanted) Complete.TrySetResult(times);
        }
    }
}
