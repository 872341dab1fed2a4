using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Exeunt.Accounts;

/// <summary>
/// Hashes and checks passwords: PBKDF2 with HMAC-SHA-512, as ASP.NET Core Identity stores it. A check takes a core for a while, so no more run at a time
/// than there are cores, and an unknown account costs the same as a known one.
/// </summary>
public sealed class Passwords : IDisposable
{
    /// <summary>Longest password that is accepted, in characters: beyond it only the server would be kept busy.</summary>
    public const int Longest = 256;

    private const int Iterations = 210_000;

    private readonly PasswordHasher<User> hasher;
    private readonly SemaphoreSlim cores = new(Environment.ProcessorCount);
    private readonly Lazy<string> nobodys;

    /// <summary>Nothing is hashed before the first use.</summary>
    public Passwords()
        : this(Iterations)
    {
    }

    // Tests that are about something else sign in thousands of times.
    internal Passwords(int iterations)
    {
        hasher = new(Options.Create(new PasswordHasherOptions { IterationCount = iterations }));
        nobodys = new(() => hasher.HashPassword(null!, "a password that nobody has"));
    }

    /// <summary>The hash to store.</summary>
    public async Task<string> HashAsync(string password, CancellationToken ct)
    {
        await cores.WaitAsync(ct);
        try
        {
            return await Task.Run(() => hasher.HashPassword(null!, password), CancellationToken.None);
        }
        finally
        {
            cores.Release();
        }
    }

    /// <summary>Whether this is the password of the account. Without an account the same work is done, and the answer is no.</summary>
    public async Task<PasswordCheck> CheckAsync(User? user, string password, CancellationToken ct)
    {
        await cores.WaitAsync(ct);
        try
        {
            var verdict = await Task.Run(() => hasher.VerifyHashedPassword(null!, user?.PasswordHash ?? nobodys.Value, password), CancellationToken.None);
            return user?.PasswordHash is null ? PasswordCheck.Wrong : verdict switch
            {
                PasswordVerificationResult.Success => PasswordCheck.Right,
                PasswordVerificationResult.SuccessRehashNeeded => PasswordCheck.RightButOldHash,
                _ => PasswordCheck.Wrong,
            };
        }
        finally
        {
            cores.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => cores.Dispose();
}

/// <summary>What checking a password found.</summary>
public enum PasswordCheck
{
    /// <summary>Wrong password, or no such account.</summary>
    Wrong,

    /// <summary>Right.</summary>
    Right,

    /// <summary>Right, but hashed with fewer iterations than today: hash it again.</summary>
    RightButOldHash,
}
