using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Proxies;

/// <summary>The real nginx, with the configuration of the sample or of the documentation, on a socket in a temporary folder.</summary>
internal sealed class NginxProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder folder = new();
    private readonly ConcurrentQueue<string> output = new();
    private readonly Process process;
    private readonly string socket;

    private NginxProcess(Func<TemporaryFolder, string, ProcessStartInfo> prepare)
    {
        socket = Path.Combine(folder.Path, "nginx.sock");
        var start = prepare(folder, socket);
        (start.RedirectStandardOutput, start.RedirectStandardError, start.UseShellExecute) = (true, true, false);
        process = new() { StartInfo = start };
        process.OutputDataReceived += (_, line) => output.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => output.Enqueue(line.Data ?? "");
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Starts it by the sample's own script with the sample's own configuration, and waits until it takes connections.</summary>
    public static Task<NginxProcess> StartAsync(Uri exeunt, Uri site) => BegunAsync(new((_, socket) => new(Path.Combine(Repository.Root, "samples", "nginx", "run"))
    {
        Environment = { ["LISTEN"] = "unix:" + socket, ["EXEUNT"] = exeunt.Authority, ["SITE"] = site.ToString().TrimEnd('/') },
    }));

    /// <summary>Starts it with a configuration of the documentation, whose servers are these, and waits until it takes connections.</summary>
    /// <param name="blocks">What stands in <c>http</c>; it names servers as <c>10.0.0.11:8080</c> and listens on <c>443 ssl</c>.</param>
    /// <param name="servers">Takes their places.</param>
    public static Task<NginxProcess> StartAsync(string blocks, IReadOnlyList<Uri> servers) => BegunAsync(new((folder, socket) =>
    {
        var named = servers.Index().Aggregate(blocks, (text, server) => text.Replace($"10.0.0.{11 + server.Index}:8080", server.Item.Authority, StringComparison.Ordinal))
            .Replace("443 ssl", "unix:" + socket, StringComparison.Ordinal);
        var places = string.Concat(((string[])["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]).Select(place => $"{place}_temp_path {folder.Path}/{place}; "));
        var file = Path.Combine(folder.Path, "nginx.conf");
        File.WriteAllText(file, $"daemon off; pid {folder.Path}/pid; events {{ }} http {{ access_log off; {places}\n{named}\n}}");
        return new("nginx", ["-c", file, "-e", "stderr"]);
    }));

    private static async Task<NginxProcess> BegunAsync(NginxProcess nginx)
    {
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
