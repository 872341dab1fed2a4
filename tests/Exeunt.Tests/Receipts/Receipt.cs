using System.Text.Json;
using Exeunt.Protocol.Jose;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Receipts;

/// <summary>What a receipt says, verified with nothing but the published keys.</summary>
internal sealed record Receipt(JwtClaims Claims)
{
    public string[] Acknowledged => Names("acknowledged");

    public string[] Lagging => Names("lagging");

    public string[] Unreachable => Names("unreachable");

    public bool IsComplete => Claims.TryGet("complete", out var complete) && complete.GetBoolean();

    public static async Task<Receipt> OfAsync(ExeuntApp server, string jws)
    {
        Assert.True(JwkSet.TryParse(await server.Client().GetByteArrayAsync(".well-known/jwks.json"), out var keys, out var why), why);
        var rules = new JwtRules { Kind = TokenKind.LogoutReceipt, Algorithms = [JwsAlgorithm.ES256], Issuer = ExeuntApp.Issuer, Audiences = [] };
        return new(Assert.IsType<JwtVerdict.Valid>(JwtVerifier.Verify(jws, keys, rules, server.Clock.GetUtcNow())).Claims);
    }

    /// <summary>Sends an ending that wants a receipt, and reads it.</summary>
    public static async Task<Receipt> OfAsync(ExeuntApp server, HttpMethod method, string path, string? accessToken, int wait = 10, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : Json.Body(body) };
        request.Headers.Add("Prefer", $"wait={wait}");
        using var response = await server.Client(accessToken).SendAsync(request);
        Assert.Equal($"wait={Math.Min(wait, 10)}", response.Headers.GetValues("Preference-Applied").Single());
        return await OfAsync(server, (await response.JsonAsync(200)).GetProperty("receipt").GetString()!);
    }

    private string[] Names(string group)
    {
        Assert.True(Claims.TryGet("guards", out var guards));
        var names = guards.GetProperty(group).GetProperty("names").EnumerateArray().Select(Name).Order().ToArray();
        Assert.Equal(guards.GetProperty(group).GetProperty("count").GetInt32(), names.Length);
        return names;
    }

    private static string Name(JsonElement guard) => guard.GetProperty("name").GetString() + (guard.TryGetProperty("instance", out var instance) ? "/" + instance.GetString() : "");
}
