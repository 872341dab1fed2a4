using System.Net;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Commands;

/// <summary>What few ask for is no part of every start and of every idle server: its libraries are loaded by whoever asks first.</summary>
public class IdleTests
{
    private const string OpenApi = "Microsoft.OpenApi.dll";

    [Fact]
    public async Task A_server_loads_the_libraries_of_its_OpenAPI_document_when_somebody_asks_for_it()
    {
        using var folder = new TemporaryFolder();
        await using var server = await ExeuntProcess.ServeAsync(folder.Path);
        using var client = server.Client();

        var idle = await File.ReadAllTextAsync($"/proc/{server.Id}/maps");
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => client.GetAsync("openapi/v1.json")));
        var asked = await File.ReadAllTextAsync($"/proc/{server.Id}/maps");

        Assert.Contains("Exeunt.dll", idle);
        Assert.DoesNotContain(OpenApi, idle);
        Assert.DoesNotContain("Microsoft.AspNetCore.OpenApi.dll", idle);
        Assert.Contains(OpenApi, asked);
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.All(answers, answer => Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType));
        Assert.Single((await Task.WhenAll(answers.Select(answer => answer.Content.ReadAsStringAsync()))).Distinct());
    }
}
