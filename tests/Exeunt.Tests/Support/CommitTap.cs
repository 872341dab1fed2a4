using System.Reflection;
using Exeunt.Guard;
using Exeunt.Protocol.Revocations;
using Exeunt.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Exeunt.Tests.Support;

/// <summary>
/// Tells of every commit of a server's ledger before anybody else hears of it. What the server does off the request's path has no answer that could be waited
/// for, but it ends in one; and what comes between a commit and its answer can be put there.
/// </summary>
public class CommitTap : DispatchProxy
{
    private ILedgerStore store = null!;
    private Func<ILedgerStore, int, Task> committed = null!;

    /// <summary>Puts the tap between the server's ledger and its store.</summary>
    /// <param name="services">Those of the server.</param>
    /// <param name="committed">Called after each commit with the store and how many revocations were appended; the ledger goes on when it completes.</param>
    public static void Set(IServiceCollection services, Func<ILedgerStore, int, Task> committed) => services.AddSingleton(parts =>
    {
        var tapped = Create<ILedgerStore, CommitTap>();
        ((CommitTap)tapped).store = parts.GetRequiredService<ILedgerStore>();
        ((CommitTap)tapped).committed = committed;
        return new Ledger(tapped, parts.GetRequiredService<RevocationIndex>().Apply, parts.GetRequiredService<ILogger<Ledger>>());
    });

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var answer = targetMethod!.Invoke(store, BindingFlags.DoNotWrapExceptions, null, args, null);
        return targetMethod.Name == nameof(ILedgerStore.CommitAsync)
            ? new ValueTask<IReadOnlyList<Revocation>>(TellAsync((ValueTask<IReadOnlyList<Revocation>>)answer!))
            : answer;
    }

    private async Task<IReadOnlyList<Revocation>> TellAsync(ValueTask<IReadOnlyList<Revocation>> commit)
    {
        var appended = await commit;
        await committed(store, appended.Count);
        return appended;
    }
}
