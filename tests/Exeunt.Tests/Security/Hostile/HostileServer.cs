using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Exeunt.Keys;
using Exeunt.Protocol.AccessTokens;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Jose;
using Exeunt.Tests.Protocol.Jose;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.Security.Hostile;

/// <summary>The server that all rows are sent to, and the credentials that they name.</summary>
public sealed partial class HostileServer : IAsyncLifetime
{
    private readonly Dictionary<string, string> words = [];

    /// <summary>The server.</summary>
    public ExeuntApp App { get; private set; } = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        // Wide limits: the throttles have tests of their own, and would answer most of the rows here.
        App = await ExeuntApp.StartAsync(
            ("Accounts:Registration", "open"), ("Limits:FailuresPerAccountAndAddress", "100000"), ("Limits:FailuresPerAddress", "100000"), ("Limits:RegistrationsPerAddress", "100000"));
        var ada = await App.SignUpAsync("ada@example.com");
        var bob = await App.SignUpAsync("bob@example.com");
        var admin = await App.SignUpAsync("root@example.com", ExeuntApp.Password, "admin");
        var ended = await App.SignInAsync("ada@example.com");
        using (var logout = await App.Client().PostAsync("api/v1/auth/logout", new { refresh_token = ended.RefreshToken })) await logout.JsonAsync(200);

        (words["access"], words["refresh"], words["sid"], words["user"]) = (ada.AccessToken, ada.RefreshToken, ada.Session.ToString(), ada.User.ToString());
        (words["admin"], words["ended"], words["bobs sid"], words["bobs refresh"]) = (admin.AccessToken, ended.AccessToken, bob.Session.ToString(), bob.RefreshToken);
        (words["tampered refresh"], words["nowhere sid"]) = (Flip(ada.RefreshToken, 40), Id.New<SessionId>(App.Clock.GetUtcNow()).ToString());
        using var cookie = await App.SendAsync(HttpMethod.Post, "api/v1/auth/login", new { email = "bob@example.com", password = ExeuntApp.Password }, ("X-Exeunt-Cookie", "1"));
        words["binder"] = (await cookie.JsonAsync(200)).GetProperty("binder").GetString()!;
        words["cookie"] = cookie.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        ForgeTokens(App.Services.GetRequiredService<SigningKeys>().Current, ended, ada);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => App.DisposeAsync();

