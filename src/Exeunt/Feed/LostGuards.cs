using Exeunt.Protocol.Ids;

namespace Exeunt.Feed;

/// <summary>A guard whose stream ended without a goodbye: nobody can tell whether its API goes on.</summary>
/// <param name="Client">Whose credentials it had.</param>
/// <param name="Name">What it called itself.</param>
/// <param name="Instance">Which replica it was.</param>
/// <param name="Since">When its stream ended, ledger time.</param>
public sealed record LostGuard(AppId Client, string Name, string Instance, DateTimeOffset Since);

/// <summary>A lost guard as nodes tell each other of it.</summary>
/// <param name="Key">Who it is.</param>
/// <param name="Since">When it was lost, ledger time.</param>
/// <param name="Until">From when on no token of before opens anything at it any more.</param>
internal sealed record Loss(GuardKey Key, DateTimeOffset Since, DateTimeOffset Until)
{
    public LostGuard Guard => new(Key.Client, Key.Name, Key.Instance, Since);
}

/// <summary>
/// Remembers lost guards until they are back, or until no token of before can open anything at them any more. Bounded: of too many, the longest lost of the
/// client that has the most are forgotten, so that no client can push out another's.
/// </summary>
internal sealed class LostGuards
{
    private const int Most = 1000;

    private readonly Lock gate = new();
    private readonly Dictionary<GuardKey, Loss> lost = [];

    public void Add(Loss loss)
    {
        lock (gate)
        {
            lost[loss.Key] = loss;
            if (lost.Count > Most) lost.Remove(lost.Values.GroupBy(l => l.Key.Client).MaxBy(ofOne => ofOne.Count())!.MinBy(l => l.Since)!.Key);
        }
    }

    public void IsBack(GuardKey guard)
    {
        lock (gate) lost.Remove(guard);
    }

    public IReadOnlyList<Loss> At(DateTimeOffset now)
    {
        lock (gate)
        {
            foreach (var gone in lost.Values.Where(l => l.Until <= now).ToList()) lost.Remove(gone.Key);
            return [.. lost.Values];
        }
    }
}
