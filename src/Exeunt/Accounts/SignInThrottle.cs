using System.Net;
using System.Net.Sockets;
using Exeunt.Hosting;

namespace Exeunt.Accounts;

/// <summary>
/// Slows guessing down: failed sign-ins are counted for each account from each address, and for each address. Never for an account alone, or a stranger could
/// lock anybody out. An attempt takes its place before the password is checked, so that a thousand at once get no more guesses than one after the other;
/// one that succeeds gives its place back.
/// </summary>
public sealed class SignInThrottle(ExeuntOptions options, TimeProvider clock)
{
    /// <summary>How long failures are remembered.</summary>
    public static TimeSpan Window { get; } = TimeSpan.FromMinutes(15);

    private const int Capacity = 100_000;

    private readonly Lock gate = new();
    private readonly AttemptTable accounts = new(options.Limits.FailuresPerAccountAndAddress, Window, Capacity);
    private readonly AttemptTable addresses = new(options.Limits.FailuresPerAddress, Window, Capacity);
    private TaskCompletionSource somethingFinished = NewSignal();

    /// <summary>
    /// Takes a place for an attempt. When others are being checked that would use up the limit if they failed, it waits for them.
    /// </summary>
    /// <returns>The place, to be finished; or how long to wait before trying again.</returns>
    public async Task<(Attempt? Attempt, TimeSpan RetryAfter)> EnterAsync(string account, string? address, CancellationToken ct)
    {
        var block = AddressBlock(address);
        var (accountKey, addressKey) = (AttemptTable.KeyOf(User.Normalize(account), block), AttemptTable.KeyOf(block));
        while (true)
        {
            Task finished;
            lock (gate)
            {
                var now = clock.GetUtcNow();
                if ((addresses.Blocked(addressKey, now) ?? accounts.Blocked(accountKey, now)) is { } wait) return (null, wait);
                if (addresses.HasRoom(addressKey, now) && accounts.HasRoom(accountKey, now))
                {
                    addresses.Start(addressKey, now);
                    accounts.Start(accountKey, now);
                    return (new(this, accountKey, addressKey), TimeSpan.Zero);
                }

                finished = somethingFinished.Task;
            }

            await finished.WaitAsync(ct);
        }
    }

    /// <summary>Whom one address stands for: of IPv6 the first 64 bits, because a household or a rented server has all of the rest to itself.</summary>
    internal static string AddressBlock(string? address)
    {
        if (address is null || !IPAddress.TryParse(address, out var ip) || ip.AddressFamily is not AddressFamily.InterNetworkV6) return address ?? "";
        var bytes = ip.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes).ToString();
    }

    private void Finish(UInt128 account, UInt128 address, bool failed)
    {
        TaskCompletionSource waiting;
        lock (gate)
        {
            var now = clock.GetUtcNow();
            addresses.Finish(address, failed, now);
            accounts.Finish(account, failed, now);
            waiting = somethingFinished;
            somethingFinished = NewSignal();
        }

        waiting.SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The place of one attempt. It is counted only when it is said to have failed: who hears no verdict has learnt nothing.</summary>
    public sealed class Attempt : IDisposable
    {
        private readonly SignInThrottle throttle;
        private readonly UInt128 account;
        private readonly UInt128 address;
        private bool failed;

        internal Attempt(SignInThrottle throttle, UInt128 account, UInt128 address) => (this.throttle, this.account, this.address) = (throttle, account, address);

        /// <summary>The password was wrong.</summary>
        public void Failed() => failed = true;

        /// <inheritdoc/>
        public void Dispose() => throttle.Finish(account, address, failed);
    }
}
