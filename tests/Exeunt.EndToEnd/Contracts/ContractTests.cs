using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Contracts;

/// <summary>
/// The contracts of the refresh token and of the audit, against the real process: their answers to the letter, and what they leave alive. The template's client is a
/// script (<see cref="TemplateCurlTests"/>), the browser's is a browser, the provider's stands before an API; every error is tested beside the contracts themselves.
/// </summary>
public sealed class ContractTests : IAsyncLifetime
{
    private const string Email = "ada@example.com";
    private const string Password = "purple-otter-lantern-41";

    private readonly TemporaryFolder folder = new();
    private ExeuntProcess server = null!;

    public async ValueTask InitializeAsync() => server = await ExeuntProcess.ServeAsync(
        Path.Combine(folder.Path, "data"), new Dictionary<string, string?> { ["EXEUNT_ADMIN_EMAIL"] = Email, ["EXEUNT_ADMIN_PASSWORD"] = Password });

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task The_refresh_token_contract_ends_one_session_and_answers_a_retry_alike()
    {
        var (leaving, staying) = (await SignInAsync(), await SignInAsync());

        foreach (var _ in new[] { "first", "retried" })
            Assert.Equal((200, """{"message":"Logged out successfully"}"""), await PostAsync("api/v1/auth/logout", bearer: null, new { refresh_token = leaving.Refresh }));
        Assert.Equal(401, (await PostAsync("api/v1/auth/logout", bearer: null, new { refresh_token = Forged(leaving.Refresh) })).Status);

        await IsOutAsync(leaving);
        Assert.Equal(HttpStatusCode.OK, await Requests.MeAsync(server, staying.Access));
    }

    [Fact]
    public async Task The_refresh_token_contract_ends_all_sessions_and_counts_them()
    {
        Requests.Session[] all = [await SignInAsync(), await SignInAsync(), await SignInAsync()];

        Assert.Equal(403, (await PostAsync("api/v1/auth/logout-all", bearer: null)).Status);
        Assert.Equal(401, (await PostAsync("api/v1/auth/logout-all", "nonsense")).Status);
        foreach (var one in all) Assert.Equal(HttpStatusCode.OK, await Requests.MeAsync(server, one.Access));
        Assert.Equal((200, """{"message":"Logged out from all devices successfully","revoked_sessions":3}"""), await PostAsync("api/v1/auth/logout-all", all[1].Access));

        foreach (var one in all) await IsOutAsync(one);
    }

    [Fact]
    public async Task The_audit_contract_ends_the_session_of_its_bearer_token()
    {
        var (leaving, staying) = (await SignInAsync(), await SignInAsync());

        Assert.Equal(401, (await PostAsync("auth/logout", bearer: null)).Status);
        Assert.Equal((200, """{"message":"Logout successful"}"""), await PostAsync("auth/logout", leaving.Access));

        await IsOutAsync(leaving);
        Assert.Equal(HttpStatusCode.OK, await Requests.MeAsync(server, staying.Access));
    }

    // In the middle of the seal, which alone is enough to end a session.
    private static string Forged(string token) => token[..40] + (token[40] == 'A' ? 'B' : 'A') + token[41..];

    private Task<Requests.Session> SignInAsync() => Requests.SignInAsync(server, Email, Password);

    private async Task IsOutAsync(Requests.Session session)
    {
        Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(server, session.Access));
        Assert.Equal(HttpStatusCode.Unauthorized, (await Requests.RefreshAsync(server, session.Refresh)).Status);
    }

    private async Task<(int Status, string Body)> PostAsync(string path, string? bearer, object? body = null)
    {
        using var client = server.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = body is null ? null : JsonContent.Create(body) };
        if (bearer is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        using var response = await client.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
