using System.Globalization;
using System.Text.Json;
using Exeunt.Clients;
using Exeunt.Guard;
using Exeunt.Http;
using Exeunt.Jobs;
using Exeunt.Protocol.Feed;
using Exeunt.Revocations;
using Exeunt.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace Exeunt.Feed;

/// <summary>The feed over HTTP, for guards: docs/feed.md is its description for whoever writes a reader.</summary>
internal static class FeedEndpoints
{
    private const int MostOnAPage = 1000;
    private const int LongestName = 100; // characters of a guard's name or instance
    private const int SecondsWhenFull = 5;

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Adds <c>GET revocations/stream</c>, <c>GET revocations</c>, <c>POST revocations/ack</c> and <c>POST revocations/check</c>.</summary>
        public void MapFeed()
        {
            routes.MapGet("/revocations/stream", StreamAsync).Describe("FollowRevocations", "Everything that is ended, as server-sent events", "Guards")
                .Takes("name", "What the guard calls itself; its client's name unless given.").Takes("instance", "Which replica of that name it is.")
                .Takes("tolerance", "For how many seconds it goes on when it has lost the feed.")
                .Produces(200, contentType: "text/event-stream").Fails(400, 401, 403, 429, 503);
            routes.MapGet("/revocations", PageAsync).Describe("ListRevocations", "The same for those who ask now and then", "Guards")
                .Takes("after", "The `next` of the answer before.").Takes("limit", $"1 to {MostOnAPage}; {MostOnAPage} unless given.")
                .Produces(200, contentType: "application/json").Fails(400, 401, 403, 503);
            routes.MapPost("/revocations/ack", AcknowledgeAsync).Describe("AcknowledgeRevocations", "Tells how far a guard enforces", "Guards")
                .Reads<AckRequest>().Produces(204).Fails(400, 401, 403, 404);
            routes.MapPost("/revocations/check", CheckAsync).Describe("CheckRevocation", "Whether a token must be refused, for a guard that is stale", "Guards")
                .Reads<CheckRequest>().Produces<CheckAnswer>().Fails(400, 401, 403, 503);
        }
    }

    private static async Task<IResult> StreamAsync(
        HttpContext http, ClientAuthentication clients, ConnectedGuards guards, FeedStream stream, NewsReader news, IHostApplicationLifetime life)
    {
        var (client, problem) = await clients.ReadAsync(http, ClientScopes.Feed);
        if (client is null) return problem!;

        var query = new QueryReader(http);
        var (name, instance) = (query.Text("name") ?? client.Name, query.Text("instance") ?? "");
        if (query.Problem is not null) return query.Problem;
        if (name.Length > LongestName || instance.Length > LongestName || name.Concat(instance).Any(char.IsControl))
            return Problems.InvalidField("name", $"'name' and 'instance' have at most {LongestName} characters.");
        if (!TryReadTolerance(query.Text("tolerance"), out var tolerance)) return Problems.InvalidField("tolerance", "'tolerance' is a whole number of seconds.");
        if (!TryReadPlace(http.Request.Headers["Last-Event-ID"].ToString(), out var from)) return Problems.InvalidField("Last-Event-ID", "Give back the id of an event, as it was.");
        if (guards.TryEnter(client, name, instance, tolerance) is not { } guard) return http.TooManyRequests(TimeSpan.FromSeconds(SecondsWhenFull));

        using var either = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, life.ApplicationStopping);
        try
        {
            if (from is not null) await news.HeardOfAsync(from, either.Token);
            http.Response.Headers[FeedEvents.StreamHeader] = guard.Stream;
            await http.BeginEventsAsync(either.Token);
            await stream.RunAsync(http.Response.BodyWriter, from, ct => clients.IsStillAsync(client, ct), either.Token);
        }
        catch (OperationCanceledException)
        {
            // The reader has left, or the server stops: then the answer ends, and the reader comes back elsewhere or later.
        }
        catch (Exception failure) when (failure is SlowReaderException or LedgerUnavailableException && http.Response.HasStarted)
        {
            http.Abort(); // in the middle of an answer nothing else can tell the reader that this is not its end
        }
        finally
        {
            guards.Leave(guard);
        }

        return Results.Empty;
    }

    private static async Task<IResult> PageAsync(HttpContext http, ClientAuthentication clients, NewsReader news, ILedgerStore store)
    {
        var (client, problem) = await clients.ReadAsync(http, ClientScopes.Feed);
        if (client is null) return problem!;

        var query = new QueryReader(http);
        var limit = query.Limit(MostOnAPage, MostOnAPage);
        if (query.Problem is not null) return query.Problem;
        if (!TryReadPlace(http.Request.Query["after"].ToString(), out var after)) return Problems.InvalidField("after", "'after' is the value of 'next' of the answer before.");

        if (after is not null) await news.HeardOfAsync(after, http.RequestAborted);
        var asked = store.Clock.GetUtcNow();
        var place = await store.RevocationPlaceAsync(http.RequestAborted);
        var from = after is not null && after.Epoch == place.Epoch && after.Sequence <= place.Sequence ? after.Sequence : 0; // another life: everything
        var page = await store.RevocationsAfterAsync(from, limit, http.RequestAborted);
        if (page.Count > 0 && page[0].Epoch != place.Epoch) throw new LedgerUnavailableException("Another epoch began while the page was read.");

        var next = place with { Sequence = page.Count == limit ? page[^1].Sequence : Math.Max(place.Sequence, page is [.., var last] ? last.Sequence : 0) };
        http.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteStartArray("revocations");
        foreach (var revocation in page) RevocationJson.Write(json, revocation);
        json.WriteEndArray();
        json.WriteString("next", next.ToString());
        json.WriteBoolean("more", page.Count == limit);
        json.WriteNumber("time", store.Clock.GetUtcNow().ToUnixTimeMilliseconds());
        json.WriteNumber("as_of", asked.ToUnixTimeMilliseconds());
        json.WriteEndObject();
        await json.FlushAsync(http.RequestAborted);
        return Results.Empty;
    }

    private static async Task<IResult> AcknowledgeAsync(HttpContext http, ClientAuthentication clients, ConnectedGuards guards, RevocationFeed feed)
    {
        var (client, problem) = await clients.ReadAsync(http, ClientScopes.Feed);
        if (client is null) return problem!;
        var (ack, unreadable) = await JsonBody.ReadAsync(http, ExeuntJson.Default.AckRequest);
        if (ack is null) return unreadable!;
        if (ack.Stream is not { Length: > 0 } stream) return Problems.InvalidField("stream", $"'stream' is what the header {FeedEvents.StreamHeader} of the stream's answer said.");

        if (ack.Leaving) return guards.SayGoodbye(client.Id, stream) ? TypedResults.NoContent() : Problems.NotFound("You have no such stream.");

        var newest = feed.Newest;
        if (!FeedPlace.TryParse(ack.Id, out var upTo) || upTo.Epoch != newest.Epoch || upTo.Sequence > newest.Sequence)
            return Problems.InvalidField("id", "'id' is the id of an event that this feed has sent.");
        return guards.Acknowledge(client.Id, stream, upTo) ? TypedResults.NoContent() : Problems.NotFound("You have no such stream.");
    }

    private static async Task<IResult> CheckAsync(
        HttpContext http, ClientAuthentication clients, RevocationIndex index, RevocationFeed feed, RevocationRules rules, LedgerClock clock)
    {
        var (client, problem) = await clients.ReadAsync(http, ClientScopes.Feed);
        if (client is null) return problem!;
        var (request, unreadable) = await JsonBody.ReadAsync(http, ExeuntJson.Default.CheckRequest);
        if (request is null) return unreadable!;
        if (request.ToFacts(rules.OwnIssuer) is not { } facts) return Problems.InvalidField(request.Issuer is { Length: > 0 } ? "subject" : "issuer", "Send 'issuer' and 'subject' at least.");

        var known = feed.AsOf; // first: what is answered is at least as new
        var answer = new CheckAnswer(index.IsRevoked(facts), clock.GetUtcNow().ToUnixTimeMilliseconds(), known.ToUnixTimeMilliseconds());
        return TypedResults.Json(answer, ExeuntJson.Default.CheckAnswer);
    }

    private static bool TryReadTolerance(string? text, out TimeSpan tolerance)
    {
        var isNumber = int.TryParse(text ?? "0", NumberStyles.None, CultureInfo.InvariantCulture, out var seconds);
        tolerance = TimeSpan.FromSeconds(seconds);
        return isNumber;
    }

    // Nothing given is no place, and that is fine; something that is no place is a mistake of the reader, which must not cost it what it has missed.
    private static bool TryReadPlace(string text, out FeedPlace? place)
    {
        place = null;
        return text.Length == 0 || FeedPlace.TryParse(text, out place);
    }
}
