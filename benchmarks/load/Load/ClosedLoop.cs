using System.Diagnostics;
using System.Net;
using System.Text;

namespace Exeunt.LoadBench.Load;

/// <summary>Keeps so many pieces of work in flight, each followed by the next one when it is done, until all have been done.</summary>
internal static class ClosedLoop
{
    /// <summary>Requests over HTTP. One thread serves all connections: what the load costs is taken from the server that is measured.</summary>
    /// <param name="server">Where to.</param>
    /// <param name="requests">Each is sent once.</param>
    /// <param name="inFlight">How many at a time.</param>
    /// <param name="isRight">Judges each answer; a wrong one ends the run.</param>
    public static Task<Pace> RunAsync(IPEndPoint server, IReadOnlyList<byte[]> requests, int inFlight, Func<Answer, bool> isRight) =>
        Task.Factory.StartNew(() => Run(server, requests, inFlight, isRight), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Anything else that can be done: <paramref name="act"/> is told which worker it is and which piece of work to do.</summary>
    public static async Task<Pace> RunAsync(int count, int inFlight, Func<int, int, Task> act)
    {
        var ticks = new long[count];
        var next = -1;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Math.Min(inFlight, count)).Select(worker => Task.Run(() => WorkAsync(worker))));
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

    private static Pace Run(IPEndPoint server, IReadOnlyList<byte[]> requests, int inFlight, Func<Answer, bool> isRight)
    {
        var connections = new Connection[Math.Min(inFlight, requests.Count)];
        try
        {
            for (var i = 0; i < connections.Length; i++) connections[i] = Connection.Open(server);
            var ready = new ReadySockets(connections);
            var ticks = new long[requests.Count];
            var serving = new int[connections.Length];
            var next = 0;
            var started = Stopwatch.GetTimestamp();
            for (var i = 0; i < connections.Length; i++) Send(i);
            for (var answered = 0; answered < requests.Count;)
            {
                foreach (var i in ready.Wait())
                {
                    if (!connections[i].TryReceive(out var answer)) continue;
                    ticks[serving[i]] += Stopwatch.GetTimestamp();
                    if (!isRight(answer)) throw new InvalidDataException($"The server answered {answer.Status}: {Encoding.UTF8.GetString(answer.Body.Span)}");
                    answered++;
                    if (next < requests.Count) Send(i);
                }
            }

            return Pace.Of(requests.Count, Stopwatch.GetElapsedTime(started), ticks);

            void Send(int i)
            {
                serving[i] = next;
                ticks[next] = -Stopwatch.GetTimestamp();
                connections[i].Send(requests[next++]);
            }
        }
        finally
        {
            foreach (var connection in connections) connection?.Dispose();
        }
    }
}

/// <summary>How fast a run went.</summary>
/// <param name="PerSecond">Answers in a second.</param>
/// <param name="P50">Milliseconds that half of the answers took at most.</param>
/// <param name="P99">Milliseconds that 99 of 100 answers took at most.</param>
internal sealed record Pace(double PerSecond, double P50, double P99)
{
    /// <summary>How long each answer of one run took, the fastest first.</summary>
    public IReadOnlyList<double> Milliseconds { get; private init; } = [];

    public static Pace Of(int count, TimeSpan elapsed, long[] ticks)
    {
        var milliseconds = Array.ConvertAll(ticks, took => Stopwatch.GetElapsedTime(0, took).TotalMilliseconds);
        Array.Sort(milliseconds);
        return new(count / elapsed.TotalSeconds, At(0.50), At(0.99)) { Milliseconds = milliseconds };

        double At(double share) => milliseconds[Math.Min(count - 1, (int)(count * share))];
    }
}
