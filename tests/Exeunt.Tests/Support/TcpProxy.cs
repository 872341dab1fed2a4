using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Exeunt.Tests.Support;

/// <summary>A network between two programs that can be cut and healed. While it is cut, connections break and none is taken.</summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentDictionary<TcpClient, bool> open = new();
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly Task accepting;
    private volatile bool isCut;
    private Trap? trap;

    public TcpProxy(Uri target)
    {
        Target = target;
        listener.Start();
        Address = new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");
        accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Where connections are carried to. A server that starts again has another port; connections that are open stay where they are.</summary>
    public Uri Target { get; set; }

    /// <summary>While this is set, an answer that has it in one piece is not carried: its connection breaks instead.</summary>
    public byte[]? NotCarried { get; set; }

    public void Cut()
    {
        isCut = true;
        foreach (var one in open.Keys) one.Close();
    }

    public void Heal() => isCut = false;

    /// <summary>The next answer that has all of these in it is not carried: its connection breaks instead.</summary>
    /// <param name="cuts">Whether the whole network is cut with it, so that nobody can ask again.</param>
    /// <param name="answer">What to look for, in one piece of the answer.</param>
    /// <returns>Completes when it has happened.</returns>
    public Task DropAnswerAsync(bool cuts, params byte[][] answer)
    {
        var set = new Trap(answer, cuts, new(TaskCreationOptions.RunContinuationsAsynchronously));
        Volatile.Write(ref trap, set);
        return set.Sprung.Task;
    }

    /// <summary>The next answer that has all of these in it is carried when it may be, and so are those behind it on the same connection.</summary>
    /// <param name="until">From when on.</param>
    /// <param name="answer">What to look for, in one piece of the answer.</param>
    /// <returns>Completes when it is held.</returns>
    public Task HoldAnswerAsync(Task until, params byte[][] answer)
    {
        var set = new Trap(answer, Cuts: false, new(TaskCreationOptions.RunContinuationsAsynchronously), until);
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
            await to.ConnectAsync(Target.Host, Target.Port, stopping.Token);
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
            if (NotCarried is { } kept && buffer.AsSpan(0, read).IndexOf(kept) >= 0) return;
            if (Volatile.Read(ref trap) is { } set && set.Answer.All(part => buffer.AsSpan(0, read).IndexOf(part) >= 0) && Interlocked.CompareExchange(ref trap, null, set) == set)
            {
                if (set.Cuts) Cut();
                set.Sprung.SetResult();
                if (set.Until is null) return;
                await set.Until.WaitAsync(stopping.Token);
            }

            await from.WriteAsync(buffer.AsMemory(0, read), stopping.Token);
        }
    }

    private sealed record Trap(byte[][] Answer, bool Cuts, TaskCompletionSource Sprung, Task? Until = null);
}
