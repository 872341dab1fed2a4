using Exeunt.Accounts;
using Exeunt.Revocations;

namespace Exeunt.Admin;

/// <summary>Every way a change of an account can go.</summary>
public abstract record AccountChange
{
    private AccountChange()
    {
    }

    /// <summary>Done, or so already.</summary>
    /// <param name="User">As it is now.</param>
    /// <param name="Ended">How many of its sessions were alive and are not any more.</param>
    public sealed record Done(User User, long Ended) : AccountChange
    {
        /// <summary>The ending of its sessions; null when there was none.</summary>
        public EndOutcome? Ending { get; init; }
    }

    /// <summary>There is no such account.</summary>
    public sealed record NotFound : AccountChange;

    /// <summary>The one who asks may not, or not any more.</summary>
    public sealed record NotAllowed(string Why) : AccountChange;
}
