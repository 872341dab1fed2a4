using System.Buffers.Binary;
using Exeunt.Accounts;

namespace Exeunt.Tests.Accounts;

public sealed class PasswordsTests
{
    private const string Right = "purple-otter-lantern-41";

    [Fact]
    public async Task A_stored_hash_is_PBKDF2_with_HMAC_SHA_512_in_210_000_rounds()
    {
        using var passwords = new Passwords();

        var stored = Convert.FromBase64String(await passwords.HashAsync(Right, TestContext.Current.CancellationToken));

        // ASP.NET Core Identity's third format: a marker, the function (2 is HMAC-SHA-512), the rounds, the salt's length, the salt, the key.
        Assert.Equal(1, stored[0]);
        Assert.Equal(2u, BinaryPrimitives.ReadUInt32BigEndian(stored.AsSpan(1)));
        Assert.Equal(210_000u, BinaryPrimitives.ReadUInt32BigEndian(stored.AsSpan(5)));
        Assert.Equal(16u, BinaryPrimitives.ReadUInt32BigEndian(stored.AsSpan(9)));
    }

    [Fact]
    public async Task A_hash_of_fewer_rounds_still_lets_in_and_is_to_be_replaced()
    {
        using var before = new Passwords(iterations: 1_000);
        using var today = new Passwords();
        var user = await UserAsync(before);

        Assert.Equal(PasswordCheck.RightButOldHash, await today.CheckAsync(user, Right, TestContext.Current.CancellationToken));
        Assert.Equal(PasswordCheck.Wrong, await today.CheckAsync(user, Right + "!", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Without_an_account_every_password_is_wrong()
    {
        using var passwords = new Passwords(iterations: 1_000);

        Assert.Equal(PasswordCheck.Wrong, await passwords.CheckAsync(user: null, Right, TestContext.Current.CancellationToken));
        Assert.Equal(PasswordCheck.Wrong, await passwords.CheckAsync(user: null, "a password that nobody has", TestContext.Current.CancellationToken));
        Assert.Equal(PasswordCheck.Right, await passwords.CheckAsync(await UserAsync(passwords), Right, TestContext.Current.CancellationToken));
    }

    private static async Task<User> UserAsync(Passwords passwords) => new()
    {
        Id = new(1),
        Issuer = "https://exeunt.test",
        Subject = "1",
        Email = "ada@exeunt.test",
        CreatedAt = DateTimeOffset.UnixEpoch,
        PasswordHash = await passwords.HashAsync(Right, TestContext.Current.CancellationToken),
    };
}
