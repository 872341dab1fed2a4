using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Exeunt.Protocol.AccessTokens;
using Exeunt.Protocol.Jose;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Protocol.Jose;

/// <summary>Random damage. The seed is printed; set <c>EXEUNT_TEST_SEED</c> to see the same damage again.</summary>
public class MutationTests(ITestOutputHelper output)
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    private const string Strange = ".=+/ \n\0\"{é\ud800";

    private static readonly AccessTokenVerifier Verifier = new(Forge.Issuer, ["api"]);

    /// <summary>JSON that is near to what a reader expects, and wrong.</summary>
    private static readonly string[] Scraps =
    [
        "null", "true", "-1", "0", "1e400", "-1e-400", "1.5", "99999999999999999999999999", "\"\"", "\"\\ud800\"", "\"\\u0000\"", "[]", "[[]]", "{}", "[1,\"a\"]",
        "[\"a\",\"b\"]", "{\"a\":{\"a\":{}}}", "\"api\"", "[\"api\"]", ",", ":", "}", "]", "\"iss\":\"x\",", "\"exp\":", "\\u0065",
    ];

    [Fact]
    public void Of_forty_thousand_damaged_tokens_none_passes_and_none_throws()
    {
        var random = Races.Seeded(output);
        var originals = Originals();
        Assert.All(originals, token => Forge.AssertValid(token));

        for (var round = 0; round < 40_000; round++)
        {
            var original = originals[random.Next(originals.Length)];
            var damaged = original;
            for (var times = random.Next(1, 4); times > 0; times--) damaged = Damage(random, damaged, originals);
            if (originals.Contains(damaged)) continue; // put together again by chance

            Assert.True(Forge.Judge(damaged) is JwtVerdict.Rejected, $"Round {round}: {damaged}");
            Assert.IsType<AccessTokenVerdict.Rejected>(Verifier.Verify(damaged, Forge.Keys, Forge.Now));
        }
    }

    [Fact]
    public void Of_twenty_thousand_signed_but_damaged_headers_and_payloads_none_throws()
    {
        var random = Races.Seeded(output);
        const string header = """{"alg":"HS256","typ":"at+jwt","kid":"k"}""";
        const string payload = """{"iss":"https://exeunt.example","aud":["api","b"],"sub":"usr_1","client_id":"c","iat":1800000000,"exp":1800000900,"jti":"j","sid":"s","amr":["pwd"],"roles":[],"auth_time":1.5}""";
        var rules = Forge.AnyRules with { Kind = TokenKind.AccessToken, Audiences = ["api"] };
        var verdicts = new Dictionary<string, int>(StringComparer.Ordinal);

        for (var round = 0; round < 20_000; round++)
        {
            var damagedHeader = random.Next(4) == 0 ? DamageJson(random, header) : Encoding.UTF8.GetBytes(header);
            var signed = Base64Url.EncodeToString(damagedHeader) + "." + Base64Url.EncodeToString(DamageJson(random, payload));
            var token = signed + "." + Base64Url.EncodeToString(HMACSHA256.HashData(Forge.Secret, Encoding.ASCII.GetBytes(signed)));

            var verdict = Forge.Judge(token, rules);
            if (verdict is JwtVerdict.Valid(var claims, _)) ReadEverything(claims);

            var name = verdict is JwtVerdict.Rejected(var code, _) ? code.ToString() : verdict.GetType().Name;
            verdicts[name] = verdicts.GetValueOrDefault(name) + 1;
        }

        output.WriteLine(string.Join(", ", verdicts.OrderByDescending(pair => pair.Value).Select(pair => $"{pair.Key} {pair.Value}")));
        Assert.True(verdicts.Count >= 6, "The damage is too dull: it must reach the later checks, too.");
    }

    [Fact]
    public void Of_ten_thousand_damaged_key_sets_none_throws()
    {
        var random = Races.Seeded(output);
        var original = Encoding.UTF8.GetString(new JwkSet(Forge.Es256.Public, Forge.Rs256.Public).ToUtf8());
        for (var round = 0; round < 10_000; round++)
        {
            if (JwkSet.TryParse(DamageJson(random, original), out var set, out var why)) Assert.InRange(set.Keys.Count, 0, 2);
            else Assert.NotEmpty(why);
        }
    }

    private static string[] Originals()
    {
        var kept = new AccessToken
        {
            Issuer = Forge.Issuer,
            Subject = "usr_1",
            Audiences = ["api"],
            ClientId = "app_1",
            Jti = "j1",
            Sid = "ses_1",
            IssuedAt = Forge.Now,
            ExpiresAt = Forge.Now.AddMinutes(15),
        };
        return
        [
            .. new[] { Forge.Es256, Forge.Rs256 }.Select(key => Forge.Sign(key, Forge.Header(key), Forge.Payload)),
            .. new[] { Forge.Es256, Forge.Rs256 }.Select(key => Forge.Sign(key, $$"""{"alg":"{{key.Algorithm}}","kid":"{{key.KeyId}}","typ":"JWT"}""", Payload(kept))),
            Forge.SignWithSecret(Forge.Secret, """{"alg":"HS256"}""", Forge.Payload),
        ];
    }

    private static string Payload(AccessToken token) => Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token.Sign(Forge.Es256).Split('.')[1]));

    private static string Damage(Random random, string token, string[] others)
    {
        if (token.Length < 8) return token + Alphabet[random.Next(64)];

        var at = random.Next(token.Length);
        var to = random.Next(at, token.Length);
        var other = others[random.Next(others.Length)];
        return random.Next(10) switch
        {
            0 or 1 => token[..at] + Alphabet[random.Next(64)] + token[(at + 1)..],
            2 => token[..at] + Strange[random.Next(Strange.Length)] + token[(at + 1)..],
            3 => token.Insert(at, Alphabet[random.Next(64)].ToString()),
            4 => token.Remove(at, 1),
            5 => token[..at],
            6 => token.Remove(at, to - at),
            7 => token.Insert(at, token[at..to]),
            8 => token[..at] + other[Math.Min(at, other.Length)..],
            _ => DamagePart(random, token),
        };
    }

    /// <summary>Changes the JSON or the signature inside the encoding, so that the damage gets past the first checks.</summary>
    private static string DamagePart(Random random, string token)
    {
        var parts = token.Split('.');
        var part = random.Next(parts.Length);
        if (CanonicalBase64Url.Decode(parts[part]) is not { Length: > 0 } bytes) return token[1..];

        bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        parts[part] = Base64Url.EncodeToString(bytes);
        return string.Join('.', parts);
    }

    private static byte[] DamageJson(Random random, string json)
    {
        for (var times = random.Next(1, 3); times > 0 && json.Length > 2; times--)
        {
            var at = random.Next(json.Length);
            var scrap = Scraps[random.Next(Scraps.Length)];
            json = random.Next(4) switch
            {
                0 => json.Insert(at, scrap),
                1 => json.Remove(at, random.Next(1, Math.Min(8, json.Length - at) + 1)),
                _ => ReplaceValue(random, json, scrap),
            };
        }

        var bytes = Encoding.UTF8.GetBytes(json);
        if (random.Next(8) == 0) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        return bytes;
    }

    private static string ReplaceValue(Random random, string json, string scrap)
    {
        var colons = Enumerable.Range(0, json.Length).Where(i => json[i] == ':' && i > 0 && json[i - 1] == '"').ToArray();
        if (colons.Length == 0) return scrap;

        var start = colons[random.Next(colons.Length)] + 1;
        var end = json.IndexOf(",\"", start, StringComparison.Ordinal);
        return json[..start] + scrap + (end < 0 ? "}" : json[end..]);
    }

    private static void ReadEverything(JwtClaims claims)
    {
        foreach (var name in (string[])["iss", "aud", "sub", "client_id", "iat", "exp", "jti", "sid", "amr", "roles", "auth_time", "a", "missing"])
        {
            _ = claims.Has(name);
            _ = claims.Text(name);
            _ = claims.Texts(name);
            _ = claims.Number(name);
            _ = claims.Time(name);
        }

        _ = claims.Audience;
    }
}