    /// <summary>Sends a row and reads the answer; null when the connection ended without one.</summary>
    public async Task<RawAnswer?> SendAsync(HostileRequest row)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(App.Address.Host, App.Address.Port);
        await using var stream = socket.GetStream();
        var answer = ReadToEndAsync(stream);
        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(row.ToWire(Replace)));
            if (row.BreaksOff) socket.Client.Shutdown(SocketShutdown.Send);
        }
        catch (IOException)
        {
            // The server has heard enough and closed; its answer is there to be read.
        }

        return RawAnswer.Parse(await answer);
    }

    /// <summary>What must stay as it was: every account, session and revocation, in all that can change of them.</summary>
    public async Task<string> FingerprintAsync()
    {
        var reads = App.Ledger.Reads;
        var users = (await reads.UsersAsync(new(Limit: 200), default)).Items.Select(u => $"{u.Id} {u.Email} {u.Name} {u.PasswordHash} {string.Join(',', u.Roles)} {u.DisabledAt}");
        var sessions = (await reads.SessionsAsync(new(Limit: 200), default)).Items.Select(s => $"{s.Session.Id} {s.Session.LastSeenAt:O} {s.Session.ExpiresAt:O} {s.Session.Generations} {s.End}");
        var revocations = (await reads.RevocationsAfterAsync(0, 1000, default)).Select(r => r.ToString());
        return string.Join('\n', users.Concat(sessions).Concat(revocations));
    }

    private string Replace(string text) => Word().Replace(text, match => words[match.Groups["name"].Value]);

    private static async Task<byte[]> ReadToEndAsync(NetworkStream stream)
    {
        using var read = new MemoryStream();
        try
        {
            await stream.CopyToAsync(read);
        }
        catch (IOException)
        {
            // Reset after the answer, because the server did not read all that was sent.
        }

        return read.ToArray();
    }

    private void ForgeTokens(SigningKey key, SignedIn ended, SignedIn ada)
    {
        var now = App.Clock.GetUtcNow();
        var honest = new AccessToken
        {
            Issuer = ExeuntApp.Issuer,
            Subject = ada.User.ToString(),
            Audiences = ["exeunt"],
            ClientId = "default",
            Jti = "forged",
            Sid = ada.Session.ToString(),
            IssuedAt = now,
            ExpiresAt = now.AddMinutes(15),
            Roles = ["admin"],
        };
        string Text(string header, string payload) => Forge.Sign(key, header, payload);
        var (parts, header) = (ada.AccessToken.Split('.'), $$"""{"alg":"ES256","kid":"{{key.KeyId}}","typ":"at+jwt"}""");
        var payload = Encoding.UTF8.GetString(CanonicalBase64Url.Decode(parts[1])!);
        var stranger = SigningKey.Generate();

        words["expired"] = (honest with { Sid = ended.Session.ToString(), IssuedAt = now.AddHours(-2), ExpiresAt = now.AddHours(-1) }).Sign(key);
        words["wrong audience"] = (honest with { Audiences = ["another"] }).Sign(key);
        words["wrong issuer"] = (honest with { Issuer = "https://evil.example" }).Sign(key);
        words["no session"] = (honest with { Sid = "nonsense" }).Sign(key);
        words["no user"] = (honest with { Subject = "nonsense" }).Sign(key);
        words["stranger"] = honest.Sign(stranger);
        words["stranger with our kid"] = Forge.Sign(stranger, header, payload);
        words["unknown kid"] = Text("""{"alg":"ES256","kid":"../../etc/passwd","typ":"at+jwt"}""", payload);
        words["typ JWT"] = Text(header.Replace("at+jwt", "JWT", StringComparison.Ordinal), payload);
        words["no typ"] = Text($$"""{"alg":"ES256","kid":"{{key.KeyId}}"}""", payload);
        words["alg none"] = $"{Forge.Encode("""{"alg":"none","typ":"at+jwt"}""")}.{parts[1]}.";
        words["alg HS256 with the public key"] = Forge.SignWithSecret(Encoding.UTF8.GetBytes(key.KeyId), $$"""{"alg":"HS256","kid":"{{key.KeyId}}","typ":"at+jwt"}""", payload);
        words["crit"] = Text($$"""{"alg":"ES256","kid":"{{key.KeyId}}","typ":"at+jwt","crit":["x"],"x":1}""", payload);
        words["embedded key"] = Forge.Sign(stranger, """{"alg":"ES256","typ":"at+jwt","jwk":{"kty":"EC","crv":"P-256"}}""", payload);
        words["tampered payload"] = $"{parts[0]}.{Forge.Encode(payload.Replace("\"default\"", "\"admin\"", StringComparison.Ordinal))}.{parts[2]}";
        words["tampered signature"] = Flip(ada.AccessToken, ada.AccessToken.Length - 20);
        words["cut signature"] = ada.AccessToken[..^4];
        words["without signature"] = $"{parts[0]}.{parts[1]}.";
        words["two parts"] = $"{parts[0]}.{parts[1]}";
        words["four parts"] = ada.AccessToken + "." + parts[2];
        words["five parts"] = $"{parts[0]}..{parts[1]}.{parts[2]}.{parts[2]}";
        words["padded"] = $"{parts[0]}=.{parts[1]}.{parts[2]}";
        words["array payload"] = Text(header, "[1,2]");
        words["members twice"] = Text(header, payload.Replace("{", "{\"sub\":\"usr_x\",", StringComparison.Ordinal));
        words["exp as text"] = Text(header, ExpiryPattern().Replace(payload, "\"exp\":\"never\""));
        words["no exp"] = Text(header, ExpiryPattern().Replace(payload, "\"x\":1"));
        words["deep payload"] = Text(header, string.Concat(Enumerable.Repeat("{\"a\":", 500)) + "1" + new string('}', 500));
        words["huge"] = string.Join('.', parts[0], new string('A', 9000), parts[2]);
    }

    private static string Flip(string text, int at) => string.Concat(text.AsSpan(0, at), text[at] == 'A' ? "B" : "A", text.AsSpan(at + 1));

    [GeneratedRegex("«(?<name>[^»]+)»", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Word();

    [GeneratedRegex("\"exp\":[0-9]+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ExpiryPattern();
}
