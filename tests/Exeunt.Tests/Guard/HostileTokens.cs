using System.Buffers.Text;
using System.Text;
using Exeunt.Protocol.Jose;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Guard;

/// <summary>
/// Makes of good tokens others that must never pass: damaged at random, put together of several, spelled differently, or well signed and of another kind.
/// The damage to headers and payloads is done inside the encoding, so that it gets past the first checks.
/// </summary>
internal sealed class HostileTokens(Random random, SigningKey key, IReadOnlyList<string> good)
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    private const string Characters = Alphabet + ".=+/é\0 \n\ud800";
    private const int DeepestNest = 3000; // well beyond what a reader of JSON should follow
    private const int LongestRun = 200_000;

    private static readonly string[] Algorithms = ["none", "None", "", "HS256", "HS384", "HS512", "RS256", "RS512", "PS256", "ES384", "ES512", "EdDSA", "es256", "ES256 "];
    private static readonly string[] Types = ["JWT", "at+jwt2", "jwt", "", "logout+jwt", "audit-checkpoint+jwt", "logout-receipt+jwt", "secevent+jwt", "dpop+jwt", "id+jwt", "application/at"];
    private static readonly string[] Extensions = ["\"crit\":[\"b64\"]", "\"crit\":null", "\"b64\":false", "\"alg\":\"ES256\"", "\"kid\":null"];

    private readonly SigningKey stranger = SigningKey.Generate();

    /// <summary>The next one; by rare chance a good one.</summary>
    public string Next() => random.Next(20) switch
    {
        0 => Noise(random.Next(400)),
        1 => string.Concat(Enumerable.Repeat(Segment(), random.Next(7))),
        2 or 3 or 4 or 5 => Damaged(random.Pick(good)),
        6 or 7 => BitFlipped(),
        8 or 9 => SegmentsOfSeveral(),
        10 => Respelled(),
        11 => WithHeader($$"""{"alg":"{{random.Pick(Algorithms)}}","typ":"at+jwt","kid":"{{key.KeyId}}"}"""),
        12 => Signed(Header(random.Pick(Types)), Payload(random.Pick(good))), // a good key and good claims, of another kind
        13 => random.Next(2) == 0 ? OfAStranger() : WithHeader($$"""{"alg":"ES256","typ":"at+jwt",{{random.Pick(Extensions)}},"kid":"{{key.KeyId}}"}"""),
        14 => SignedButWrong(),
        15 => Nested(),
        16 => random.Next(500) == 0 ? Huge() : Damaged(Respelled()),
        17 => Unsigned(),
        18 => "Bearer " + random.Pick(good),
        _ => Damaged(SegmentsOfSeveral()),
    };

    private static string Payload(string token) => Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token.Split('.')[1]));

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private string Header(string type) => $$"""{"alg":"ES256","typ":"{{type}}","kid":"{{key.KeyId}}"}""";

    private string Noise(int length) => string.Create(length, random, static (text, random) =>
    {
        foreach (ref var character in text) character = Characters[random.Next(Characters.Length)];
    });

    private string Segment() => random.Pick(random.Pick(good).Split('.')) + (random.Next(3) == 0 ? "" : ".");

    private string Damaged(string token)
    {
        for (var times = random.Next(1, 4); times > 0 && token.Length > 1; times--)
        {
            var at = random.Next(token.Length);
            var to = random.Next(at, token.Length);
            var other = random.Pick(good);
            token = random.Next(7) switch
            {
                0 or 1 => $"{token.AsSpan(0, at)}{random.Pick(Characters.ToCharArray())}{token.AsSpan(at + 1)}",
                2 => token.Remove(at, to - at),
                3 => token.Insert(at, Noise(1)),
                4 => token[..at],
                5 => token.Insert(at, token[at..to]),
                _ => token[..at] + (at < other.Length ? other[at..] : ""),
            };
        }

        return token;
    }

    private string BitFlipped()
    {
        var parts = random.Pick(good).Split('.');
        var part = random.Next(parts.Length);
        var bytes = Base64Url.DecodeFromChars(parts[part]);
        bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        parts[part] = Base64Url.EncodeToString(bytes);
        return string.Join('.', parts);
    }

    private string SegmentsOfSeveral()
    {
        var (one, other, third) = (random.Pick(good).Split('.'), random.Pick(good).Split('.'), random.Pick(good).Split('.'));
        return random.Next(3) switch
        {
            0 => $"{one[0]}.{other[1]}.{third[2]}",
            1 => $"{one[1]}.{one[0]}.{one[2]}",
            _ => $"{one[0]}.{one[1]}.{one[2]}.{other[random.Next(3)]}",
        };
    }

    // The same bytes in another spelling: padded, of the other alphabet, or with bits that no byte uses.
    private string Respelled()
    {
        var parts = random.Pick(good).Split('.');
        var part = random.Next(parts.Length);
        var text = parts[part];
        var unused = (text.Length % 4) switch { 2 => 16, 3 => 4, _ => 1 };
        parts[part] = random.Next(3) switch
        {
            0 => text + new string('=', 1 + ((4 - (text.Length % 4)) % 4)),
            1 when text.AsSpan().ContainsAny('-', '_') => text.Replace('-', '+').Replace('_', '/'),
            _ when unused > 1 => text[..^1] + Alphabet[Alphabet.IndexOf(text[^1], StringComparison.Ordinal) + random.Next(1, unused)],
            _ => text + "A",
        };
        return string.Join('.', parts);
    }

    private string WithHeader(string header)
    {
        var parts = random.Pick(good).Split('.');
        return random.Next(2) == 0 ? Signed(header, Payload(string.Join('.', parts))) : $"{Encode(header)}.{parts[1]}.{parts[2]}";
    }

    // As who has stolen the key might, or a careless server: the signature is good, the claims are not.
    private string SignedButWrong()
    {
        var payload = Payload(random.Pick(good));
        var name = random.Pick((string[])["iss", "aud", "sub", "client_id", "exp", "iat", "jti", "sid"]);
        var renamed = payload.Replace($"\"{name}\":", $"\"{random.Pick((string[])["x", "events", name.ToUpperInvariant(), name + "\\u0000"])}\":", StringComparison.Ordinal);
        return Signed(Header("at+jwt"), random.Next(3) switch { 0 => $"[{payload}]", 1 => payload[..^1], _ => renamed });
    }

    private string Nested()
    {
        var depth = random.Next(65, DeepestNest);
        var nest = $"{string.Concat(Enumerable.Repeat("{\"a\":", depth))}1{new string('}', depth)}";
        return random.Next(3) switch
        {
            0 => Signed(nest, Payload(random.Pick(good))),
            1 => Signed(Header("at+jwt"), nest),
            _ => Signed(Header("at+jwt"), Encode(random.Pick(good))), // a token in a token
        };
    }

    private string Huge() => random.Next(3) switch
    {
        0 => new string(random.Pick(Alphabet.ToCharArray()), LongestRun),
        1 => new string('.', LongestRun),
        _ => random.Pick(good).Insert(40, new string('A', LongestRun)),
    };

    private string Unsigned()
    {
        var parts = random.Pick(good).Split('.');
        return random.Next(3) switch
        {
            0 => $"{parts[0]}.{parts[1]}.",
            1 => $"{parts[0]}.{parts[1]}",
            _ => $"{parts[0]}.{parts[1]}.{Base64Url.EncodeToString(new byte[random.Next(1, 3) * 32])}", // r = s = 0
        };
    }

    // It brings the key along that it wants to be believed by.
    private string OfAStranger() => Signed(
        random.Next(3) switch
        {
            0 => Header("at+jwt"),
            1 => $$"""{"alg":"ES256","typ":"at+jwt","jwk":{{Encoding.UTF8.GetString(new JwkSet(stranger.Public).ToUtf8())}}}""",
            _ => $$"""{"alg":"ES256","typ":"at+jwt","kid":"{{stranger.KeyId}}","jku":"https://evil.example/keys","x5u":"https://evil.example/chain"}""",
        },
        Payload(random.Pick(good)),
        stranger);

    private string Signed(string header, string payload, SigningKey? by = null)
    {
        var signed = $"{Encode(header)}.{Encode(payload)}";
        var signature = new byte[key.SignatureLength];
        (by ?? key).Sign(Encoding.ASCII.GetBytes(signed), signature);
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }
}
