using Exeunt.Guard;
using Exeunt.Guard.Feed;
using Exeunt.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Exeunt.Tests.Guard;

/// <summary>A stale guard asks a server that answers what no server of ours answers: nothing escapes, and nobody is let in by it.</summary>
public sealed class HostileAnswerTests
{
    [Theory]
    [InlineData("""{"revoked":false,"time":1800000000000,"as_of":1799999986000}""", GuardDecision.Pass)]
    [InlineData("""{"revoked":true}""", GuardDecision.Revoked)]
    [InlineData("""{"revoked":false,"time":1800000000000,"as_of":1799999984999}""", GuardDecision.TooStale)]
    [InlineData("""{"revoked":false,"time":9223372036854775807,"as_of":-9223372036854775808}""", GuardDecision.TooStale)]
    [InlineData("""{"revoked":false,"time":9223372036854775807,"as_of":0}""", GuardDecision.TooStale)]
    [InlineData("""{"revoked":false,"time":1e400,"as_of":1}""", GuardDecision.TooStale)]
    [InlineData("""{"revoked":false,"time":1.5,"as_of":1.5}""", GuardDecision.TooStale)]
    [InlineData("""{"revoked":false,"time":"1","as_of":"1"}""", GuardDecision.TooStale)]
    [InlineData("""{"revoked":false}""", GuardDecision.TooStale)]
    [InlineData("""{"revoked":null,"time":1,"as_of":1}""", GuardDecision.TooStale)]
    [InlineData("""{"revoked":"false","time":1,"as_of":1}""", GuardDecision.TooStale)]
    [InlineData("[]", GuardDecision.TooStale), InlineData("null", GuardDecision.TooStale), InlineData("", GuardDecision.TooStale), InlineData("{", GuardDecision.TooStale), InlineData("1", GuardDecision.TooStale)]
    public async Task P10_Only_a_whole_answer_of_a_fresh_server_lets_a_token_pass(string answer, GuardDecision decision) =>
        Assert.Equal(decision, await AskAsync(http => http.Response.WriteAsync(answer)));

    [Fact]
    public async Task P10_An_answer_without_end_is_left_before_much_of_it_is_taken()
    {
        await using var server = new EndlessServer("application/json", new string(' ', 64 * 1024));

        Assert.Equal(GuardDecision.TooStale, await AskAsync(server.Address));

        Assert.InRange(server.MostTaken, 1, 32L << 20); // most of it what sockets hold
    }

    private static async Task<GuardDecision> AskAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var server = builder.Build();
        server.Run(answer);
        await server.StartAsync();
        return await AskAsync(new Uri(server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/"));
    }

    private static async Task<GuardDecision> AskAsync(Uri server)
    {
        var options = new GuardOptions { ClientId = "app", ClientSecret = "secret" };
        options.Servers.Add(server);
        using var connections = new ServerConnections(options);
        using var question = new ServerQuestion(options, connections, TimeProvider.System, NullLogger<ServerQuestion>.Instance);

        return await question.AskAsync(Endings.Own(Endings.SessionAt(Endings.Noon)), default);
    }
}
