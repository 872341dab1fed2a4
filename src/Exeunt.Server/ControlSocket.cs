using System.Net.Sockets;
using System.Text;
using Exeunt.Jobs;
using Exeunt.Keys;
using Exeunt.Storage;

namespace Exeunt.Server;

/// <summary>
/// A Unix domain socket in the data folder, for its owner only, on which a command says <c>news</c>. The server takes in everything that the ledger and the
/// key folder hold by then and answers <c>ok</c>, so that a token that a command has ended is refused by the time the command returns.
/// </summary>
internal sealed partial class ControlSocket(DataFolder folder, NewsReader news, RotateKeys keys, ILogger<ControlSocket> log) : BackgroundService
{
    private const int LongestPath = 100; // of a socket's address, on every Unix
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100); // when no socket can be had, the next try fails as fast

    private Socket? listener;

    /// <summary>Tells the server of this folder, if there is one, and waits until it knows.</summary>
    /// <returns>True when a server has taken it in; false when none is running.</returns>
    /// <exception cref="IOException">There is a server, but it does not answer.</exception>
    public static async Task<bool> TellAsync(DataFolder folder, CancellationToken ct)
    {
        if (!folder.IsServed()) return false;
        using var hurry = CancellationTokenSource.CreateLinkedTokenSource(ct);
        hurry.CancelAfter(Patience);
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(folder.Socket), hurry.Token);
            await socket.SendAsync(Encoding.ASCII.GetBytes("news\n"), hurry.Token);
            var answer = new byte[3];
            var read = await socket.ReceiveAsync(answer, hurry.Token);
            return Encoding.ASCII.GetString(answer, 0, read) == "ok\n" ? true : throw new IOException("it could not read the ledger");
        }
        catch (Exception failure) when (failure is SocketException or ArgumentException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            throw new IOException($"it does not answer on {folder.Socket}", failure);
        }
    }

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (folder.Socket.Length > LongestPath)
        {
            PathTooLong(folder.Socket);
            return Task.CompletedTask;
        }

        File.Delete(folder.Socket); // left by a server that was killed; the folder is ours alone
        listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(folder.Socket));
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder.Socket, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        listener.Listen(16);
        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (listener is null) return;
        listener.Dispose();
        File.Delete(folder.Socket);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                using var command = await listener!.AcceptAsync(stoppingToken);
                await AnswerAsync(command, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                // The command took too long to ask, or the server stops.
            }
            catch (Exception failure)
            {
                // Whatever it was, keys that another user's command has made and this one cannot read among it: the server goes on serving.
                NotAnswered(failure);
                await Task.Delay(Pause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // One after the other: a command takes a few milliseconds, and there is one operator.
    private async Task AnswerAsync(Socket command, CancellationToken stoppingToken)
    {
        using var hurry = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        hurry.CancelAfter(Patience);
        var asked = new byte[5];
        var read = await command.ReceiveAsync(asked, hurry.Token);
        if (Encoding.ASCII.GetString(asked, 0, read) != "news\n") return;

        await news.CatchUpAsync(hurry.Token);
        await keys.RunOnceAsync(hurry.Token);
        await command.SendAsync(Encoding.ASCII.GetBytes("ok\n"), hurry.Token);
    }

    [LoggerMessage(1511, LogLevel.Warning, "{Path} is too long for a socket; commands are noticed within a second instead of at once")]
    private partial void PathTooLong(string path);

    [LoggerMessage(1512, LogLevel.Warning, "A command could not be answered")]
    private partial void NotAnswered(Exception exception);
}
