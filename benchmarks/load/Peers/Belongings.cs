namespace Exeunt.LoadBench.Peers;

/// <summary>What goes when a contender goes, also when it never got as far as running: its processes first, then what they stood on.</summary>
internal sealed class Belongings : IAsyncDisposable
{
    private readonly Stack<object> things = new();

    /// <summary>Takes care of a process or a folder.</summary>
    public T Add<T>(T thing)
        where T : notnull
    {
        things.Push(thing);
        return thing;
    }

    public async ValueTask DisposeAsync()
    {
        while (things.TryPop(out var thing))
        {
            if (thing is IAsyncDisposable slow) await slow.DisposeAsync();
            else (thing as IDisposable)?.Dispose();
        }
    }
}
