using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Exeunt.Tests.Feed;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.OAuth;

/// <summary>What clients of the OAuth routes send, and what they are told.</summary>
internal static class OAuthRequests
{
    extension(ExeuntApp app)
    {
        /// <summary>Posts a form to a route of <c>/oauth2</c>, as a registered client if one is given.</summary>
        public Task<HttpResponseMessage> FormAsync(string route, (string Id, string Secret)? client, params (string Name, string Value)[] fields) =>
            app.RawFormAsync(route, client, string.Join('&', fields.Select(f => $"{Uri.EscapeDataString(f.Name)}={Uri.EscapeDataString(f.Value)}")));

        /// <summary>Posts this body, whatever it is.</summary>
        public async Task<HttpResponseMessage> RawFormAsync(string route, (string Id, string Secret)? client, string body, string type = "application/x-www-form-urlencoded")
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "oauth2/" + route) { Content = new ByteArrayContent(Encoding.Latin1.GetBytes(body)) };
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
            if (client is { } credentials) request.Headers.Authorization = FeedReader.Basic(credentials);
            return await app.Client().SendAsync(request);
        }

        /// <summary>Whether a refresh token still refreshes, by the server's own API.</summary>
        public async Task<bool> RefreshesAsync(string refreshToken)
        {
            using var response = await app.Client().PostAsync("api/v1/auth/refresh", new { refresh_token = refreshToken });
            return (int)response.StatusCode == 200;
        }
    }

    /// <summary>Checks that the answer is this error in the form of RFC 6749 §5.2, and no more than that (PD-4, BRR-6).</summary>
    public static async Task ErrorAsync(this HttpResponseMessage response, int status, string error)
    {
        using (response)
        {
            var answer = await response.JsonAsync(status);
            Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
            Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
            Assert.Equal(["error", "error_description"], answer.Members());
            Assert.Equal(error, answer.GetProperty("error").GetString());
            Assert.DoesNotContain(answer.GetProperty("error_description").GetString()!, c => c is < ' ' or > '~' or '"' or '\\');
            Assert.Equal(status == 401 ? "Basic realm=\"exeunt\", charset=\"UTF-8\"" : "", response.Headers.WwwAuthenticate.ToString());
        }
    }

    /// <summary>The names of an object's members.</summary>
    public static IEnumerable<string> Members(this JsonElement json) => json.EnumerateObject().Select(m => m.Name);
}
