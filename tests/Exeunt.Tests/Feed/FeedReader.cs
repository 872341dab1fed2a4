using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text;
using Exeunt.Audit;
using Exeunt.Clients;
using Exeunt.Protocol.Feed;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.Feed;

/// <summary>A reader of the feed that knows nothing of the product but what docs/feed.md says.</summary>
internal sealed class FeedReader : IAsyncDisposable
{
    private readonly HttpResponseMessage response;
    private readonly IAsyncEnumerator<SseItem<string>> events;

    private FeedReader(HttpResponseMessage response, IAsyncEnumerator<SseItem<string>> events) => (this.response, this.events) = (response, events);

    public string Stream => response.Headers.GetValues(FeedEvents.StreamHeader).Single();

    /// <summary>Gives a program credentials.</summary>
    public static async Task<(string Id, string Secret)> AddClientAsync(ExeuntApp app, string name = "orders", string[]? scopes = null)
    {
        var (client, secret) = await app.Services.GetRequiredService<AddClient>().HandleAsync(name, scopes ?? [ClientScopes.Feed], Actor.Operator);
        return (client.Id.ToString(), secret);
    }

    public static AuthenticationHeaderValue Basic((string Id, string Secret) credentials) =>
        new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{credentials.Id}:{credentials.Secret}")));

    public static async Task<HttpResponseMessage> AskAsync(ExeuntApp app, (string Id, string Secret) credentials, string? last = null, string query = "")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, FeedEvents.StreamPath + query) { Headers = { Authorization = Basic(credentials) } };
        if (last is not null) request.Headers.TryAddWithoutValidation("Last-Event-ID", last);
        return await app.Client().SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public static async Task<FeedReader> OpenAsync(ExeuntApp app, (string Id, string Secret) credentials, string? last = null, string query = "")
    {
        var answer = await AskAsync(app, credentials, last, query);
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}");
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        return new(answer, SseParser.Create(await answer.Content.ReadAsStreamAsync()).EnumerateAsync().GetAsyncEnumerator());
    }

    /// <summary>The next event; null at the end of the answer.</summary>
    public async Task<SseItem<string>?> NextAsync() => await events.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30)) ? events.Current : null;

    /// <summary>Reads on to the next event of this name and gives everything that came before it, too.</summary>
    public async Task<List<SseItem<string>>> ReadToAsync(string name)
    {
        var read = new List<SseItem<string>>();
        while (await NextAsync() is { } one)
        {
            read.Add(one);
            if (one.EventType == name) return read;
        }

        throw new EndOfStreamException($"The stream ended before '{name}'; it had {string.Join(", ", read.Select(r => r.EventType))}.");
    }

    public ValueTask DisposeAsync()
    {
        response.Dispose();
        return ValueTask.CompletedTask;
    }
}
