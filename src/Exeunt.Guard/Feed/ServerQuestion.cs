using System.Text.Json;
using Exeunt.Protocol.Feed;
using Exeunt.Protocol.Revocations;
using Microsoft.Extensions.Logging;

namespace Exeunt.Guard.Feed;

/// <summary>Asks the server about one token, by what it says of itself; the token is not sent. Its answer counts only while the server itself is fresh.</summary>
internal sealed partial class ServerQuestion(GuardOptions options, ServerConnections connections, TimeProvider clock, ILogger<ServerQuestion> log) : IDisposable
{
    private const int MostAtOnce = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // A guard that is stale must not become a flood: who finds no place is answered as if the server could not be reached.
    private readonly SemaphoreSlim places = new(MostAtOnce, MostAtOnce);

    public ValueTask<GuardDecision> AskAsync(in TokenFacts token, CancellationToken ct)
    {
        var facts = token;
        return AskAsync(json => Write(json, facts), ct);
    }

    public void Dispose() => places.Dispose();

    private async ValueTask<GuardDecision> AskAsync(Action<Utf8JsonWriter> write, CancellationToken ct)
    {
        if (!await places.WaitAsync(TimeSpan.Zero, ct)) return GuardDecision.TooStale;
        try
        {
            foreach (var server in options.Servers)
            {
                if (await TryAskAsync(server, write, ct) is { } decision) return decision;
            }

            return GuardDecision.TooStale;
        }
        finally
        {
            places.Release();
        }
    }

    private async Task<GuardDecision?> TryAskAsync(Uri server, Action<Utf8JsonWriter> write, CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, ct);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, FeedEvents.CheckPath)) { Content = GuardJson.Body(write) };
            using var response = await connections.SendAsync(request, either.Token);
            if (!response.IsSuccessStatusCode) return null;

            await response.Content.LoadIntoBufferAsync(16 * 1024, either.Token);
            using var answer = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(either.Token));
            var json = answer.RootElement;
            if (json.GetProperty("revoked").GetBoolean()) return GuardDecision.Revoked;
            var (time, asOf) = (json.GetProperty("time").GetInt64(), json.GetProperty("as_of").GetInt64());
            return asOf >= time - (long)FeedEvents.StaleAfter.TotalMilliseconds ? GuardDecision.Pass : null;
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or JsonException or InvalidOperationException or KeyNotFoundException or FormatException or OverflowException
                                        || (failure is OperationCanceledException && !ct.IsCancellationRequested))
        {
            NotAnswered(server, failure.Message);
            return null;
        }
    }

    private static void Write(Utf8JsonWriter json, TokenFacts token)
    {
        json.WriteString("issuer", token.Issuer);
        json.WriteString("subject", token.Subject);
        if (token.Session is { } session) json.WriteString("session", session);
        if (token.TokenId is { } id) json.WriteString("token_id", id);
        if (token.Client is { } client) json.WriteString("client", client);
        if (token.KeyId is { } key) json.WriteString("key_id", key);
        if (token.SessionBegan is { } began) json.WriteNumber("session_began", began);
    }

    [LoggerMessage(2021, LogLevel.Warning, "{Server} cannot be asked about a token: {Why}")]
    private partial void NotAnswered(Uri server, string why);
}
