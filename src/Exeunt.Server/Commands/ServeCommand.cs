using System.CommandLine;
using System.Net.Sockets;
using Exeunt.Accounts;
using Exeunt.Hosting;
using Exeunt.Server.Demonstration;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Exeunt.Server.Commands;

/// <summary><c>serve</c>: runs the server until it is told to stop.</summary>
internal static class ServeCommand
{
    public static Command Create(CommonOptions common)
    {
        var urls = new Option<string>("--urls") { Description = "Addresses to listen on, separated by semicolons", DefaultValueFactory = _ => ServeSettings.DefaultUrls };
        var demo = new Option<bool>("--demo") { Description = "Give a new ledger a few people and the week that they have had, to look at" };
        var log = new Option<string>("--log") { Description = "json or text; text in a terminal and JSON elsewhere unless given" };
        log.AcceptOnlyFromAmong("json", "text");
        var command = new Command("serve", "Run the server") { urls, common.Data, common.State, demo, log };
        command.SetAction((parsed, ct) => RunAsync(
            new(parsed.GetValue(urls)!, parsed.GetValue(common.Data)!, common.Overrides, parsed.GetValue(common.State)), parsed.GetValue(demo), parsed.GetValue(log), ct));
        return command;
    }

    private static async Task<int> RunAsync(ServeSettings settings, bool demo, string? log, CancellationToken ct)
    {
        Preload.Begin();
        var isStarting = true;
        string? told = null;
        if (demo) (settings, told) = await Demo.MakeAsync(settings, WriteLogs, ct);
        await using var app = await ServerHost.BuildAsync(settings, WriteLogs, ct);
        await FirstAdministrator.EnsureAsync(app.Services, settings.Urls, ct);
        await StartAsync(app, settings, ct);
        isStarting = false;

        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        var issuer = app.Services.GetRequiredService<ExeuntOptions>().Server.Issuer!;

        // Nobody has asked for this one: it stays although the address is another.
        var isKept = app.Configuration[$"{ExeuntOptions.Section}:Server:Issuer"] is null && !addresses.Contains(issuer);
        Console.WriteLine($"Exeunt {Version} listens on {string.Join(" and ", addresses)}, issuer {issuer}{(isKept ? ", which the accounts of this ledger were made under" : "")}. Ctrl+C stops it.");
        if (told is not null) Console.WriteLine(told);
        await app.WaitForShutdownAsync(ct);
        return 0;

        void WriteLogs(WebApplicationBuilder builder) => Logs.Write(builder.Logging, log, () => isStarting);
    }

    private static string Version => typeof(ServeCommand).Assembly.GetName().Version!.ToString(3);

    private static async Task StartAsync(WebApplication app, ServeSettings settings, CancellationToken ct)
    {
        try
        {
            await app.StartAsync(ct);
        }
        catch (IOException failure) when (failure.InnerException is AddressInUseException)
        {
            throw ListenAddresses.InUse(settings.Urls);
        }
        catch (Exception failure) when (failure is SocketException or IOException { InnerException: SocketException })
        {
            throw new StartRefused($"--urls: cannot listen on {settings.Urls} ({failure.GetBaseException().Message}).");
        }
    }
}
