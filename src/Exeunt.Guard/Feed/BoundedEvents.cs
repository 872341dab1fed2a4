namespace Exeunt.Guard.Feed;

/// <summary>
/// Lets no event of a stream grow beyond a limit. A parser of server-sent events keeps what it has read until the event's end, so a server that never ends
/// one would fill the memory.
/// </summary>
internal sealed class BoundedEvents(Stream source, int mostBytes) : Stream
{
    private int length; // bytes since the last empty line
    private bool lineIsEmpty = true;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="FeedBrokenException">The event is too large.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await source.ReadAsync(buffer, cancellationToken);
        Count(buffer.Span[..read]);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count)
    {
        var read = source.Read(buffer, offset, count);
        Count(buffer.AsSpan(offset, read));
        return read;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) source.Dispose();
        base.Dispose(disposing);
    }

    // Carriage returns are ignored: with CR alone as line end an event is only counted as longer than it is.
    private void Count(ReadOnlySpan<byte> bytes)
    {
        while (bytes.IndexOf((byte)'\n') is >= 0 and var end)
        {
            var line = bytes[..end];
            length += end + 1;
            if (length > mostBytes) throw new FeedBrokenException("An event is too large.");
            if (lineIsEmpty && (line.IsEmpty || line is [(byte)'\r'])) length = 0;
            lineIsEmpty = true;
            bytes = bytes[(end + 1)..];
        }

        length += bytes.Length;
        if (!bytes.IsEmpty && bytes is not [(byte)'\r']) lineIsEmpty = false;
        if (length > mostBytes) throw new FeedBrokenException("An event is too large.");
    }
}

/// <summary>The feed does what no feed of ours does. What it has told is kept, nothing more is taken from this stream, and the guard does not count as fresh by it.</summary>
internal sealed class FeedBrokenException(string message) : Exception(message);
