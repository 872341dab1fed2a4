using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Exeunt.Tests.Support;

/// <summary>A network between two programs that can be cut and healed. While it is cut, connections break and none is taken.</summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly Uri target;
    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentDictionary<TcpClient, bool> open = new();
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly Task accepting;
    private volatile bool isCut;
    private Trap? trap;

    public TcpProxy(Uri target)
    {
        this.target = target;
        listener.Start();
        Address = new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");
        accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    public void Cut()
    {
        isCut = true;
        foreach (var one in open.Keys) one.Close();
    }

    public void Heal() => isCut = false;

    /// <summary>The next answer that has these bytes in it is not carried: its connection breaks instead.</summary>
    /// <param name="answer">What to look for.</param>
    /// <param name="cuts">Whether the whole network is cut with it, so that nobody can ask again.</param>
    /// <returns>Completes when it has happened.</returns>
    public Task DropAnswerAsync(byte[] answer, bool cuts)
    {
        var set = new Trap(answer, cuts, new(TaskCreationOptions.RunContinuationsAsynchronously));
        Volatile.Write(ref trap, set);
        return set.Sprung.Task;
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        Cut();
        listener.Stop();
        await accepting;
        stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = CarryAsync(await listener.AcceptTcpClientAsync(stopping.Token));
        }
        catch (Exception failure) when (failure is OperationCanceledException or SocketException)
        {
            // It was disposed of.
        }
    }

    private async Task CarryAsync(TcpClient from)
    {
        using var to = new TcpClient();
        try
        {
            open[from] = true;
            open[to] = true;
            if (isCut) return;
            await to.ConnectAsync(target.Host, target.Port, stopping.Token);
            await Task.WhenAny(from.GetStream().CopyToAsync(to.GetStream(), stopping.Token), AnswerAsync(to.GetStream(), from.GetStream()));
        }
        catch (Exception failure) when (failure is IOException or SocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // One side has left, or the network was cut.
        }
        finally
        {
            open.TryRemove(from, out _);
            open.TryRemove(to, out _);
            from.Dispose();
        }
    }

    private async Task AnswerAsync(NetworkStream to, NetworkStream from)
    {
        var buffer = new byte[1 << 16];
        while (await to.ReadAsync(buffer, stopping.Token) is > 0 and var read)
        {
            if (Volatile.Read(ref trap) is { } set && buffer.AsSpan(0, read).IndexOf(set.Answer) >= 0 && Interlocked.CompareExchange(ref trap, null, set) == set)
            {
                if (set.Cuts) Cut();
                set.Sprung.SetResult();
                return;
            }

            await from.WriteAsync(buffer.AsMemory(0, read), stopping.Token);
        }
    }

    private sealed record Trap(byte[] Answer, bool Cuts, TaskCompletionSource Sprung);
}
