using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Exeunt.Tests.Support;

/// <summary>
/// A server whose answers have no end. It counts what is taken of them at the socket: the writes of a web server succeed for a while after its reader has left.
/// </summary>
public sealed class EndlessServer : IAsyncDisposable
{
    private const long Enough = 1L << 30; // bytes

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly byte[] head;
    private readonly byte[] piece;
    private readonly Task serving;
    private int asked;
    private long most;

    /// <summary>Begins to listen.</summary>
    /// <param name="type">The content type of its answers.</param>
    /// <param name="piece">What comes again and again.</param>
    public EndlessServer(string type, string piece)
    {
        head = Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\n\r\n");
        this.piece = Encoding.ASCII.GetBytes(piece);
        listener.Start();
        serving = ServeAsync();
    }

    /// <summary>Where it is.</summary>
    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");

    /// <summary>How many requests have come.</summary>
    public int Asked => Volatile.Read(ref asked);

    /// <summary>Bytes that were taken of the longest answer, with what sockets hold.</summary>
    public long MostTaken => Interlocked.Read(ref most);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await serving;
        listener.Dispose();
        stop.Dispose();
    }

    private async Task ServeAsync()
    {
        List<Task> answers = [];
        try
        {
            while (true) answers.Add(AnswerAsync(await listener.AcceptSocketAsync(stop.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(answers);
        }
    }

    private async Task AnswerAsync(Socket reader)
    {
        using var connection = reader;
        try
        {
            var request = new byte[16 * 1024];
            for (var read = 0; request.AsSpan(0, read).IndexOf("\r\n\r\n"u8) < 0;)
            {
                var more = await reader.ReceiveAsync(request.AsMemory(read), stop.Token);
                if (more == 0) return;
                read += more;
            }

            Interlocked.Increment(ref asked);
            await reader.SendAsync(head, stop.Token);
            for (var taken = 0L; taken < Enough; Interlocked.Exchange(ref most, Math.Max(MostTaken, taken))) taken += await reader.SendAsync(piece, stop.Token);
        }
        catch (Exception left) when (left is SocketException or OperationCanceledException)
        {
            // As it should.
        }
    }
}
