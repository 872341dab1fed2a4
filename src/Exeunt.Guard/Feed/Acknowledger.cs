using System.Text.Json;
using System.Threading.Channels;
using Exeunt.Protocol.Feed;

namespace Exeunt.Guard.Feed;

/// <summary>Tells the server how far this guard enforces. Acknowledgements are cumulative, so one is under way at a time and only the newest waits.</summary>
internal sealed class Acknowledger(ServerConnections connections)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Channel<FeedPlace> newest =
        Channel.CreateBounded<FeedPlace>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    /// <summary>To be told as soon as the one before is through.</summary>
    public void Tell(FeedPlace upTo) => newest.Writer.TryWrite(upTo);

    /// <summary>Tells, for one stream, until cancelled. What fails is lost: the next one says it, too.</summary>
    public async Task RunAsync(Uri server, string stream, CancellationToken ct)
    {
        while (newest.Reader.TryRead(out _))
        {
            // Of the stream before; it means nothing on this one.
        }

        try
        {
            await foreach (var upTo in newest.Reader.ReadAllAsync(ct)) await TellAsync(server, stream, upTo, ct);
        }
        catch (OperationCanceledException)
        {
            // The stream has ended.
        }
    }

    private async Task TellAsync(Uri server, string stream, FeedPlace upTo, CancellationToken ct)
    {
        using var hurry = CancellationTokenSource.CreateLinkedTokenSource(ct);
        hurry.CancelAfter(Patience);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, FeedEvents.AckPath))
        {
            Content = GuardJson.Body(json =>
        {
            json.WriteString("stream", stream);
            json.WriteString("id", upTo.ToString());
        })
        };
        try
        {
            using var response = await connections.SendAsync(request, hurry.Token);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException || (failure is OperationCanceledException && !ct.IsCancellationRequested))
        {
            // The next acknowledgement says this one, too.
        }
    }
}

/// <summary>JSON bodies of the few requests that a guard sends.</summary>
internal static class GuardJson
{
    public static ByteArrayContent Body(Action<Utf8JsonWriter> members)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return new(buffer.WrittenSpan.ToArray()) { Headers = { ContentType = new("application/json") } };
    }
}
