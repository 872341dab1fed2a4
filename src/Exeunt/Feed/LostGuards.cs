using Exeunt.Protocol.Ids;

namespace Exeunt.Feed;

/// <summary>A guard whose stream ended without a goodbye: nobody can tell whether its API goes on.</summary>
/// <param name="Name">What it called itself.</param>
/// <param name="Instance">Which replica it was.</param>
/// <param name="Since">When its stream ended, ledger time.</param>
public sealed record LostGuard(string Name, string Instance, DateTimeOffset Since);

/// <summary>
/// Remembers lost guards until they are back, or until no token of before can open anything at them any more. Bounded: of too many, the longest lost are
/// forgotten.
/// </summary>
internal sealed class LostGuards
{
    private const int Most = 1000;

    private readonly Lock gate = new();
    private readonly Dictionary<(AppId Client, string Name, string Instance), (LostGuard Guard, DateTimeOffset Until)> lost = [];

    public void Add(ConnectedGuard guard, DateTimeOffset since, DateTimeOffset until)
    {
        lock (gate)
        {
            lost[KeyOf(guard)] = (new(guard.Name, guard.Instance, since), until);
            if (lost.Count > Most) lost.Remove(lost.MinBy(l => l.Value.Guard.Since).Key);
        }
    }

    public void IsBack(ConnectedGuard guard)
    {
        lock (gate) lost.Remove(KeyOf(guard));
    }

    public IReadOnlyList<LostGuard> At(DateTimeOffset now)
    {
        lock (gate)
        {
            foreach (var gone in lost.Where(l => l.Value.Until <= now).Select(l => l.Key).ToList()) lost.Remove(gone);
            return [.. lost.Values.Select(l => l.Guard).OrderBy(g => g.Since)];
        }
    }

    private static (AppId, string, string) KeyOf(ConnectedGuard guard) => (guard.Client.Id, guard.Name, guard.Instance);
}
