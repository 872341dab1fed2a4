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
internal sealed partial class GuardFile(
    GuardOptions options, RevocationIndex index, FeedFollower follower, Freshness freshness, GuardClock time, FetchedKeys keys, TimeProvider clock, ILogger<GuardFile> log)
{
    private const int MostHead = 1024 * 1024; // bytes
    private const long MostBytes = 2L * 1024 * 1024 * 1024;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly byte[] key = HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(options.ClientSecret ?? ""), 32, info: "exeunt guard file 1"u8.ToArray());
    private readonly Lock saving = new();

    private static ReadOnlySpan<byte> Magic => "exeunt guard 1\n"u8;

    /// <summary>Takes in what was saved, if it is whole. Its age counts from the save.</summary>
    public void Load()
    {
        if (options.SnapshotFile is not { } path || !File.Exists(path)) return;
        try
        {
            if (new FileInfo(path).Length > MostBytes || !TryLoad(File.ReadAllBytes(path), out var age)) NotTrusted(path);
            else Loaded(path, index.Count, age);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            NotRead(path, failure);
        }
    }

    /// <summary>Writes everything; a crash leaves the old file or the new one.</summary>
    public void Save()
    {
        if (options.SnapshotFile is not { } path || follower.Place is not { } place) return;
        try
        {
            lock (saving)
            {
                var head = Head(place); // before the index: what comes in between is in the index and told again
                File.Delete(path + ".new"); // what a crash has left, or somebody has put there: a link would be followed
                var open = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.None };
                if (!OperatingSystem.IsWindows()) open.UnixCreateMode = OwnerOnly;
                using (var file = new FileStream(path + ".new", open))
                {
                    file.Write(Magic);
                    Span<byte> length = stackalloc byte[sizeof(int)];
                    BinaryPrimitives.WriteInt32LittleEndian(length, head.Length);
                    file.Write(length);
                    file.Write(head);
                    index.Save(file);
                    file.Position = 0;
                    file.Write(HMACSHA256.HashData(key, file)); // it read to the end, where the MAC goes
                    file.Flush(flushToDisk: true);
                }

                File.Move(path + ".new", path, overwrite: true);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            NotSaved(path, failure);
        }
    }

    private bool TryLoad(byte[] bytes, out TimeSpan age)
    {
        age = TimeSpan.MaxValue;
        var body = bytes.Length - HMACSHA256.HashSizeInBytes;
        if (body < Magic.Length + sizeof(int) || !bytes.AsSpan(0, Magic.Length).SequenceEqual(Magic)) return false;
        if (!CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(key, bytes.AsSpan(0, body)), bytes.AsSpan(body))) return false;

        var start = Magic.Length + sizeof(int);
        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(Magic.Length));
        if (length is < 0 or > MostHead || start + length > body) return false;
        using var head = JsonDocument.Parse(bytes.AsMemory(start, length)); // ours, as the MAC says
        var json = head.RootElement;
        if (json.GetProperty("issuer").GetString() != options.Issuer || !FeedPlace.TryParse(json.GetProperty("place").GetString(), out var place)) return false;
        if (index.Load(new MemoryStream(bytes, start + length, body - start - length)) is not IndexLoad.Loaded) return false;
        follower.Restore(place);
        if (json.TryGetProperty("keys", out var document)) keys.Remember(document.GetBytesFromBase64());

        if (json.TryGetProperty("server_ahead", out var ahead)) time.ServerSays(clock.GetUtcNow().AddMilliseconds(ahead.GetInt64()));

        // A clock that was set back since makes the time between unknown, and unknown is stale.
        var since = clock.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(json.GetProperty("saved_at").GetInt64());
        if (!json.TryGetProperty("age", out var then) || since < TimeSpan.Zero) return true;
        age = TimeSpan.FromMilliseconds(then.GetInt64()) + since;
        freshness.KnownWithAge(age);
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
}
