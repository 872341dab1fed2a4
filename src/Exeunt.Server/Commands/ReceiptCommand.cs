using System.Buffers.Text;
using System.CommandLine;
using System.Text.Json;
using Exeunt.Protocol.Jose;

namespace Exeunt.Server.Commands;

/// <summary><c>receipt verify</c>: whether a logout receipt is authentic, and what it says. It needs the server's public keys and nothing else.</summary>
internal static class ReceiptCommand
{
    private const int LongestReceipt = 16 * 1024; // characters, as for every token
    private const int MostBytesOfKeys = 256 * 1024;
    private const string KeySet = ".well-known/jwks.json";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static Command Create(CommonOptions common) => new("receipt", "Check logout receipts") { Verify(common) };

    private static Command Verify(CommonOptions common)
    {
        var receipt = new Argument<string?>("receipt") { Description = "The receipt; read from standard input unless given", Arity = ArgumentArity.ZeroOrOne };
        var jwks = new Option<string?>("--jwks") { Description = $"The server's public keys, an address or a file; {KeySet} below the issuer that the receipt names unless given" };
        var command = new Command("verify", "Prove that a receipt was signed by the server, and tell what it says") { receipt, jwks, common.Json };
        command.SetAction(async (parsed, ct) =>
        {
            var text = (parsed.GetValue(receipt) ?? await ReadInputAsync(ct)).Trim();
            if (ClaimedIssuer(text) is not { } issuer) throw new NotDoneException("That is no receipt: it is not a JWS whose payload names an issuer.");

            var keys = await KeysAsync(parsed.GetValue(jwks) ?? $"{issuer}/{KeySet}", ct);
            var rules = new JwtRules { Kind = TokenKind.LogoutReceipt, Algorithms = [JwsAlgorithm.ES256, JwsAlgorithm.RS256], Issuer = issuer, Audiences = [] };

            // At the end of time: a receipt does not expire, and whether the reader's clock is slow says nothing of it.
            return JwtVerifier.Verify(text, keys, rules, DateTimeOffset.MaxValue) switch
            {
                JwtVerdict.Valid(var claims, _) => Tell(new Output(parsed.GetValue(common.Json)), issuer, claims, text),
                JwtVerdict.Rejected(_, var why) => throw new NotDoneException($"The receipt is NOT authentic. {why}"),
                _ => throw new NotDoneException("The receipt is NOT authentic."),
            };
        });
        return command;
    }

    private static int Tell(Output output, string issuer, JwtClaims claims, string receipt)
    {
        if (output.IsJson)
        {
            using var payload = JsonDocument.Parse(Base64Url.DecodeFromChars(receipt.Split('.')[1]));
            Console.WriteLine(payload.RootElement.GetRawText());
            return 0;
        }

        output.Say($"Authentic: signed by {issuer} at {claims.Time("iat"):u}.");
        output.Say($"Ending {claims.Text("event") ?? "(an expiry)"}, {claims.Number("ended") ?? 0} sessions, at {claims.Text("epoch")}:{claims.Number("seq")}; waited {claims.Number("ms") ?? 0} ms.");
        if (claims.Text("note") is { } note) output.Say(note);
        if (claims.TryGet("guards", out var guards))
        {
            foreach (var group in guards.EnumerateObject()) output.Say(Line(group));
        }

        if (claims.Text("checkpoint") is { } checkpoint) output.Say($"Newest audit checkpoint then: {checkpoint}");
        return 0;
    }

    private static string Line(JsonProperty group)
    {
        var names = group.Value.GetProperty("names").EnumerateArray().Select(guard =>
            guard.GetProperty("name").GetString()
            + (guard.TryGetProperty("instance", out var instance) ? $" ({instance.GetString()})" : "")
            + (guard.TryGetProperty("since", out var since) ? $" since {DateTimeOffset.FromUnixTimeSeconds((long)since.GetDecimal()):u}" : ""));
        return $"{group.Name}: {group.Value.GetProperty("count").GetInt64()} {string.Join(", ", names)}".TrimEnd();
    }

    private static async Task<string> ReadInputAsync(CancellationToken ct)
    {
        var buffer = new char[LongestReceipt + 1];
        return new(buffer, 0, await Console.In.ReadBlockAsync(buffer, ct));
    }

    // Only to know whom to ask for keys; what it claims is believed when it was verified.
    private static string? ClaimedIssuer(string receipt)
    {
        if (receipt.Length > LongestReceipt || receipt.Split('.') is not [_, var payload, _]) return null;
        try
        {
            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(payload));
            return claims.RootElement.TryGetProperty("iss", out var issuer) && issuer.GetString() is { Length: > 0 } name ? name : null;
        }
        catch (Exception malformed) when (malformed is FormatException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static async Task<JwkSet> KeysAsync(string where, CancellationToken ct)
    {
        byte[] document;
        try
        {
            document = Uri.TryCreate(where, UriKind.Absolute, out var address) && address.Scheme is "https" or "http"
                ? await FetchAsync(address!, ct)
                : await File.ReadAllBytesAsync(where, ct);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException
            || (failure is OperationCanceledException && !ct.IsCancellationRequested))
        {
            throw new NotDoneException($"The keys cannot be read from {where}: {failure.Message.TrimEnd('.')}. Give them with --jwks.");
        }

        return JwkSet.TryParse(document, out var keys, out var why) ? keys : throw new NotDoneException($"What {where} holds are no keys. {why}");
    }

    private static async Task<byte[]> FetchAsync(Uri address, CancellationToken ct)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = Patience, MaxResponseContentBufferSize = MostBytesOfKeys };
        return await http.GetByteArrayAsync(address, ct);
    }
}
