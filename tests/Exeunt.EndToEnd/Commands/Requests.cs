using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Commands;

/// <summary>The few requests that the tests of commands need, over real HTTP.</summary>
internal static class Requests
{
    public static async Task<HttpStatusCode> SignInStatusAsync(ExeuntProcess server, string email, string password)
    {
        using var client = server.Client();
        using var response = await client.PostAsJsonAsync("api/v1/auth/login", new { email, password });
        return response.StatusCode;
    }

    public static async Task<Session> SignInAsync(ExeuntProcess server, string email, string password, string client = "default")
    {
        var session = await TrySignInAsync(server, email, password, client);
        Assert.NotNull(session);
        return session;
    }

    /// <summary>Null when the ledger is away.</summary>
    public static async Task<Session?> TrySignInAsync(ExeuntProcess server, string email, string password, string client = "default")
    {
        using var http = server.Client();
        using var response = await http.PostAsJsonAsync("api/v1/auth/login", new { email, password, client_id = client });
        if (response.StatusCode == HttpStatusCode.ServiceUnavailable) return null;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return Session.Of(await response.Content.ReadFromJsonAsync<JsonElement>());
    }

    public static async Task<HttpStatusCode> MeAsync(ExeuntProcess server, string accessToken)
    {
        using var client = server.Client();
        client.DefaultRequestHeaders.Authorization = new("Bearer", accessToken);
        using var response = await client.GetAsync("api/v1/users/me");
        return response.StatusCode;
    }

    public static async Task<(HttpStatusCode Status, Session? Session)> RefreshAsync(ExeuntProcess server, string refreshToken)
    {
        using var client = server.Client();
        using var response = await client.PostAsJsonAsync("api/v1/auth/refresh", new { refresh_token = refreshToken });
        if (response.StatusCode != HttpStatusCode.OK) return (response.StatusCode, null);
        return (response.StatusCode, Session.Of(await response.Content.ReadFromJsonAsync<JsonElement>()));
    }

    public static async Task LogoutAsync(ExeuntProcess server, string refreshToken)
    {
        using var client = server.Client();
        using var response = await client.PostAsJsonAsync("api/v1/auth/logout", new { refresh_token = refreshToken });
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    /// <summary>Ends as an administrator does.</summary>
    public static async Task EndAsync(ExeuntProcess server, Session admin, object ending)
    {
        using var client = server.Client();
        client.DefaultRequestHeaders.Authorization = new("Bearer", admin.Access);
        using var response = await client.PostAsJsonAsync("api/v1/admin/endings", ending);
        Assert.True(response.StatusCode == HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
    }

    public sealed record Session(string Access, string Refresh, string Id)
    {
        /// <summary>What a sign-in or a refresh has answered.</summary>
        public static Session Of(JsonElement answer) =>
            new(answer.GetProperty("access_token").GetString()!, answer.GetProperty("refresh_token").GetString()!, answer.GetProperty("session_id").GetString()!);
    }
}
