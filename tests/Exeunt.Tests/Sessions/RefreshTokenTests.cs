using System.Buffers.Text;
using System.Security.Cryptography;
using Exeunt.Keys;
using Exeunt.Protocol.Ids;
using Exeunt.Sessions;

namespace Exeunt.Tests.Sessions;

public class RefreshTokenTests
{
    private static readonly SessionId Session = Id.New<SessionId>(new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private static readonly byte[] Secret = RandomNumberGenerator.GetBytes(32);
    private static readonly byte[] ServerSecret = RandomNumberGenerator.GetBytes(32);
    private static readonly ServerKeys Keys = new(new Dictionary<byte, byte[]> { [1] = ServerSecret });

    [Fact]
    public void RT_1_a_token_says_its_session_and_generation_and_proves_both()
    {
        var text = RefreshToken.Write(Keys, Session, 7, Secret);

        Assert.StartsWith("exr_", text, StringComparison.Ordinal);
        Assert.True(RefreshToken.TryOpen(Keys, text, out var token));
        Assert.Equal((Session, 7u), (token.Session, token.Generation));
        Assert.True(token.IsMadeWith(Keys, Secret));
    }

    [Fact]
    public void One_generation_has_one_text_so_that_tabs_converge() =>
        Assert.Equal(RefreshToken.Write(Keys, Session, 3, Secret), RefreshToken.Write(Keys, Session, 3, Secret));

    [Fact]
    public void RT_13_no_bit_of_it_can_be_changed()
    {
        var text = RefreshToken.Write(Keys, Session, 7, Secret);
        var bytes = Base64Url.DecodeFromChars(text.AsSpan(RefreshToken.Prefix.Length));

        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            var changed = (byte[])bytes.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            var opened = RefreshToken.TryOpen(Keys, RefreshToken.Prefix + Base64Url.EncodeToString(changed), out var token);
            Assert.False(opened && token!.IsMadeWith(Keys, Secret), $"bit {bit}");

            // The last 32 bytes are the mac: without them it still is a token of this session, which may end it and nothing more.
            Assert.Equal(bit / 8 >= 38, opened);
        }
    }

    [Fact]
    public void Only_one_spelling_is_a_token()
    {
        var text = RefreshToken.Write(Keys, Session, 7, Secret);
        string?[] others = [null, "", "exr_", text + "=", text + "A", text[..^1], " " + text, text.ToUpperInvariant(), text.Replace("exr_", "EXR_", StringComparison.Ordinal), Respell(text)];

        Assert.All(others, other => Assert.False(RefreshToken.TryOpen(Keys, other, out _)));
    }

    [Fact]
    public void P7_neither_the_ledger_nor_the_server_key_alone_makes_one()
    {
        var stolenLedger = new ServerKeys(new Dictionary<byte, byte[]> { [1] = RandomNumberGenerator.GetBytes(32) });
        Assert.False(RefreshToken.TryOpen(Keys, RefreshToken.Write(stolenLedger, Session, 7, Secret), out _));

        var stolenKey = RefreshToken.Write(Keys, Session, 7, RandomNumberGenerator.GetBytes(32));
        Assert.True(RefreshToken.TryOpen(Keys, stolenKey, out var token));
        Assert.False(token.IsMadeWith(Keys, Secret));
        Assert.False(token.IsMadeWith(Keys, []));
    }

    [Fact]
    public void Older_server_secrets_still_verify_and_the_newest_makes()
    {
        var before = RefreshToken.Write(Keys, Session, 1, Secret);
        var rotated = new ServerKeys(new Dictionary<byte, byte[]> { [1] = ServerSecret, [2] = RandomNumberGenerator.GetBytes(32) });

        Assert.True(RefreshToken.TryOpen(rotated, before, out var old) && old.IsMadeWith(rotated, Secret));
        Assert.False(RefreshToken.TryOpen(Keys, RefreshToken.Write(rotated, Session, 1, Secret), out _));
    }

    [Fact]
    public void It_cannot_be_printed_by_accident()
    {
        Assert.True(RefreshToken.TryOpen(Keys, RefreshToken.Write(Keys, Session, 7, Secret), out var token));
        Assert.Equal("[refresh token]", $"{token}");
    }

    // The same bytes with another last character: its unused bits are set.
    private static string Respell(string text)
    {
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        return text[..^1] + Alphabet[Alphabet.IndexOf(text[^1]) ^ 1];
    }
}
