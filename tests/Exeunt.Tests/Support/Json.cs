using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Exeunt.Tests.Support;

/// <summary>JSON as an outside client writes and reads it: knowing nothing of the server's types.</summary>
internal static class Json
{
    private static readonly JsonSerializerOptions WithoutNulls = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>A body of the members of an anonymous object, as they are named; nulls are left out.</summary>
    public static HttpContent Body(object value) => Body(JsonSerializer.Serialize(value, WithoutNulls));

    /// <summary>A body of this text, whatever it is.</summary>
    public static HttpContent Body(string text) => new ByteArrayContent(Encoding.UTF8.GetBytes(text)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

    extension(HttpClient client)
    {
        /// <summary>Posts the members of an anonymous object.</summary>
        public Task<HttpResponseMessage> PostAsync(string path, object body) => client.PostAsync(path, Body(body));
    }

    extension(HttpResponseMessage response)
    {
        /// <summary>The answer's JSON; fails with the whole answer unless it has this status.</summary>
        public async Task<JsonElement> JsonAsync(int status)
        {
            var text = await response.Content.ReadAsStringAsync();
            Assert.True((int)response.StatusCode == status, $"expected {status}, got {(int)response.StatusCode}: {text}");
            return JsonSerializer.Deserialize<JsonElement>(text);
        }

        /// <summary>The answer as a problem document (RFC 9457); fails unless it is one of this status and type.</summary>
        public async Task<JsonElement> ProblemAsync(int status, string type)
        {
            var problem = await response.JsonAsync(status);
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
            Assert.Equal("urn:exeunt:problem:" + type, problem.GetProperty("type").GetString());
            Assert.Equal(status, problem.GetProperty("status").GetInt32());
            Assert.NotEqual("", problem.GetProperty("title").GetString());
            Assert.NotEqual("", problem.GetProperty("detail").GetString());
            return problem;
        }
    }
}
