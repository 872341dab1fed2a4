using System.Buffers.Text;
using System.Net;
using System.Text;
using Exeunt.Clients;
using Exeunt.Protocol.Ids;
using Exeunt.Sqlite.Files;
using Exeunt.Tests.Feed;
using Exeunt.Tests.OAuth;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Security;

/// <summary>P7: whoever has the database file, and nothing else, opens nothing with it.</summary>
public class StolenDatabaseTests
{
    private const string Email = "ada@example.com";

    [Fact]
    public async Task P7_no_stored_value_is_a_credential()
    {
        await using var app = await ExeuntApp.StartAsync(
            ("Limits:FailuresPerAccountAndAddress", "1000000"), ("Limits:FailuresPerAddress", "1000000"), ("Limits:RegistrationsPerAddress", "1000000"), ("Accounts:Registration", "invite"));
        var signedIn = await app.SignUpAsync(Email);
        var client = await FeedReader.AddClientAsync(app, scopes: [.. ClientScopes.All]);
        var cookie = await CookieAsync(app);
        await app.SignInAsync(Email, device: "phone");
        using (var refreshed = await app.Client().PostAsync("api/v1/auth/refresh", new { refresh_token = signedIn.RefreshToken })) await refreshed.JsonAsync(200);

        var stored = StoredValues(app);
        Assert.True(stored.Count > 40, $"only {stored.Count} values were read");
        var spellings = stored.SelectMany(Spellings).Where(s => s.Length > 0 && s.All(c => c is > ' ' and < (char)127)).Distinct().ToList();
        var alive = await AliveAsync(app);

        await Parallel.ForEachAsync(spellings, async (value, _) =>
        {
            using var bearer = await app.Client(value).GetAsync("api/v1/users/me", CancellationToken.None);
            Assert.True(bearer.StatusCode is HttpStatusCode.Unauthorized, $"as a bearer token: {bearer.StatusCode}");
            foreach (var token in (string[])[value, "exr_" + value])
            {
                using var refresh = await app.Client().PostAsync("api/v1/auth/refresh", new { refresh_token = token });
                Assert.Equal(HttpStatusCode.Unauthorized, refresh.StatusCode);
                using var logout = await app.Client().PostAsync("api/v1/auth/logout", new { refresh_token = token });
                Assert.Equal(HttpStatusCode.Unauthorized, logout.StatusCode);
                using var byCookie = await app.SendAsync(HttpMethod.Post, "api/v1/auth/refresh", null, ("Cookie", $"__Host-exeunt={token}"), ("X-Exeunt-Cookie", "1"), ("Origin", ExeuntApp.Issuer));
                Assert.Equal(HttpStatusCode.Unauthorized, byCookie.StatusCode);
            }

            using var binder = await app.SendAsync(HttpMethod.Post, "api/v1/auth/refresh", null, ("Cookie", cookie), ("X-Exeunt-Cookie", value), ("Origin", ExeuntApp.Issuer));
            Assert.Equal(HttpStatusCode.Unauthorized, binder.StatusCode);
            using var asClient = await app.FormAsync("introspect", (client.Id, value), ("token", signedIn.AccessToken));
            Assert.Equal(HttpStatusCode.Unauthorized, asClient.StatusCode);
            using var invited = await app.Client().PostAsync("api/v1/auth/register", new { email = "eve@example.com", password = ExeuntApp.Password, invite = value });
            Assert.True((int)invited.StatusCode is 400 or 403, $"as an invitation: {invited.StatusCode}");
        });

        // Checking a password costs a while by design, so only the values themselves are tried as one.
        await Parallel.ForEachAsync(stored.OfType<string>().Distinct().Where(s => s.Length is > 0 and <= 256), async (value, _) =>
        {
            using var login = await app.Client().PostAsync("api/v1/auth/login", new { email = Email, password = value });
            Assert.Equal(HttpStatusCode.Unauthorized, login.StatusCode);
        });

        Assert.Equal(alive, await AliveAsync(app));
    }

    [Fact]
    public async Task P7_no_token_and_no_password_lies_in_any_file_of_the_database()
    {
        await using var app = await ExeuntApp.StartAsync();
        var signedIn = await app.SignUpAsync(Email);
        using var cookieLogin = await app.SendAsync(HttpMethod.Post, "api/v1/auth/login", new { email = Email, password = ExeuntApp.Password }, ("X-Exeunt-Cookie", "1"));
        var binder = (await cookieLogin.JsonAsync(200)).GetProperty("binder").GetString()!;
        var cookie = cookieLogin.Headers.GetValues("Set-Cookie").Single().Split('=', 2)[1].Split(';')[0];
        using (var failed = await app.Client().PostAsync("api/v1/auth/login", new { email = Email, password = "a-wrong-password-91" })) await failed.JsonAsync(401);

        var secrets = (string[])[signedIn.AccessToken, signedIn.RefreshToken, signedIn.RefreshToken["exr_".Length..], binder, cookie, ExeuntApp.Password, "a-wrong-password-91"];
        foreach (var file in Directory.GetFiles(app.DataFolder, "exeunt.db*"))
        {
            var bytes = ReadShared(file);
            Assert.All(secrets, secret => Assert.True(bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)) < 0, $"a secret lies in {Path.GetFileName(file)}"));
        }

        Assert.All(secrets, secret => Assert.DoesNotContain(secret, string.Join('\n', app.Log.All), StringComparison.Ordinal));
    }

    // A thief may have the browser's cookie as well: without its binder it signs nobody in.
    private static async Task<string> CookieAsync(ExeuntApp app)
    {
        using var login = await app.SendAsync(HttpMethod.Post, "api/v1/auth/login", new { email = Email, password = ExeuntApp.Password }, ("X-Exeunt-Cookie", "1"));
        await login.JsonAsync(200);
        return login.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
    }

    private static List<object> StoredValues(ExeuntApp app)
    {
        using var database = Database.OpenReader(Path.Combine(app.DataFolder, "exeunt.db"), TimeSpan.FromSeconds(5));
        var columns = database.Sql("select t.name, c.name from sqlite_master t, pragma_table_info(t.name) c where t.type = 'table'").All(row => (Table: row.Text(), Name: row.Text()));
        return
        [
            .. columns.SelectMany(column => database
                .Sql($"select \"{column.Name}\", typeof(\"{column.Name}\") from \"{column.Table}\" where \"{column.Name}\" is not null")
                .All<object>(row => row.Bytes() is var bytes && row.Text() == "blob" ? bytes : Encoding.UTF8.GetString(bytes))),
        ];
    }

    private static IEnumerable<string> Spellings(object value)
    {
        if (value is not byte[] bytes) return [$"{value}"];

        var spellings = new List<string> { Convert.ToHexStringLower(bytes), Convert.ToBase64String(bytes), Base64Url.EncodeToString(bytes), Encoding.Latin1.GetString(bytes) };
        if (bytes.Length == Id.Bytes) spellings.AddRange([Id.FromBytes<SessionId>(bytes).ToString(), Id.FromBytes<UserId>(bytes).ToString()]);
        return spellings;
    }

    private static async Task<int> AliveAsync(ExeuntApp app) =>
        (await app.Ledger.Reads.SessionsAsync(new(AliveOnly: true), CancellationToken.None)).Items.Count;

    private static byte[] ReadShared(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
