using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Proxies;

/// <summary>The real nginx, started by the sample's own script with the sample's own configuration, on a socket in a temporary folder.</summary>
internal sealed class NginxProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder folder = new();
    private readonly ConcurrentQueue<string> output = new();
    private readonly Process process;
    private readonly string socket;

    private NginxProcess(Uri exeunt, Uri site)
    {
        socket = Path.Combine(folder.Path, "nginx.sock");
        var start = new ProcessStartInfo(Path.Combine(Repository.Root, "samples", "nginx", "run")) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["LISTEN"] = "unix:" + socket;
        start.Environment["EXEUNT"] = exeunt.Authority;
        start.Environment["SITE"] = site.ToString().TrimEnd('/');
        process = new() { StartInfo = start };
        process.OutputDataReceived += (_, line) => output.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => output.Enqueue(line.Data ?? "");
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Starts it and waits until it takes connections.</summary>
    public static async Task<NginxProcess> StartAsync(Uri exeunt, Uri site)
    {
        var nginx = new NginxProcess(exeunt, site);
        using var polling = new Polling(Patience);
        while (!await nginx.ListensAsync())
            Assert.True(await polling.AgainAsync() && !nginx.process.HasExited, "nginx did not start: " + string.Join('\n', nginx.output));

        return nginx;
    }

    /// <summary>A client that takes it for the host <c>localhost</c>, without cookies of its own.</summary>
    public HttpClient Client() => new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false, ConnectCallback = async (_, ct) => await ConnectAsync(ct) })
    {
        BaseAddress = new("http://localhost/"),
    };

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            using (var kill = Process.Start("kill", ["-TERM", process.Id.ToString()])) await kill.WaitForExitAsync();
            await process.WaitForExitAsync().WaitAsync(Patience);
        }

        process.Dispose();
        folder.Dispose();
    }

    private async Task<bool> ListensAsync()
    {
        try
        {
            await using var connection = await ConnectAsync(default);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private async Task<NetworkStream> ConnectAsync(CancellationToken ct)
    {
        var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), ct);
            return new(connection, ownsSocket: true);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
