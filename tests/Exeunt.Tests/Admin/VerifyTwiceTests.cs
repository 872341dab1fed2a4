using System.Net;
using System.Security.Cryptography;
using Exeunt.Accounts;
using Exeunt.Postgres;
using Exeunt.Tests.Support;
using Npgsql;

namespace Exeunt.Tests.Admin;

/// <summary>Two who verify the audit trail at once. The database is PostgreSQL because there a table can be kept from readers for as long as a test wants.</summary>
public sealed class VerifyTwiceTests
{
    private const string Verify = "api/v1/admin/audit/verify";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_the_trail_is_verified_another_is_told_when_to_come_back_and_the_first_one_has_its_verdict()
    {
        var postgres = await PostgresServer.SharedAsync();
        var database = await postgres.NewDatabaseAsync();
        try
        {
            await using var app = await ExeuntApp.StartAsync(("Ledger:Postgres", database), ("Ledger:MasterKey", Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))));
            var admin = app.Client((await app.SignUpAsync("root@example.com", roles: User.AdminRole)).AccessToken);
            Task<HttpResponseMessage> first, second;
            await using (var other = new NpgsqlConnection(database + ";Pooling=false"))
            {
                await other.OpenAsync(Ct);
                await using var locked = await other.BeginTransactionAsync(Ct);
                await using (var command = new NpgsqlCommand("lock table audit in access exclusive mode", other, locked)) await command.ExecuteNonQueryAsync(Ct);

                // Whichever comes first waits for the table; the other one waits for nobody.
                (first, second) = (admin.PostAsync(Verify, new { }), admin.PostAsync(Verify, new { }));
                if (await Task.WhenAny(first, second) == first) (first, second) = (second, first);
                using var refused = await second;
                await refused.ProblemAsync(429, "too-many-requests");
                Assert.Equal(TimeSpan.FromSeconds(10), refused.Headers.RetryAfter?.Delta);
                Assert.False(first.IsCompleted);
            }

            await HoldsAsync(first);
            await HoldsAsync(admin.PostAsync(Verify, new { })); // and whoever comes now is served
        }
        finally
        {
            await postgres.DropDatabaseAsync(PostgresSettings.Parse(database).Database!);
        }

        static async Task HoldsAsync(Task<HttpResponseMessage> asked)
        {
            using var answer = await asked;
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Contains("\"holds\":true", await answer.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        }
    }
}
