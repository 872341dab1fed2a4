using System.Buffers.Text;
using System.Text;
using Exeunt.Protocol.Jose;

namespace Exeunt.Tests.Protocol.Jose;

/// <summary>What the text of a token may look like.</summary>
public class CompactFormTests
{
    private static readonly string Good = Forge.Sign(Forge.Es256, Forge.Header(Forge.Es256), Forge.Payload);
    private static readonly string[] Parts = Good.Split('.');

    public static TheoryData<string, string> Misshapen => new()
    {
        { "empty", "" },
        { "one point", "." },
        { "two points", ".." },
        { "a word", "token" },
        { "missing signature", $"{Parts[0]}.{Parts[1]}." },
        { "missing signature and separator", $"{Parts[0]}.{Parts[1]}" },
        { "missing payload", $"{Parts[0]}..{Parts[2]}" },
        { "missing header", $".{Parts[1]}.{Parts[2]}" },
        { "extra empty component", Good + "." },
        { "extra empty component in front", "." + Good },
        { "extra component", Good + "." + Parts[2] },
        { "five components", Good + "." + Parts[2] + "." + Parts[2] },
        { "header twice", Parts[0] + "." + Good },
        { "padding", Good + "=" },
        { "padding twice", Good + "==" },
        { "padded header", $"{Parts[0]}=.{Parts[1]}.{Parts[2]}" },
        { "space in front", " " + Good },
        { "space after", Good + " " },
        { "line break after", Good + "\n" },
        { "space in the header", $"{Parts[0]} .{Parts[1]}.{Parts[2]}" },
        { "line break in the payload", $"{Parts[0]}.{Parts[1][..4]}\r\n{Parts[1][4..]}.{Parts[2]}" },
        { "spaces in the signature", $"{Parts[0]}.{Parts[1]}.{Parts[2][..4]}    {Parts[2][4..]}" },
        { "invalid character", $"{Parts[0]}.{Parts[1]}.{Parts[2][..4]}?{Parts[2][4..]}" },
        { "standard base64", $"{Parts[0]}.{Parts[1]}.{Parts[2][..^1]}+" },
        { "zero character", $"{Parts[0]}.{Parts[1]}\0.{Parts[2]}" },
        { "not ASCII", $"{Parts[0]}.{Parts[1]}.{Parts[2][..^1]}é" },
        { "full-width letter", $"{Parts[0]}.{Parts[1]}.{Parts[2][..^1]}Ａ" }, // its low byte is that of '!', whose neighbours are letters
        { "lone surrogate", $"{Parts[0]}.{Parts[1]}.{Parts[2][..^1]}\ud800" },
        { "JSON serialization", $$"""{"protected":"{{Parts[0]}}","payload":"{{Parts[1]}}","signature":"{{Parts[2]}}"}""" },
        { "one character over a group of four", $"{Parts[0]}.{Parts[1]}.{Parts[2]}AAA" },
        { "with its scheme", "Bearer " + Good },
    };

    public static TheoryData<string, byte[]> NotStrictJson => new()
    {
        { "an array", "[]"u8.ToArray() },
        { "null", "null"u8.ToArray() },
        { "a text", "\"x\""u8.ToArray() },
        { "open", "{\"iss\":"u8.ToArray() },
        { "something after", "{}{}"u8.ToArray() },
        { "a comment", "{/**/}"u8.ToArray() },
        { "a trailing comma", "{\"iss\":\"x\",}"u8.ToArray() },
        { "single quotes", "{'iss':'x'}"u8.ToArray() },
        { "NaN", "{\"exp\":NaN}"u8.ToArray() },
        { "a byte order mark", [0xEF, 0xBB, 0xBF, .. "{}"u8] },
        { "a zero byte after", [.. "{}"u8, 0] },
        { "a broken byte", [.. "{\"a\":\""u8, 0xFF, .. "\"}"u8] },
        { "an overlong slash", [.. "{\"a\":\""u8, 0xC0, 0xAF, .. "\"}"u8] },
        { "a surrogate in UTF-8", [.. "{\"a\":\""u8, 0xED, 0xA0, 0x80, .. "\"}"u8] },
        { "a lone escaped surrogate", "{\"a\":\"\\ud800\"}"u8.ToArray() },
        { "a lone escaped surrogate in a name", "{\"\\udc00\":1}"u8.ToArray() },
        { "a lone escaped surrogate deep down", "{\"a\":[{\"b\":[\"\\ud800x\"]}]}"u8.ToArray() },
        { "a member twice", "{\"a\":1,\"a\":1}"u8.ToArray() },
        { "a member twice, once escaped", "{\"a\":1,\"\\u0061\":2}"u8.ToArray() },
        { "a member twice inside", "{\"o\":{\"a\":1,\"a\":2}}"u8.ToArray() },
        { "UTF-16", Encoding.Unicode.GetBytes("{}") },
        { "17 levels", Encoding.ASCII.GetBytes("{\"a\":" + new string('[', 16) + new string(']', 16) + "}") },
        { "5 000 levels", Encoding.ASCII.GetBytes("{\"a\":" + new string('[', 5000) + new string(']', 5000) + "}") },
    };

