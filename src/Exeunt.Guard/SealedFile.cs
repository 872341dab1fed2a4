using System.Security.Cryptography;

namespace Exeunt.Guard;

/// <summary>A file for its owner alone that ends with a MAC over all that stands before it.</summary>
internal static class SealedFile
{
    /// <summary>Length of the MAC, in bytes.</summary>
    public const int MacBytes = HMACSHA256.HashSizeInBytes;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes all of it; a crash leaves the old file or the new one.</summary>
    /// <returns>The MAC with which it ends.</returns>
    public static byte[] Write(string path, byte[] key, Action<Stream> content)
    {
        var unfinished = path + ".new";
        File.Delete(unfinished); // what a crash has left, or somebody has put there: a link would be followed
        var open = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows()) open.UnixCreateMode = OwnerOnly;
        byte[] mac;
        using (var file = new FileStream(unfinished, open))
        {
            content(file);
            file.Position = 0;
            mac = HMACSHA256.HashData(key, file); // it reads to the end, where the MAC goes
            file.Write(mac);
            file.Flush(flushToDisk: true);
        }

        File.Move(unfinished, path, overwrite: true);
        return mac;
    }

    /// <summary>Takes the MAC off, if this is what <see cref="Write"/> wrote under the same key, beginning with this.</summary>
    public static bool TryOpen(ReadOnlyMemory<byte> file, byte[] key, ReadOnlySpan<byte> magic, out ReadOnlyMemory<byte> content, out ReadOnlyMemory<byte> mac)
    {
        (content, mac) = (default, default);
        var end = file.Length - MacBytes;
        if (end < magic.Length || !file.Span.StartsWith(magic)) return false;
        if (!CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(key, file.Span[..end]), file.Span[end..])) return false;
        (content, mac) = (file[magic.Length..end], file[end..]);
        return true;
    }
}
