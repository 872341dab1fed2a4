using Exeunt.Accounts;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Sessions;
using Exeunt.Sqlite.Files;
using Exeunt.Sqlite.Rows;

namespace Exeunt.Sqlite;

/// <summary>The cut-offs whose rows have not all been marked, and what they cover. <see cref="Revocation.Covers"/> alone decides.</summary>
internal abstract class CutOffs
{
    /// <summary>The earliest cut-off that covers this session; null for none.</summary>
    public Revocation? EarliestOver(Session session)
    {
        if (!Any) return null;
        Revocation? earliest = null;
        var facts = session.Facts;
        foreach (var cutOff in Over(session.Issuer, session.Subject, session.Client))
        {
            if (cutOff.Covers(facts) && (earliest is null || (cutOff.At, cutOff.Sequence).CompareTo((earliest.At, earliest.Sequence)) < 0)) earliest = cutOff;
        }

        return earliest;
    }

    /// <summary>The highest id that a session of this user and client could be covered up to; null for none.</summary>
    public SessionId? HighestOver(string issuer, string subject, string client)
    {
        SessionId? highest = null;
        foreach (var cutOff in Over(issuer, subject, client))
        {
            if (cutOff.UpTo is { } upTo && (highest is not { } known || upTo.Value > known.Value)) highest = upTo;
        }

        return highest;
    }

    /// <summary>Whether any cut-off could cover a session of this user. False is certain; true asks for a look at the sessions.</summary>
    public bool MayLieOver(User user) =>
        AnyOf(RevocationScope.Client) || Over(user.Issuer, user.Subject, client: "").Any();

    /// <summary>Whether there is any cut-off at all.</summary>
    public bool Any =>
        AnyOf(RevocationScope.User) || AnyOf(RevocationScope.Client) || AnyOf(RevocationScope.Issuer) || AnyOf(RevocationScope.Everyone);

    /// <summary>Whether there is any of this scope.</summary>
    protected abstract bool AnyOf(RevocationScope scope);

    /// <summary>Those of exactly this target.</summary>
    protected abstract IReadOnlyList<Revocation> Of(RevocationScope scope, string issuer, string key);

    private IEnumerable<Revocation> Over(string issuer, string subject, string client)
    {
        if (!Any) yield break;
        foreach (var cutOff in Of(RevocationScope.User, issuer, subject)) yield return cutOff;
        foreach (var cutOff in Of(RevocationScope.Client, issuer, client)) yield return cutOff;
        foreach (var cutOff in Of(RevocationScope.Issuer, issuer, "")) yield return cutOff;
        foreach (var cutOff in Of(RevocationScope.Everyone, "", "")) yield return cutOff;
    }
}

/// <summary>The writer's cut-offs, held in memory because every operation asks them. What a transaction changes is undone with it.</summary>
internal sealed class WriterCutOffs : CutOffs
{
    private readonly Dictionary<(RevocationScope Scope, string Issuer, string Key), List<Revocation>> byTarget = [];
    private readonly int[] ofScope = new int[(int)RevocationScope.Everyone + 1];
    private readonly Stack<(bool Added, Revocation CutOff)> undo = [];

    public void Add(Revocation cutOff)
    {
        Put(cutOff);
        undo.Push((true, cutOff));
    }

    public void Remove(Revocation cutOff)
    {
        if (Take(cutOff) is { } taken) undo.Push((false, taken));
    }

    /// <summary>The transaction was committed.</summary>
    public void Keep() => undo.Clear();

    /// <summary>The transaction was rolled back.</summary>
    public void Undo()
    {
        while (undo.TryPop(out var change))
        {
            if (change.Added) Take(change.CutOff);
            else Put(change.CutOff);
        }
    }

    /// <summary>Starts again from what the database holds.</summary>
    public void Replace(IEnumerable<Revocation> cutOffs)
    {
        byTarget.Clear();
        undo.Clear();
        Array.Clear(ofScope);
        foreach (var cutOff in cutOffs) Put(cutOff);
    }

    protected override bool AnyOf(RevocationScope scope) => ofScope[(int)scope] > 0;

    protected override IReadOnlyList<Revocation> Of(RevocationScope scope, string issuer, string key) =>
        AnyOf(scope) && byTarget.TryGetValue((scope, issuer, key), out var cutOffs) ? cutOffs : [];

    private void Put(Revocation cutOff)
    {
        var target = (cutOff.Scope, cutOff.Issuer, cutOff.Key);
        if (!byTarget.TryGetValue(target, out var cutOffs)) byTarget.Add(target, cutOffs = []);
        cutOffs.Add(cutOff);
        ofScope[(int)cutOff.Scope]++;
    }

    private Revocation? Take(Revocation cutOff)
    {
        var target = (cutOff.Scope, cutOff.Issuer, cutOff.Key);
        if (!byTarget.TryGetValue(target, out var cutOffs)) return null;
        var at = cutOffs.FindIndex(known => known.Sequence == cutOff.Sequence);
        if (at < 0) return null;

        var taken = cutOffs[at];
        cutOffs.RemoveAt(at);
        if (cutOffs.Count == 0) byTarget.Remove(target);
        ofScope[(int)cutOff.Scope]--;
        return taken;
    }
}

/// <summary>A reader's cut-offs: those of its snapshot, each target asked for once.</summary>
internal sealed class SnapshotCutOffs(Database db, string epoch) : CutOffs
{
    private readonly Dictionary<(RevocationScope Scope, string Issuer, string Key), IReadOnlyList<Revocation>> asked = [];
    private readonly bool?[] any = new bool?[(int)RevocationScope.Everyone + 1];

    protected override bool AnyOf(RevocationScope scope) => any[(int)scope] ??= RevocationRows.AnyUnswept(db, scope);

    protected override IReadOnlyList<Revocation> Of(RevocationScope scope, string issuer, string key)
    {
        if (!AnyOf(scope)) return [];
        if (!asked.TryGetValue((scope, issuer, key), out var cutOffs))
            asked.Add((scope, issuer, key), cutOffs = RevocationRows.UnsweptOf(db, scope, issuer, key, epoch));
        return cutOffs;
    }
}
