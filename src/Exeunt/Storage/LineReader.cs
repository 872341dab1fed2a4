namespace Exeunt.Storage;

/// <summary>Reads a file line by line, in memory that does not grow with it.</summary>
internal sealed class LineReader(Stream file) : IDisposable
{
    private readonly byte[] buffer = new byte[LongestLine];
    private int begin;
    private int end;

    /// <summary>Bytes of the longest line that is read; a longer one is empty.</summary>
    public const int LongestLine = 64 * 1024;

    /// <summary>Whether the line that was read last ended with a line feed, as the last one of a whole file does.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>The next line without its line feed, valid until the one after it is read; false at the end of the file.</summary>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        var searched = 0;
        var isTooLong = false;
        while (true)
        {
            var found = buffer.AsSpan(begin + searched, end - begin - searched).IndexOf((byte)'\n');
            if (found >= 0)
            {
                line = isTooLong ? default : buffer.AsSpan(begin, searched + found);
                begin += searched + found + 1;
                IsEnded = true;
                return true;
            }

            searched = end - begin;
            if (searched == buffer.Length) (isTooLong, begin, searched) = (true, end, 0);
            if (Fill()) continue;
            line = isTooLong ? default : buffer.AsSpan(begin, end - begin);
            var isLast = isTooLong || begin < end;
            if (isLast) IsEnded = false;
            begin = end;
            return isLast;
        }
    }

    public void Dispose() => file.Dispose();

    private bool Fill()
    {
        if (begin > 0)
        {
            buffer.AsSpan(begin, end - begin).CopyTo(buffer);
            (begin, end) = (0, end - begin);
        }

        var read = file.Read(buffer.AsSpan(end));
        end += read;
        return read > 0;
    }
}
