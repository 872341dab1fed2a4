using System.Diagnostics;
using System.Net;

namespace Exeunt.LoadBench.Load;

/// <summary>Keeps so many requests in flight, each connection sending its next one when it has its answer, until all have been sent.</summary>
internal static class ClosedLoop
{
    /// <param name="server">Where to.</param>
    /// <param name="requests">Each is sent once.</param>
    /// <param name="inFlight">How many at a time.</param>
    /// <param name="isRight">Judges each answer; a wrong one ends the run.</param>
    public static async Task<Pace> RunAsync(IPEndPoint server, IReadOnlyList<byte[]> requests, int inFlight, Func<Answer, bool> isRight)
    {
        var connections = await Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => Connection.OpenAsync(server)));
        try
        {
            return await RunAsync(requests.Count, inFlight, async (worker, i) =>
            {
                var answer = await connections[worker].SendAsync(requests[i]);
                if (!isRight(answer))
                    throw new InvalidDataException($"The server answered {answer.Status}: {System.Text.Encoding.UTF8.GetString(answer.Body.Span)}");
            });
        }
        finally
        {
            foreach (var connection in connections) connection.Dispose();
        }
    }

    /// <summary>The same for anything that can be done: <paramref name="act"/> is told which worker it is and which piece of work to do.</summary>
    public static async Task<Pace> RunAsync(int count, int inFlight, Func<int, int, Task> act)
    {
        var ticks = new long[count];
        var next = -1;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, inFlight).Select(worker => Task.Run(() => WorkAsync(worker))));
        return Pace.Of(count, Stopwatch.GetElapsedTime(started), ticks);

        async Task WorkAsync(int worker)
        {
            int mine;
            while ((mine = Interlocked.Increment(ref next)) < count)
            {
                var sent = Stopwatch.GetTimestamp();
                await act(worker, mine);
                ticks[mine] = Stopwatch.GetTimestamp() - sent;
            }
        }
    }
}

/// <summary>How fast a run went.</summary>
/// <param name="PerSecond">Answers in a second.</param>
/// <param name="P50">Milliseconds that half of the answers took at most.</param>
/// <param name="P99">Milliseconds that 99 of 100 answers took at most.</param>
internal sealed record Pace(double PerSecond, double P50, double P99)
{
    public static Pace Of(int count, TimeSpan elapsed, long[] ticks)
    {
        Array.Sort(ticks);
        return new(count / elapsed.TotalSeconds, At(0.50), At(0.99));

        double At(double share) => Stopwatch.GetElapsedTime(0, ticks[Math.Min(count - 1, (int)(count * share))]).TotalMilliseconds;
    }
}
