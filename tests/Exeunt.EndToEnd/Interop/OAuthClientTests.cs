using System.Net.Http.Json;
using System.Text.Json;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Interop;

/// <summary>npm <c>oauth4webapi</c> and <c>openid-client</c>, which check every answer against the standards, at the real process.</summary>
public sealed class OAuthClientTests
{
    private const string Issuer = "https://exeunt.test";
    private const string Email = "ada@example.com";
    private const string Password = "purple-otter-lantern-41";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("oauth4webapi")]
    [InlineData("openid-client")]
    public async Task MD_2_RT_2_REV_1_INT_2_strict_clients_discover_refresh_introspect_and_revoke(string library)
    {
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        await using var server = await ExeuntProcess.ServeAsync(data, new Dictionary<string, string?> { ["EXEUNT_ADMIN_EMAIL"] = Email, ["EXEUNT_ADMIN_PASSWORD"] = Password, ["Exeunt__Server__Issuer"] = Issuer });
        var (exitCode, output) = await ExeuntProcess.RunAsync(["clients", "add", "shop", "--scope", "introspect", "--json", "--data", data]);
        Assert.True(exitCode == 0, output);
        var client = JsonDocument.Parse(output).RootElement;
        var id = client.GetProperty("id").GetString()!;
        var (one, other) = (await SignInAsync(server, id), await SignInAsync(server, id));

        using var answer = await NodeProcess.AskAsync("oauth.mjs", library, new
        {
            issuer = Issuer,
            address = server.Address.ToString().TrimEnd('/'),
            client = id,
            secret = client.GetProperty("secret").GetString(),
            sessions = new[] { new { access = Text(one, "access_token"), refresh = Text(one, "refresh_token") }, new { access = Text(other, "access_token"), refresh = Text(other, "refresh_token") } },
        }, Ct);

        var seen = answer.RootElement;
        Assert.Equal(Issuer + "/oauth2/token", Text(seen.GetProperty("metadata"), "token_endpoint"));
        Assert.Equal("bearer", Text(seen.GetProperty("tokens"), "token_type"));
        Assert.NotEmpty(Text(seen.GetProperty("tokens"), "refresh_token"));
        var alive = seen.GetProperty("alive");
        Assert.True(alive.GetProperty("active").GetBoolean());
        Assert.Equal((Text(one, "session_id"), id, Text(one.GetProperty("user"), "id")), (Text(alive, "sid"), Text(alive, "client_id"), Text(alive, "sub")));
        Assert.Equal(Text(one, "session_id"), Text(seen.GetProperty("aliveRefresh"), "sid"));
        Assert.Equal(401, seen.GetProperty("wrongSecret").GetProperty("status").GetInt32());
        Assert.Equal("""{"active":false}""", seen.GetProperty("dead").GetRawText());
        Assert.Equal("""{"active":false}""", seen.GetProperty("deadRefresh").GetRawText());
        Assert.Equal(("invalid_grant", 400), (Text(seen.GetProperty("afterwards"), "error"), seen.GetProperty("afterwards").GetProperty("status").GetInt32()));
    }

    private static async Task<JsonElement> SignInAsync(ExeuntProcess server, string clientId)
    {
        using var http = server.Client();
        using var response = await http.PostAsJsonAsync("api/v1/auth/login", new { email = Email, password = Password, client_id = clientId }, Ct);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonElement>(Ct);
    }

    private static string Text(JsonElement json, string member) => json.GetProperty(member).GetString()!;
}
