using Exeunt.Protocol.Jose;

namespace Exeunt.Keys;

/// <summary>
/// The keys of this server as they stand now: the files of the key store, brought forward to the present time. The command line and a running server may
/// both hold one over the same store; a change of either is taken over by <see cref="Advance"/>.
/// </summary>
public sealed class KeyRing
{
    // A signature takes microseconds: whoever had hold of a key when it was dropped is done with it long before.
    private static readonly TimeSpan LongestUse = TimeSpan.FromMinutes(10);

    private readonly KeyStore store;
    private readonly KeyPolicy policy;
    private readonly Dictionary<string, SigningKey> loaded = [];
    private readonly Queue<(SigningKey Key, DateTimeOffset Since)> dropped = [];
    private readonly Lock changing = new();

    private KeyRing(KeyStore store, KeyPolicy policy)
    {
        this.store = store;
        this.policy = policy;
    }

    /// <summary>What signs and verifies tokens; always the state of the last <see cref="Advance"/>.</summary>
    public SigningKeys Signing { get; private set; } = null!;

    /// <summary>The server's own secrets; always the state of the last <see cref="Advance"/>.</summary>
    public ServerKeys Secrets { get; private set; } = null!;

    /// <summary>Opens the keys of a data store, and makes the first ones when there are none.</summary>
    /// <param name="dataFolder">The folder that holds <c>keys</c>.</param>
    /// <param name="policy">What the operator wants.</param>
    /// <param name="now">Ledger time.</param>
    /// <param name="changes">What was made or dropped, for the audit trail.</param>
    /// <exception cref="InvalidDataException">A file is damaged or missing; the message names it.</exception>
    public static KeyRing Open(string dataFolder, KeyPolicy policy, DateTimeOffset now, out IReadOnlyList<KeyChange> changes) =>
        Open(new KeyFolder(dataFolder), policy, now, out changes);

    /// <summary>The same for any vault.</summary>
    public static KeyRing Open(IKeyVault vault, KeyPolicy policy, DateTimeOffset now, out IReadOnlyList<KeyChange> changes)
    {
        var ring = new KeyRing(new(vault), policy);
        changes = ring.Advance(now);
        return ring;
    }

    /// <summary>
    /// Opens the keys of a data folder as they are, for a command that runs beside the server or in its place: nothing is dropped, so whatever was signed
    /// until now can still be verified. The first keys are made when there are none.
    /// </summary>
    /// <exception cref="InvalidDataException">A file is damaged or missing; the message names it.</exception>
    public static KeyRing Peek(string dataFolder, KeyPolicy policy, DateTimeOffset now, out IReadOnlyList<KeyChange> changes) =>
        Peek(new KeyFolder(dataFolder), policy, now, out changes);

    /// <summary>The same for any vault.</summary>
    public static KeyRing Peek(IKeyVault vault, KeyPolicy policy, DateTimeOffset now, out IReadOnlyList<KeyChange> changes)
    {
        var ring = new KeyRing(new(vault), policy);
        var manifest = ring.store.ReadManifest();
        changes = [];
        if (manifest.Signing.Count == 0 || manifest.Secrets.Count == 0) changes = ring.Advance(now);
        else ring.TakeOver(manifest, now);
        return ring;
    }

    /// <summary>Makes what is due, drops what is done with, and takes over what the clock or another process has changed. Repeating it changes nothing.</summary>
    public IReadOnlyList<KeyChange> Advance(DateTimeOffset now) => Change(now, (manifest, _) => manifest);

    /// <summary>Makes a signing key now instead of at the end of its predecessor's life; it signs once everybody can know it.</summary>
    /// <returns>Nothing when a next key is waiting already.</returns>
    public IReadOnlyList<KeyChange> RotateSigningKey(DateTimeOffset now) => Change(now, (manifest, changes) =>
        manifest.Signing.Any(key => key.SignsFrom > now) ? manifest : WithSigningKey(manifest, now, now + KeySchedule.Lead, changes));

    /// <summary>Makes a server secret now; the one before it verifies until the longest session has passed.</summary>
    /// <returns>Nothing when all 255 numbers are of secrets that still verify something.</returns>
    public IReadOnlyList<KeyChange> RotateSecret(DateTimeOffset now) => Change(now, (manifest, changes) => WithSecret(manifest, now, changes));

    /// <summary>Drops a signing key at once and, if it was in use, lets a new one sign from now on. Guards that keep an old key set must be told besides.</summary>
    /// <returns>Null when there is no such key.</returns>
    public IReadOnlyList<KeyChange>? Drop(string kid, DateTimeOffset now)
    {
        var known = false;
        var changes = Change(now, (manifest, changes) =>
        {
            var left = manifest with { Signing = [.. manifest.Signing.Where(key => key.Kid != kid)] };
            known = left.Signing.Count < manifest.Signing.Count;
            if (!known) return manifest;
            changes.Add(new(kid, "revoked"));
            // A new key, not its predecessor: an old key must not come back to work.
            var inUse = manifest.Signing.Single(key => KeySchedule.StageOf(manifest, key, now) is KeyStage.InUse);
            return inUse.Kid == kid ? WithSigningKey(left, now, now, changes) : left;
        });
        return known ? changes : null;
    }

    /// <summary>Every key and where it stands, for people.</summary>
    public IReadOnlyList<KeyView> List(DateTimeOffset now)
    {
        var manifest = store.ReadManifest();
        return
        [
            .. manifest.Signing.OrderBy(key => key.SignsFrom).Select(key => new KeyView("signing", key.Kid, key.Alg, KeySchedule.StageOf(manifest, key, now), key.Made, key.SignsFrom)),
            .. manifest.Secrets.Select(secret =>
                new KeyView("secret", secret.Number.ToString(), "HS256", KeySchedule.StageOf(manifest, secret, now), secret.Made, secret.Made)),
        ];
    }

