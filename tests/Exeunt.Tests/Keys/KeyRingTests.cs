using Exeunt.Keys;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Jose;
using Exeunt.Sessions;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Keys;

/// <summary>The life of keys, JOSE-15, on real files and with a clock that is handed in.</summary>
public sealed class KeyRingTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2027, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly KeyPolicy Policy = new(JwsAlgorithm.ES256, TimeSpan.FromDays(90), TimeSpan.FromHours(24), TimeSpan.FromDays(30));

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_first_key_signs_at_once_because_nobody_can_hold_an_older_set()
    {
        var ring = Open(Start);
        Assert.Equal([ring.Signing.Current.KeyId], Published(ring));
        Assert.Equal(1, ring.Secrets.Newest);
    }

    [Fact]
    public void JOSE15_a_new_key_is_published_for_longer_than_a_key_set_is_kept_before_it_signs()
    {
        var ring = Open(Start);
        var old = ring.Signing.Current.KeyId;
        ring.RotateSigningKey(Start);
        var next = Published(ring).Single(kid => kid != old);
        Assert.True(KeySchedule.Lead > KeySchedule.KeySetMaxAge);

        ring.Advance(Start + KeySchedule.Lead - TimeSpan.FromSeconds(1));
        Assert.Equal(old, ring.Signing.Current.KeyId);

        ring.Advance(Start + KeySchedule.Lead);
        Assert.Equal(next, ring.Signing.Current.KeyId);
    }

    [Fact]
    public void JOSE15_an_old_key_stays_published_until_its_last_token_has_expired()
    {
        var ring = Open(Start);
        var old = ring.Signing.Current.KeyId;
        ring.RotateSigningKey(Start);
        var turn = Start + KeySchedule.Lead;

        ring.Advance(turn + Policy.LongestToken);
        Assert.Contains(old, Published(ring));

        var changes = ring.Advance(turn + Policy.LongestToken + TimeSpan.FromMinutes(10));
        Assert.DoesNotContain(old, Published(ring));
        Assert.Contains(new KeyChange(old, "withdrawn"), changes);
        Assert.False(File.Exists(Path.Combine(folder.Path, "keys", $"signing-{old}.pem")));
    }

    [Fact]
    public void A_dropped_key_is_wiped_once_nobody_can_be_signing_with_it()
    {
        var ring = Open(Start);
        var old = ring.Signing.Current;
        ring.Drop(old.KeyId, Start);
        Assert.NotSame(old, ring.Signing.Current);

        ring.Advance(Start + TimeSpan.FromMinutes(10) - TimeSpan.FromSeconds(1));
        Assert.Equal(old.SignatureLength, old.Sign("a signature in progress"u8, new byte[old.SignatureLength]));

        ring.Advance(Start + TimeSpan.FromMinutes(10));
        Assert.Throws<ObjectDisposedException>(() => old.Sign("one too late"u8, new byte[old.SignatureLength]));
        Assert.NotEqual(0, ring.Signing.Current.Sign("the new one"u8, new byte[old.SignatureLength]));
    }

    [Fact]
    public void JOSE15_shorter_token_lifetimes_do_not_withdraw_a_key_whose_tokens_are_still_out()
    {
        var old = Open(Start).Signing.Current.KeyId;
        var shorter = KeyRing.Open(folder.Path, Policy with { LongestToken = TimeSpan.FromMinutes(5) }, Start, out _);
        shorter.RotateSigningKey(Start);

        shorter.Advance(Start + KeySchedule.Lead + TimeSpan.FromHours(23));
        Assert.Contains(old, Published(shorter));
    }

    [Fact]
    public void A_key_is_replaced_at_the_end_of_its_life_and_nothing_happens_twice()
    {
        var ring = Open(Start);
        Assert.Empty(ring.Advance(Start + Policy.Lifetime - KeySchedule.Lead - TimeSpan.FromSeconds(1)));
        Assert.Contains(ring.Advance(Start + Policy.Lifetime - KeySchedule.Lead), change => change.What.StartsWith("made, signs from", StringComparison.Ordinal));
        Assert.Empty(ring.Advance(Start + Policy.Lifetime - KeySchedule.Lead));
        Assert.Equal(2, Published(ring).Count);
    }

    [Fact]
    public void A_rotation_that_is_asked_for_twice_makes_one_key()
    {
        var ring = Open(Start);
        Assert.Single(ring.RotateSigningKey(Start));
        Assert.Empty(ring.RotateSigningKey(Start));
    }

    [Fact]
    public void AT1_another_algorithm_takes_over_after_its_key_was_published()
    {
        Open(Start);
        var ring = KeyRing.Open(folder.Path, Policy with { Algorithm = JwsAlgorithm.RS256 }, Start, out _);
        Assert.Equal(JwsAlgorithm.ES256, ring.Signing.Current.Algorithm);

        ring.Advance(Start + KeySchedule.Lead);
        Assert.Equal(JwsAlgorithm.RS256, ring.Signing.Current.Algorithm);
        Assert.Equal(2, Published(ring).Count);
    }

    [Fact]
    public void Another_process_over_the_same_folder_is_followed()
    {
        var server = Open(Start);
        var command = KeyRing.Peek(folder.Path, Policy, Start, out _);
        command.RotateSigningKey(Start);
        command.RotateSecret(Start);

        server.Advance(Start);
        Assert.Equal(Published(command), Published(server));
        Assert.Equal(2, server.Secrets.Newest);
    }

    [Fact]
    public void An_old_secret_verifies_until_the_longest_session_has_passed()
    {
        var ring = Open(Start);
        var session = Id.New<SessionId>(Start);
        var secret = new byte[32];
        var token = RefreshToken.Write(ring.Secrets, session, 0, secret);
        ring.RotateSecret(Start);

        ring.Advance(Start + Policy.LongestSession);
        Assert.True(RefreshToken.TryOpen(ring.Secrets, token, out var opened) && opened.IsMadeWith(ring.Secrets, secret));

        ring.Advance(Start + Policy.LongestSession + TimeSpan.FromMinutes(10));
        Assert.False(RefreshToken.TryOpen(ring.Secrets, token, out _));
    }

    [Theory]
    [InlineData(2, 5)] // withdrawn numbers are given again
    [InlineData(24 * 365, 255)] // every one still verifies something: the last goes on
    public void However_many_secrets_there_have_been_sessions_are_opened_and_go_on(int longestSessionHours, int most)
    {
        var policy = Policy with { Lifetime = TimeSpan.FromHours(1), LongestSession = TimeSpan.FromHours(longestSessionHours) };
        var ring = KeyRing.Open(folder.Path, policy, Start, out _);
        for (var hour = 1; hour <= 300; hour++)
        {
            var (session, secret) = (Id.New<SessionId>(Start), new byte[32]);
            var token = RefreshToken.Write(ring.Secrets, session, 0, secret);

            ring.Advance(Start.AddHours(hour));

            Assert.True(RefreshToken.TryOpen(ring.Secrets, token, out var opened) && opened.IsMadeWith(ring.Secrets, secret), $"hour {hour}");
            Assert.InRange(ring.List(Start.AddHours(hour)).Count(key => key.Kind == "secret"), 1, most);
        }
    }

    [Fact]
    public void A_dropped_key_is_gone_at_once_and_an_older_one_does_not_come_back_to_work()
    {
        var ring = Open(Start);
        var old = ring.Signing.Current.KeyId;
        ring.RotateSigningKey(Start);
        var now = Start + KeySchedule.Lead;
        ring.Advance(now);
        var compromised = ring.Signing.Current.KeyId;

        Assert.NotNull(ring.Drop(compromised, now));

        Assert.DoesNotContain(compromised, Published(ring));
        Assert.NotEqual(old, ring.Signing.Current.KeyId);
        Assert.Contains(old, Published(ring)); // its tokens are innocent
        Assert.Null(ring.Drop(compromised, now));
    }

    [Fact]
    public void A_key_that_a_crash_left_behind_unnamed_counts_for_nothing()
    {
        var ring = Open(Start);
        var stray = SigningKey.Generate();
        File.WriteAllText(Path.Combine(folder.Path, "keys", $"signing-{stray.KeyId}.pem"), stray.ExportPem());

        ring = Open(Start);
        Assert.DoesNotContain(stray.KeyId, Published(ring));
    }

    [Theory]
    [InlineData("keys.json", "keys.json is missing")]
    [InlineData("server-1.key", "server-1.key is missing")]
    public void A_lost_file_is_named_and_nothing_is_made_in_its_place(string file, string says)
    {
        Open(Start);
        File.Delete(Path.Combine(folder.Path, "keys", file));
        var before = Directory.GetFiles(Path.Combine(folder.Path, "keys")).Order();

        Assert.Contains(says, Assert.Throws<InvalidDataException>(() => Open(Start)).Message);
        Assert.Equal(before, Directory.GetFiles(Path.Combine(folder.Path, "keys")).Order());
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"signing":[{"kid":1}],"secrets":[]}""")]
    public void A_damaged_manifest_is_named(string text)
    {
        Open(Start);
        File.WriteAllText(Path.Combine(folder.Path, "keys", "keys.json"), text);
        Assert.Contains("keys.json is damaged", Assert.Throws<InvalidDataException>(() => Open(Start)).Message);
    }

    [Fact]
    public void JOSE2_an_algorithm_that_is_none_of_ours_is_damage()
    {
        Open(Start);
        var manifest = Path.Combine(folder.Path, "keys", "keys.json");
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("ES256", "none", StringComparison.Ordinal));
        Assert.Contains("not a private key for none", Assert.Throws<InvalidDataException>(() => Open(Start)).Message);
    }

    [Fact]
    public void Keys_that_were_made_while_the_clock_was_ahead_sign_all_the_same()
    {
        var ahead = Open(Start).Signing.Current.KeyId;
        Assert.Equal(ahead, Open(Start.AddDays(-10)).Signing.Current.KeyId);
    }

    [Fact]
    public void P7_a_folder_that_was_put_back_open_to_others_is_closed()
    {
        Open(Start);
        File.SetUnixFileMode(Path.Combine(folder.Path, "keys"), (UnixFileMode)0b111_111_101);
        Open(Start);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(folder.Path, "keys")));
    }

    [Fact]
    public void P7_every_file_is_for_its_owner_only()
    {
        Open(Start).RotateSigningKey(Start);
        foreach (var file in Directory.GetFiles(Path.Combine(folder.Path, "keys")))
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(folder.Path, "keys")));
    }

    private static List<string?> Published(KeyRing ring) => [.. ring.Signing.Published.Keys.Select(key => key.KeyId)];

    private KeyRing Open(DateTimeOffset now) => KeyRing.Open(folder.Path, Policy, now, out _);
}
