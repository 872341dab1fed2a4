using System.Reflection;
using Exeunt.Clients;
using Exeunt.Protocol.Ids;
using Exeunt.Storage;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Feed;

/// <summary>Whether a guard is still welcome is asked for each batch that it is sent, also while the ledger is away and each question to it takes seconds.</summary>
public sealed class ClientAuthenticationTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task P2_while_the_ledger_is_away_one_question_waits_for_it_and_those_behind_it_are_answered_from_memory()
    {
        var clock = new TestClock();
        var guard = new RegisteredClient(Id.New<AppId>(clock.GetUtcNow()), "orders", [ClientScopes.Feed], RegisteredClient.HashOf("exs_secret"), clock.GetUtcNow());
        var store = DispatchProxy.Create<ILedgerStore, ClientsOnly>();
        var ledger = (ClientsOnly)store;
        (ledger.Clock, ledger.Client) = (new(clock), guard);
        using var clients = new ClientAuthentication(store);
        Assert.True(await clients.IsStillAsync(guard, Ct));
        Assert.Equal(1, ledger.Questions);
        var stranger = guard with { Id = Id.New<AppId>(clock.GetUtcNow()) };

        ledger.Away = new();
        clock.Advance(ClientAuthentication.Old);
        var asked = Enumerable.Range(0, 50).Select(_ => clients.IsStillAsync(guard, Ct).AsTask()).Append(clients.IsStillAsync(stranger, Ct).AsTask()).ToList();
        ledger.Away.SetException(new LedgerUnavailableException("It does not answer."));

        var answers = await Task.WhenAll(asked);
        Assert.Equal([.. Enumerable.Repeat(true, 50), false], answers);
        Assert.Equal(2, ledger.Questions);
        Assert.True(await clients.IsStillAsync(guard, Ct));
        Assert.Equal(2, ledger.Questions);

        clock.Advance(ClientAuthentication.Old);
        ledger.Away = null;
        Assert.False(await clients.IsStillAsync(stranger, Ct));
        Assert.Equal(3, ledger.Questions);
    }

    /// <summary>The clients of a ledger, whose answer can be held back.</summary>
    public class ClientsOnly : DispatchProxy
    {
        /// <summary>Ledger time.</summary>
        public LedgerClock Clock { get; set; } = null!;

        /// <summary>The only client.</summary>
        public RegisteredClient Client { get; set; } = null!;

        /// <summary>Whoever asks waits for this; null for nothing.</summary>
        public TaskCompletionSource? Away { get; set; }

        /// <summary>How often it was asked.</summary>
        public int Questions { get; private set; }

        /// <inheritdoc/>
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
        {
            "get_Clock" => Clock,
            nameof(ILedgerStore.ClientsAsync) => new ValueTask<IReadOnlyList<RegisteredClient>>(AnswerAsync()),
            _ => throw new NotSupportedException(targetMethod.Name),
        };

        private async Task<IReadOnlyList<RegisteredClient>> AnswerAsync()
        {
            Questions++;
            if (Away is { } away) await away.Task;
            return [Client];
        }
    }
}
