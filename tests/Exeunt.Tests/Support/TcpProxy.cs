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
            await Task.WhenAny(from.GetStream().CopyToAsync(to.GetStream(), stopping.Token), to.GetStream().CopyToAsync(from.GetStream(), stopping.Token));
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
}
