using Exeunt.Tests.Feed;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.OAuth;

/// <summary>What all three routes have in common: the form, who asks, and the shape of their refusals.</summary>
public sealed class OAuthFormTests : IAsyncLifetime
{
    private ExeuntApp app = null!;
    private (string Id, string Secret) client;

    public static TheoryData<string> Routes => ["token", "revoke", "introspect"];

    public async ValueTask InitializeAsync()
    {
        app = await ExeuntApp.StartAsync();
        client = await FeedReader.AddClientAsync(app, "orders", ["introspect"]);
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task BRR_5_a_body_that_is_no_form_is_an_invalid_request(string route)
    {
        foreach (var type in new[] { "application/json", "text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded; charset=utf-16" })
            await (await app.RawFormAsync(route, client, "token=x", type)).ErrorAsync(400, "invalid_request");
        foreach (var body in new[] { "token=%", "token=%zz", "token=%4", "token=%ff", "token=\u00e9", "%=x", "token=x&token=y", "token=&token=x", "x=1&x=1", "tok%65n=x&token=y", string.Join('&', Enumerable.Range(0, 33).Select(i => $"p{i}=x")) })
            await (await app.RawFormAsync(route, client, body)).ErrorAsync(400, "invalid_request");
        await (await app.RawFormAsync(route, client, "token=" + new string('x', 17 * 1024))).ErrorAsync(413, "invalid_request");
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task REV_3_INT_4_a_client_that_is_unknown_or_says_so_in_the_wrong_way_is_401(string route)
    {
        (string, string)[] fields = [("grant_type", "refresh_token"), ("refresh_token", "x"), ("token", "x")];
        await (await app.FormAsync(route, (client.Id, "exs_wrong"), fields)).ErrorAsync(401, "invalid_client");
        await (await app.FormAsync(route, (client.Id, ""), fields)).ErrorAsync(401, "invalid_client");
        await (await app.FormAsync(route, ("ada", client.Secret), fields)).ErrorAsync(401, "invalid_client");
        await (await app.FormAsync(route, null, fields)).ErrorAsync(401, "invalid_client");
        await (await app.FormAsync(route, null, [.. fields, ("client_id", client.Id)])).ErrorAsync(401, "invalid_client"); // it has a secret
        await (await app.FormAsync(route, null, [.. fields, ("client_id", client.Id), ("client_secret", client.Secret)])).ErrorAsync(401, "invalid_client");
        await (await app.FormAsync(route, null, [.. fields, ("client_assertion", "x")])).ErrorAsync(401, "invalid_client");

        await (await app.FormAsync(route, client, [.. fields, ("client_secret", client.Secret)])).ErrorAsync(400, "invalid_request"); // two ways
        await (await app.FormAsync(route, client, [.. fields, ("client_id", "default")])).ErrorAsync(400, "invalid_request");
        Assert.All(await app.AuditAsync("client_refused"), entry => Assert.Equal("/oauth2/" + route, entry.Detail));
        Assert.Equal(6, (await app.AuditAsync("client_refused")).Count);
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task A_bearer_token_is_no_way_for_a_client_to_authenticate(string route)
    {
        var ada = await app.SignUpAsync("ada@example.com");
        using var request = new HttpRequestMessage(HttpMethod.Post, "oauth2/" + route) { Content = new FormUrlEncodedContent([new("token", ada.RefreshToken), new("client_id", "default")]) };
        request.Headers.Authorization = new("Bearer", ada.AccessToken);

        await (await app.Client().SendAsync(request)).ErrorAsync(401, "invalid_client");

        Assert.True(await app.OpensAsync(ada.AccessToken));
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task RFC_6749_2_3_1_credentials_may_be_encoded_as_in_a_form(string route)
    {
        var encoded = (client.Id.Replace("_", "%5F", StringComparison.Ordinal), client.Secret.Replace("_", "%5f", StringComparison.Ordinal).Replace("-", "%2D", StringComparison.Ordinal));

        using var response = await app.FormAsync(route, encoded, ("token", "x"), ("grant_type", "refresh_token"), ("refresh_token", "x"));

        Assert.Equal(route == "token" ? 400 : 200, (int)response.StatusCode);
        Assert.DoesNotContain("invalid_client", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task Parameters_in_the_address_are_not_read(string route)
    {
        await (await app.RawFormAsync(route + "?token=x&grant_type=refresh_token&refresh_token=x", client, "")).ErrorAsync(400, "invalid_request");
        await (await app.RawFormAsync(route, client, "token=&grant_type=&refresh_token")).ErrorAsync(400, "invalid_request"); // empty is missing
        using var get = await app.Client().GetAsync($"oauth2/{route}?token=x");
        Assert.Equal(405, (int)get.StatusCode);
    }
}
