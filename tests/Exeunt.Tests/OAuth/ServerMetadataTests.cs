using Exeunt.Tests.Support;

namespace Exeunt.Tests.OAuth;

public sealed class ServerMetadataTests
{
    private const string WellKnown = ".well-known/oauth-authorization-server";

    [Fact]
    public async Task MD_2_MD_3_MD_4_what_there_is_stands_in_the_metadata_and_nothing_else()
    {
        await using var app = await ExeuntApp.StartAsync();

        using var response = await app.Client().GetAsync(WellKnown);

        var text = (await response.JsonAsync(200)).GetRawText();
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(
            """
            {"issuer":"https://exeunt.test","jwks_uri":"https://exeunt.test/.well-known/jwks.json",
            "token_endpoint":"https://exeunt.test/oauth2/token","token_endpoint_auth_methods_supported":["client_secret_basic","none"],"grant_types_supported":["refresh_token"],
            "revocation_endpoint":"https://exeunt.test/oauth2/revoke","revocation_endpoint_auth_methods_supported":["client_secret_basic","none"],
            "introspection_endpoint":"https://exeunt.test/oauth2/introspect","introspection_endpoint_auth_methods_supported":["client_secret_basic"]}
            """.Replace("\n", "", StringComparison.Ordinal), text);
    }

    [Fact]
    public async Task MD_1_the_path_of_the_issuer_follows_the_well_known_name()
    {
        await using var app = await ExeuntApp.StartAsync(("Server:Issuer", "https://exeunt.test/t1"));

        using var right = await app.Client().GetAsync(WellKnown + "/t1");
        using var bare = await app.Client().GetAsync(WellKnown);
        using var other = await app.Client().GetAsync(WellKnown + "/t2");

        Assert.Equal("https://exeunt.test/t1", (await right.JsonAsync(200)).GetProperty("issuer").GetString());
        await bare.ProblemAsync(404, "not-found");
        await other.ProblemAsync(404, "not-found");
    }
}
