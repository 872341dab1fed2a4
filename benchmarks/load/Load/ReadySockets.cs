using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Exeunt.LoadBench.Load;

/// <summary>
/// Waits until something has arrived on one of many connections: <c>poll(2)</c>. The framework's own way hands every answer to a pool of threads, and
/// that costs more than the answer.
/// </summary>
internal sealed partial class ReadySockets
{
    private const short PollIn = 1;
    private const int Milliseconds = 30_000; // nothing measured here may take so long
    private const int Interrupted = 4;

    private readonly Entry[] entries;
    private readonly List<int> ready;

    public ReadySockets(IReadOnlyList<Connection> connections)
    {
        entries = [.. connections.Select(connection => new Entry { File = (int)connection.Handle, Wanted = PollIn })];
        ready = new(entries.Length);
    }

    /// <summary>Which connections have something to read, or were closed; valid until the next call.</summary>
    /// <exception cref="IOException">Nothing came for half a minute.</exception>
    public IReadOnlyList<int> Wait()
    {
        ready.Clear();
        int count;
        while ((count = Poll(entries, (nuint)entries.Length, Milliseconds)) < 0)
        {
            if (Marshal.GetLastPInvokeError() != Interrupted) throw new Win32Exception();
        }

        if (count == 0) throw new IOException("The server did not answer for half a minute.");
        for (var i = 0; i < entries.Length; i++)
        {
            if (entries[i].Happened != 0) ready.Add(i);
        }

        return ready;
    }

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll([In, Out] Entry[] entries, nuint count, int milliseconds);

    // struct pollfd
    private struct Entry
    {
        public int File;
        public short Wanted;
        public short Happened;
    }
}
