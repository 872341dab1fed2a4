using Exeunt.Sqlite.Files;
using Exeunt.Storage.Journal;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.Contracts;

/// <summary>What the clients of all contracts do, and what the operator sees of it.</summary>
internal static class Client
{
    /// <summary>Compares an answer with what the contract says, member by member.</summary>
    public static async Task AnswersAsync(this HttpResponseMessage response, int status, string json)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync();
            Assert.True((int)response.StatusCode == status, $"expected {status}, got {(int)response.StatusCode}: {text}");
            Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
            Assert.Equal(json, text);
        }
    }

    extension(ExeuntApp app)
    {
        /// <summary>The status with which a protected route answers this access token.</summary>
        public async Task<int> StatusOfAsync(string accessToken, string path = "api/v1/users/me")
        {
            using var response = await app.Client(accessToken).GetAsync(path);
            return (int)response.StatusCode;
        }

        /// <summary>Takes the ledger away, as another process that writes for too long does, until the answer is disposed of.</summary>
        public IDisposable TakeLedgerAway()
        {
            var other = Database.OpenWriter(Path.Combine(app.DataFolder, "exeunt.db"), TimeSpan.FromSeconds(5));
            other.Execute("begin immediate");
            app.Commits.Run();
            return new Away(app.Commits, other);
        }

        /// <summary>Takes the journal away as well, for good: no disk takes anything.</summary>
        public IDisposable TakeLedgerAndJournalAway()
        {
            app.Services.GetRequiredService<EndingJournal>().Dispose();
            return app.TakeLedgerAway();
        }

        /// <summary>Waits until the ledger is back and holds what was journaled. It must be there.</summary>
        public async Task RecoverAsync() => Assert.True(await app.Services.GetRequiredService<LedgerRecovery>().TryAsync());

        /// <summary>Signs in by the template contract.</summary>
        public async Task<string> TemplateSignInAsync(string email)
        {
            using var response = await app.Client().PostAsync("api/auth/login", new { email, password = ExeuntApp.Password });
            var answer = await response.JsonAsync(200);
            Assert.True(answer.GetProperty("success").GetBoolean());
            Assert.Equal(2, answer.GetPropertyCount());
            return answer.GetProperty("token").GetString()!;
        }
    }

    // Nothing that commits from now on is late.
    private sealed class Away(CommitStopwatch commits, Database other) : IDisposable
    {
        public void Dispose()
        {
            commits.Stand();
            other.Dispose();
        }
    }

    /// <summary>A token whose signature has been tampered with.</summary>
    public static string Forged(string token)
    {
        var at = token.LastIndexOf('.') + 5;
        return token[..at] + (token[at] == 'A' ? 'B' : 'A') + token[(at + 1)..];
    }
}
