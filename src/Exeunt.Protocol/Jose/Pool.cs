namespace Exeunt.Protocol.Jose;

/// <summary>
/// Ready instances of a key object: those of the framework are not promised to be safe for several threads at once, and importing one costs more than
/// a signature. Taking and giving back use no lock and allocate nothing; when all are out, a new one is made.
/// </summary>
internal sealed class Pool<T>(Func<T> create)
    where T : class, IDisposable
{
    private const int MostSlots = 32; // beyond that the processor, not the pool, is what is waited for

    private readonly T?[] slots = new T?[Math.Clamp(2 * Environment.ProcessorCount, 2, MostSlots)];
    private volatile bool closed;

    /// <exception cref="ObjectDisposedException">The key has been disposed.</exception>
    public T Take()
    {
        ObjectDisposedException.ThrowIf(closed, this);

        var start = Start();
        for (var i = 0; i < slots.Length; i++)
        {
            if (Interlocked.Exchange(ref slots[(start + i) % slots.Length], null) is { } ready) return ready;
        }

        return create();
    }

    public void Give(T item)
    {
        var start = Start();
        for (var i = 0; i < slots.Length; i++)
        {
            if (Interlocked.CompareExchange(ref slots[(start + i) % slots.Length], item, null) is not null) continue;

            if (closed) Empty(); // Close may have looked into this slot before we filled it
            return;
        }

        item.Dispose();
    }

    /// <summary>Disposes what is in the pool, now and whenever more is given back.</summary>
    public void Close()
    {
        closed = true;
        Empty();
    }

    private void Empty()
    {
        for (var i = 0; i < slots.Length; i++) Interlocked.Exchange(ref slots[i], null)?.Dispose();
    }

    /// <summary>Threads on different processors begin at different slots, so they seldom meet.</summary>
    private int Start() => Thread.GetCurrentProcessorId() % slots.Length;
}
