using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Exeunt.Guard.Feed;
using Exeunt.Guard.Tokens;
using Exeunt.Protocol.Feed;
using Microsoft.Extensions.Logging;

namespace Exeunt.Guard;

/// <summary>
/// What a guard remembers over a restart: the index, where it stood, how old that was, and the issuer's keys. A MAC under a key that is derived from the
/// client's secret covers all of it, so nobody who can write the file but does not know the secret can take an ending out of it.
/// </summary>
/// <remarks>
/// The index can be many megabytes and most of the time nothing happens to it; but how old it is changes with every heartbeat, and a guard that started from an
/// hour-old word would refuse everybody while its server is away. So while the index stays as it is, only the head is written again, into a small file beside
/// the whole one. It names the MAC of the file that it belongs to and counts for no other.
/// </remarks>
internal sealed partial class GuardFile(
    GuardOptions options, RevocationIndex index, FeedFollower follower, Freshness freshness, GuardClock time, FetchedKeys keys, TimeProvider clock, ILogger<GuardFile> log)
{
    private const int MostHead = 1024 * 1024; // bytes
    private const long MostBytes = 2L * 1024 * 1024 * 1024;

    private readonly byte[] key = HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(options.ClientSecret ?? ""), 32, info: "exeunt guard file 1"u8.ToArray());
    private readonly Lock saving = new();
    private Written? written;

    private static ReadOnlySpan<byte> Magic => "exeunt guard 1\n"u8;

    private static ReadOnlySpan<byte> HeadMagic => "exeunt guard head 1\n"u8;

    /// <summary>Takes in what was saved, if it is whole. Its age counts from the save.</summary>
    public void Load()
    {
        if (options.SnapshotFile is not { } path || !File.Exists(path)) return;
        try
        {
            if (new FileInfo(path).Length > MostBytes || !TryLoad(path, File.ReadAllBytes(path), out var age)) NotTrusted(path);
            else Loaded(path, index.Count, age);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            NotRead(path, failure);
        }
    }

    /// <summary>Writes what has changed since the last time; a crash leaves what was there or what is now.</summary>
    public void Save()
    {
        if (options.SnapshotFile is not { } path || follower.Place is not { } place) return;
        try
        {
            lock (saving)
            {
                var head = Head(place); // before the index: what comes in between is in the index and told again
                if (written is { } last && last.Changes == index.Changes && last.IsStillAt(path)) SaveHead(path, last.Mac, head);
                else written = SaveWhole(path, head);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            NotSaved(path, failure);
        }
    }

    private static string HeadOf(string path) => path + ".head";

    private Written SaveWhole(string path, byte[] head)
    {
        var changes = index.Changes; // before the index: what is added meanwhile may be missing, and is written next time
        var mac = SealedFile.Write(path, key, to =>
        {
            to.Write(Magic);
            Span<byte> length = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(length, head.Length);
            to.Write(length);
            to.Write(head);
            index.Save(to);
        });
        File.Delete(HeadOf(path)); // of the file before: it says nothing of this one, and one under a former secret would be held against it
        var file = new FileInfo(path);
        return new(mac, changes, file.Length, file.LastWriteTimeUtc);
    }

    private void SaveHead(string path, byte[] mac, byte[] head) => SealedFile.Write(HeadOf(path), key, to =>
    {
        to.Write(HeadMagic);
        to.Write(mac);
        to.Write(head);
    });

    private bool TryLoad(string path, byte[] bytes, out TimeSpan age)
    {
        age = TimeSpan.MaxValue;
        if (!SealedFile.TryOpen(bytes, key, Magic, out var content, out var mac) || content.Length < sizeof(int)) return false;
        var length = BinaryPrimitives.ReadInt32LittleEndian(content.Span);
        if (length is < 0 or > MostHead || sizeof(int) + length > content.Length) return false;

        // Without a newer head the guard is only older than it need be. One that is damaged might have shown that the clock was set back since.
        var headIsGood = TryReadHead(path, mac, out var newer);
        using var head = JsonDocument.Parse(newer ?? content.Slice(sizeof(int), length)); // ours, as the MAC says
        var json = head.RootElement;
        if (json.GetProperty("issuer").GetString() != options.Issuer || !FeedPlace.TryParse(json.GetProperty("place").GetString(), out var place)) return false;
        var start = Magic.Length + sizeof(int) + length;
        if (index.Load(new MemoryStream(bytes, start, Magic.Length + content.Length - start)) is not IndexLoad.Loaded) return false;
        follower.Restore(place);
        if (json.TryGetProperty("keys", out var document)) keys.Remember(document.GetBytesFromBase64());

        if (json.TryGetProperty("server_ahead", out var ahead)) time.ServerSays(clock.GetUtcNow().AddMilliseconds(ahead.GetInt64()));

        // A clock that was set back since makes the time between unknown, and unknown is stale.
        var since = clock.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(json.GetProperty("saved_at").GetInt64());
        if (!headIsGood || !json.TryGetProperty("age", out var then) || since < TimeSpan.Zero) return true;
        age = TimeSpan.FromMilliseconds(then.GetInt64()) + since;
        freshness.KnownWithAge(age);
        return true;
    }

    // False when there is one that is not to be trusted. One of another file, which a crash has left, is as good as none.
    private bool TryReadHead(string path, ReadOnlyMemory<byte> mac, out ReadOnlyMemory<byte>? head)
    {
        head = null;
        var file = new FileInfo(HeadOf(path));
        if (!file.Exists) return true;
        if (file.Length > 2 * MostHead || !SealedFile.TryOpen(File.ReadAllBytes(file.FullName), key, HeadMagic, out var content, out _) || content.Length < SealedFile.MacBytes)
        {
            HeadNotTrusted(file.FullName);
            return false;
        }

        if (content.Span.StartsWith(mac.Span)) head = content[SealedFile.MacBytes..];
        return true;
    }

    private byte[] Head(FeedPlace place)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("issuer", options.Issuer);
            json.WriteString("place", place.ToString());
            json.WriteNumber("saved_at", clock.GetUtcNow().ToUnixTimeMilliseconds());
            if (freshness.Age is var age && age < TimeSpan.MaxValue) json.WriteNumber("age", (long)age.TotalMilliseconds + 1);
            if (time.Server is { } server) json.WriteNumber("server_ahead", (long)(server - clock.GetUtcNow()).TotalMilliseconds);
            if (keys.Document is { } document) json.WriteBase64String("keys", document);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    [LoggerMessage(2011, LogLevel.Information, "Enforcing {Count} revocations from {File}, {Age} old, until the feed is up")]
    private partial void Loaded(string file, int count, TimeSpan age);

    [LoggerMessage(2012, LogLevel.Error, "{File} is damaged, of another secret or issuer, and is not trusted; the server is asked for everything")]
    private partial void NotTrusted(string file);

    [LoggerMessage(2013, LogLevel.Error, "{File} cannot be read; the server is asked for everything")]
    private partial void NotRead(string file, Exception failure);

    [LoggerMessage(2014, LogLevel.Error, "{File} cannot be written: a restart while the server is away would enforce nothing new")]
    private partial void NotSaved(string file, Exception failure);

    [LoggerMessage(2015, LogLevel.Error, "{File} is damaged or of another secret, and is not trusted: how old the revocations are is unknown until the feed is up")]
    private partial void HeadNotTrusted(string file);

    // The whole file as it was left. Size and time tell whether it is still the one: who deletes it or puts another in its place must not be left with a head alone.
    private sealed record Written(byte[] Mac, long Changes, long Length, DateTime Time)
    {
        public bool IsStillAt(string path) => new FileInfo(path) is { Exists: true } file && file.Length == Length && file.LastWriteTimeUtc == Time;
    }
}
