namespace Exeunt.Tests.Support;

/// <summary>Requests with more to them than a path and a body.</summary>
internal static class Requests
{
    extension(ExeuntApp app)
    {
        /// <summary>Sends one request; headers are sent as they are given.</summary>
        public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body = null, params (string Name, string Value)[] headers)
        {
            using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : Json.Body(body) };
            foreach (var (name, value) in headers) Assert.True(request.Headers.TryAddWithoutValidation(name, value));
            return await app.Client().SendAsync(request);
        }

        /// <summary>Whether the access token opens the API.</summary>
        public async Task<bool> OpensAsync(string accessToken)
        {
            using var response = await app.Client(accessToken).GetAsync("api/v1/users/me");
            Assert.True((int)response.StatusCode is 200 or 401);
            return (int)response.StatusCode == 200;
        }

        /// <summary>What the audit trail says, oldest first.</summary>
        public async Task<IReadOnlyList<Exeunt.Audit.AuditEntry>> AuditAsync(string? action = null) =>
            [.. (await app.Ledger.Reads.AuditAsync(new(Action: action, Limit: 1000), CancellationToken.None)).Items.Select(r => r.Entry)];
    }
}
