using System.Reflection;
using System.Threading.Channels;
using Exeunt.Guard;
using Exeunt.Protocol.Revocations;
using Exeunt.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Exeunt.Tests.Support;

/// <summary>
/// Tells of every commit of a server's ledger. What the server does off the request's path has no answer that could be waited for, but it ends in one.
/// </summary>
public class CommitTap : DispatchProxy
{
    private ILedgerStore store = null!;
    private ChannelWriter<int> commits = null!;

    /// <summary>Puts the tap between the server's ledger and its store.</summary>
    /// <param name="services">Those of the server.</param>
    /// <param name="commits">Written to after each commit: how many revocations it appended.</param>
    public static void Set(IServiceCollection services, ChannelWriter<int> commits) => services.AddSingleton(parts =>
    {
        var tapped = Create<ILedgerStore, CommitTap>();
        ((CommitTap)tapped).store = parts.GetRequiredService<ILedgerStore>();
        ((CommitTap)tapped).commits = commits;
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
        commits.TryWrite(appended.Count);
        return appended;
    }
}