    private IReadOnlyList<KeyChange> Change(DateTimeOffset now, Func<KeyManifest, List<KeyChange>, KeyManifest> wish)
    {
        lock (changing)
        {
            var changes = new List<KeyChange>();
            using var alone = store.Lock();
            var stored = store.ReadManifest();

            // Before the first key there is a manifest, so that a crash in between cannot look like a lost one.
            if (stored.Signing.Count == 0 && stored.Secrets.Count == 0) store.Save(stored);

            var wanted = Due(wish(stored, changes), now, changes);
            if (!Same(stored, wanted)) store.Save(wanted);
            TakeOver(wanted, now);
            return changes;
        }
    }

    private KeyManifest Due(KeyManifest manifest, DateTimeOffset now, List<KeyChange> changes)
    {
        if (KeySchedule.NeedsSigningKey(manifest, policy, now) is { } from) manifest = WithSigningKey(manifest, now, from, changes);
        if (KeySchedule.NeedsSecret(manifest, policy, now)) manifest = WithSecret(manifest, now, changes);
        manifest = KeySchedule.WithLifetimes(manifest, policy, now);

        var signing = manifest.Signing.Where(key => KeySchedule.StageOf(manifest, key, now) is not KeyStage.DoneWith).ToList();
        var secrets = manifest.Secrets.Where(secret => KeySchedule.StageOf(manifest, secret, now) is not KeyStage.DoneWith).ToList();
        changes.AddRange(manifest.Signing.Except(signing).Select(key => new KeyChange(key.Kid, "withdrawn")));
        changes.AddRange(manifest.Secrets.Except(secrets).Select(secret => new KeyChange($"secret {secret.Number}", "withdrawn")));
        return new(signing, secrets);
    }

    private KeyManifest WithSigningKey(KeyManifest manifest, DateTimeOffset now, DateTimeOffset from, List<KeyChange> changes)
    {
        var made = store.MakeSigningKey(policy.Algorithm);
        changes.Add(new(made.KeyId, from > now ? $"made, signs from {from:u}" : "made, signs now"));
        return manifest with { Signing = [.. manifest.Signing, new(made.KeyId, policy.Algorithm.ToString(), now, from, (long)policy.LongestToken.TotalSeconds)] };
    }

    private KeyManifest WithSecret(KeyManifest manifest, DateTimeOffset now, List<KeyChange> changes)
    {
        // The next number that no secret has; one that was withdrawn is given again. If there is none, the secret in use goes on.
        var newest = manifest.Secrets.Count == 0 ? 0 : manifest.Secrets[^1].Number;
        var free = Enumerable.Range(newest, byte.MaxValue).Select(n => (byte)((n % byte.MaxValue) + 1)).Except(manifest.Secrets.Select(secret => secret.Number)).ToList();
        if (free.Count == 0) return manifest;

        var number = free[0];
        store.MakeSecret(number);
        changes.Add(new($"secret {number}", "made"));
        return manifest with { Secrets = [.. manifest.Secrets, new(number, now, (long)policy.LongestSession.TotalSeconds)] };
    }

    private void TakeOver(KeyManifest manifest, DateTimeOffset now)
    {
        foreach (var gone in loaded.Keys.Except(manifest.Signing.Select(key => key.Kid)).ToList())
        {
            if (loaded.Remove(gone, out var key)) dropped.Enqueue((key, now));
        }

        foreach (var entry in manifest.Signing.Where(key => !loaded.ContainsKey(key.Kid))) loaded[entry.Kid] = store.Load(entry);

        var current = loaded[manifest.Signing.Single(key => KeySchedule.StageOf(manifest, key, now) is KeyStage.InUse).Kid];
        var published = new JwkSet(manifest.Signing.Select(key => loaded[key.Kid].Public));
        var secrets = manifest.Secrets.ToDictionary(secret => secret.Number, store.Load);
        var inUse = KeySchedule.SecretInUse(manifest, store.IsShared, now);
        if (Signing is null) (Signing, Secrets) = (new(current, published), new(secrets, inUse));
        Signing.Replace(current, published);
        Secrets.Replace(secrets, inUse);
        while (dropped.TryPeek(out var oldest) && now - oldest.Since >= LongestUse) dropped.Dequeue().Key.Dispose();
    }

    private static bool Same(KeyManifest one, KeyManifest other) => one.Signing.SequenceEqual(other.Signing) && one.Secrets.SequenceEqual(other.Secrets);
}

/// <summary>What became of a key, for the audit trail.</summary>
/// <param name="Key">Its <c>kid</c>, or <c>secret</c> and its number.</param>
/// <param name="What">What happened, in a few words.</param>
public sealed record KeyChange(string Key, string What)
{
    /// <summary>Whether the key is new, rather than dropped.</summary>
    public bool IsNew => What.StartsWith("made", StringComparison.Ordinal);

    /// <summary>Whether it is a server secret, rather than a signing key.</summary>
    public bool IsSecret => Key.StartsWith("secret ", StringComparison.Ordinal);
}

/// <summary>A key as the operator sees it. Its secret part is nowhere in it.</summary>
/// <param name="Kind"><c>signing</c> or <c>secret</c>.</param>
/// <param name="Id"><c>kid</c>, or the secret's number.</param>
/// <param name="Algorithm">What it makes.</param>
/// <param name="Stage">Where it stands.</param>
/// <param name="Made">When it was made, ledger time.</param>
/// <param name="From">From when on it makes tokens.</param>
public sealed record KeyView(string Kind, string Id, string Algorithm, KeyStage Stage, DateTimeOffset Made, DateTimeOffset From);
