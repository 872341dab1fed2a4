using Exeunt.Hosting;

namespace Exeunt.Accounts;

/// <summary>How often one address may try to register, whatever comes of it: every try costs a hash, and tells whether an address is taken.</summary>
public sealed class RegistrationThrottle(ExeuntOptions options, TimeProvider clock)
{
    private readonly Lock gate = new();
    private readonly AttemptTable addresses = new(options.Limits.RegistrationsPerAddress, TimeSpan.FromHours(1), capacity: 100_000);

    /// <summary>Counts a try. How long to wait when there were too many; null when it may go on.</summary>
    public TimeSpan? Count(string? address)
    {
        var key = AttemptTable.KeyOf(SignInThrottle.AddressBlock(address));
        lock (gate)
        {
            var now = clock.GetUtcNow();
            if (addresses.Blocked(key, now) is { } wait) return wait;
            addresses.Start(key, now);
            addresses.Finish(key, counts: true, now);
            return null;
        }
    }
}
