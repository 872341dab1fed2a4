using Exeunt.Feed;
using Exeunt.Guard;
using Exeunt.Jobs;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;
using Exeunt.Storage.Journal;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Exeunt.Hosting;

/// <summary>Registers the journal, for a server that runs for long. A command does without: when the ledger is away it fails and says so.</summary>
public static class JournalServices
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds the journal of this file, after <c>AddExeunt</c>. <see cref="BeginJournal"/> opens it.</summary>
        /// <param name="path">In the data folder.</param>
        public void AddJournal(string path)
        {
            services.TryAddSingleton(new CommitTimer(TimeProvider.System));
            services.AddSingleton<LedgerOutage>();
            services.AddSingleton<JournalReplay>();
            services.AddSingleton<JournaledEndings>();
            services.AddSingleton<RecoverySteps>();
            services.AddSingleton<JournalMetrics>();
            services.AddSingleton(provider => new EndingJournal(
                path, provider.GetRequiredService<ExeuntOptions>().Journal.Megabytes * 1024L * 1024, revocations => Enforce(provider, revocations),
                provider.GetRequiredService<LedgerOutage>(), TimeProvider.System, provider.GetRequiredService<ILogger<EndingJournal>>()));
            services.AddSingleton(provider => new LedgerRecovery(
                provider.GetRequiredService<Ledger>(), provider.GetRequiredService<ILedgerStore>(), provider.GetRequiredService<LedgerOutage>(),
                provider.GetRequiredService<EndingJournal>(), provider.GetRequiredService<JournalReplay>(), provider.GetRequiredService<RecoverySteps>(),
                TimeProvider.System, provider.GetRequiredService<ILogger<LedgerRecovery>>()));
            services.AddHostedService(provider => provider.GetRequiredService<LedgerRecovery>());
        }
    }

    /// <summary>By what the ledger's commits are timed: real time, unless a test that is not about a slow disk runs on a machine that has one.</summary>
    /// <param name="Stopwatch">Its timestamps and timers are used.</param>
    internal sealed record CommitTimer(TimeProvider Stopwatch);

    // By this node at once, and by the guards that follow it. The log brings it to all others, and to these a second time, when the ledger is back.
    private static void Enforce(IServiceProvider parts, IReadOnlyList<Revocation> revocations)
    {
        parts.GetRequiredService<RevocationIndex>().Apply(revocations);
        var feed = parts.GetRequiredService<RevocationFeed>();
        foreach (var revocation in revocations) feed.Announce(revocation);
        parts.GetRequiredService<SessionStreams>().Tell(revocations);
    }

    /// <summary>Opens the journal, enforces what an earlier run has left in it, and from now on watches the ledger.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be read.</exception>
    public static void BeginJournal(this IServiceProvider parts)
    {
        parts.GetRequiredService<EndingJournal>().Open();
        parts.GetRequiredService<JournalMetrics>();
        parts.GetRequiredService<RecoverySteps>().Add(() => parts.GetRequiredService<NewsReader>().CatchUpAsync(CancellationToken.None));
        parts.GetRequiredService<Ledger>().Watch(
            parts.GetRequiredService<LedgerOutage>(), parts.GetRequiredService<ExeuntOptions>().Journal.Deadline, parts.GetRequiredService<CommitTimer>().Stopwatch);
    }
}
