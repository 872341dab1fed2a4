using Exeunt.Protocol.Feed;
using Exeunt.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Exeunt.Feed;

/// <summary>
/// Shares the registry of guards among the nodes of one ledger: each says which guards follow it and how far they have acknowledged, once a second, at once when
/// that changes while there are others to hear it, and every few milliseconds while an answer waits for guards of others.
/// </summary>
/// <param name="store">Where words are left.</param>
/// <param name="guards">What is said, and what is heard.</param>
/// <param name="feed">Asks this node's guards for what another node wants to know.</param>
/// <param name="stopwatch">Real time: how often is said has nothing to do with ledger time.</param>
/// <param name="log">Where trouble is told.</param>
internal sealed partial class GuardExchange(ILedgerStore store, ConnectedGuards guards, RevocationFeed feed, TimeProvider stopwatch, ILogger<GuardExchange> log) : BackgroundService
{
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Seldom = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, string> askedFor = []; // by node: the last place that it wanted
    private bool isAway;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!store.IsShared) return;
        try
        {
            while (true)
            {
                var changed = guards.NextAsync(); // asked first: what comes while words are exchanged is said next
                var started = stopwatch.GetTimestamp();
                var hasOthers = await TryExchangeAsync(stoppingToken);

                // Never more than half of the time, however slow the database is.
                var pause = stopwatch.GetElapsedTime(started) is var took && took > Often ? took : Often;
                await Task.Delay(pause, stopwatch, stoppingToken);
                if (hasOthers && guards.AreAwaited) continue;
                var seldom = Task.Delay(Seldom, stopwatch, stoppingToken);
                await (hasOthers ? Task.WhenAny(changed, seldom) : seldom);
                stoppingToken.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    private async Task<bool> TryExchangeAsync(CancellationToken ct)
    {
        try
        {
            var heard = await store.ExchangeWordsAsync(guards.Say().Write(), ct);
            var words = new List<(NodeWord Said, GuardWord Word)>();
            foreach (var said in heard)
            {
                if (GuardWord.Read(said.Text) is { } word) words.Add((said, word));
                else NotUnderstood(said.Node);
            }

            guards.Hear(words);
            foreach (var (said, word) in words) AskFor(said.Node, word.Wanted);
            isAway = false;
            return words.Count > 0;
        }
        catch (Exception away) when (!ct.IsCancellationRequested)
        {
            // Those that were heard of stay as they are; a receipt needs the ledger anyway.
            if (!isAway) NotExchanged(away);
            isAway = true;
            return false;
        }
    }

    // Asked for when this node has come to that place; before, its guards could only say that they have not.
    private void AskFor(string node, string? wanted)
    {
        if (!FeedPlace.TryParse(wanted, out var place) || askedFor.GetValueOrDefault(node) == wanted) return;
        if (feed.Newest is var newest && (newest.Epoch != place.Epoch || newest.Sequence < place.Sequence)) return;
        askedFor[node] = wanted!;
        feed.AskForAcknowledgements();
    }

    [LoggerMessage(1911, LogLevel.Warning, "What other nodes know of their guards cannot be read: receipts and answers do not count on it")]
    private partial void NotExchanged(Exception failure);

    [LoggerMessage(1912, LogLevel.Warning, "What the node {Node} says of its guards is not understood: it may be of a newer version")]
    private partial void NotUnderstood(string node);
}
