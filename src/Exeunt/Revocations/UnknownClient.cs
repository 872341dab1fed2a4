using Exeunt.Storage;

namespace Exeunt.Revocations;

/// <summary>
/// A slip in a client's name ends nothing and looks like success. It is warned of and not refused: an ending may come before the first session of a client
/// whose tokens are out.
/// </summary>
internal static class UnknownClient
{
    /// <summary>What to say of a scope whose client has no session here, ended ones that are still kept included; null when all is well.</summary>
    public static async ValueTask<string?> WarningAsync(ILedgerReads reads, EndScope scope, CancellationToken ct)
    {
        if (scope is not EndScope.Client(var client)) return null;
        var any = await reads.SessionsAsync(new(AliveOnly: false, Client: client, Limit: 1), ct);
        return any.Items.Count > 0 ? null : $"No session of a client '{client}' is known here; is the name right?";
    }
}