    [Theory]
    [MemberData(nameof(Misshapen))]
    public void JOSE_1_only_three_parts_of_base64url_are_a_token(string what, string token)
    {
        var verdict = Assert.IsType<JwtVerdict.Rejected>(Forge.Judge(token));
        Assert.True(verdict.Code is JwtRejection.Malformed, $"{what}: {verdict.Code}");
    }

    [Fact]
    public void JOSE_2_the_received_bytes_are_verified_not_JSON_written_anew() => Forge.AssertValid(Forge.Sign(
        Forge.Es256,
        $" {{ \"kid\" : \"{Forge.Es256.KeyId}\",\r\n\t\"\\u0061lg\":\"ES256\" }} ",
        $" {{ \"iss\":\n\"{Forge.Issuer.Replace("/", "\\/", StringComparison.Ordinal)}\" }} "));

    [Theory]
    [MemberData(nameof(NotStrictJson))]
    public void JOSE_5_JOSE_18_a_payload_that_is_not_strict_JSON_is_rejected_although_signed(string what, byte[] payload)
    {
        Assert.True(Forge.Judge(Forge.Sign(Forge.Es256, Encoding.UTF8.GetBytes(Forge.Header(Forge.Es256)), payload))
            is JwtVerdict.Rejected { Code: JwtRejection.Malformed }, what);
    }

    [Fact]
    public void JOSE_18_sixteen_levels_are_read()
    {
        var deep = new string('[', 15) + new string(']', 15);
        Forge.AssertValid(Forge.Sign(Forge.Es256, Forge.Header(Forge.Es256), $$"""{"iss":"{{Forge.Issuer}}","a":{{deep}}}"""));
    }

    [Theory]
    [MemberData(nameof(NotStrictJson))]
    public void JOSE_5_JOSE_18_a_header_that_is_not_strict_JSON_is_rejected(string what, byte[] header)
    {
        Assert.True(Forge.Judge(Forge.Sign(Forge.Es256, header, Encoding.UTF8.GetBytes(Forge.Payload)))
            is JwtVerdict.Rejected { Code: JwtRejection.Malformed }, what);
    }

    [Theory]
    [InlineData("""{"alg":"ES256","alg":"ES256"}""")]
    [InlineData("""{"alg":"ES256","alg":"none"}""")]
    [InlineData("""{"alg":"ES256","kid":"a","kid":"b"}""")]
    [InlineData("""{"alg":"ES256","\u0061lg":"HS256"}""")]
    public void JOSE_5_a_header_with_a_name_twice_is_rejected(string header) =>
        Forge.AssertRejected(JwtRejection.Malformed, Forge.Sign(Forge.Es256, header, Forge.Payload), keys: new(Forge.Es256.Public));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void JOSE_1_unused_bits_must_be_zero(int part)
    {
        // 86 characters of a signature carry 512 bits and 4 unused ones; header and payload are made to have unused bits, too.
        var payload = Forge.Payload.Length % 3 == 0 ? Forge.Payload + " " : Forge.Payload;
        var header = Forge.Header(Forge.Es256);
        if (header.Length % 3 == 0) header += " ";
        var parts = Forge.Sign(Forge.Es256, header, payload).Split('.');
        Forge.AssertValid(string.Join('.', parts));

        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        var unused = parts[part].Length % 4 == 2 ? 4 : 2;
        var original = alphabet.IndexOf(parts[part][^1], StringComparison.Ordinal);
        for (var bits = 1; bits < 1 << unused; bits++)
        {
            var changed = (string[])parts.Clone();
            changed[part] = parts[part][..^1] + alphabet[original | bits];
            Forge.AssertRejected(JwtRejection.Malformed, string.Join('.', changed));
        }
    }

    [Fact]
    public void JOSE_18_a_token_of_16_KiB_is_read_and_a_longer_one_is_not_looked_at()
    {
        var header = Forge.Header(Forge.Es256);
        string Padded(int length) => Forge.Sign(Forge.Es256, header, $$"""{"iss":"{{Forge.Issuer}}","pad":"{{new string('x', length)}}"}""");

        var spare = 16 * 1024 - Padded(0).Length;
        var fits = Padded(spare * 3 / 4 - 3);
        Assert.InRange(fits.Length, 16 * 1024 - 8, 16 * 1024);
        Forge.AssertValid(fits);
        Forge.AssertRejected(JwtRejection.TooLarge, Padded(spare * 3 / 4 + 3));
        Forge.AssertRejected(JwtRejection.TooLarge, new string('A', 50_000_000));
    }

    [Fact]
    public void JOSE_1_canonical_base64url_agrees_with_the_framework_on_every_length()
    {
        var bytes = new byte[130];
        new Random(1).NextBytes(bytes);
        for (var length = 0; length <= bytes.Length; length++)
            Assert.Equal(bytes[..length], CanonicalBase64Url.Decode(Base64Url.EncodeToString(bytes.AsSpan(0, length))));
    }
}
