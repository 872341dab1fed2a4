using System.Net;
using Exeunt.LoadBench.Load;

namespace Exeunt.LoadBench.Measures;

/// <summary>Lets the server compile its busy code for speed before anything is timed.</summary>
internal static class WarmUp
{
    private const int Requests = 2000;

    // Thirty calls make a method busy; a moment later it is compiled again, twice. A refused logout goes through all but the ledger.
    public static Task RunAsync(IPEndPoint server)
    {
        var refused = Load.Requests.Logout("exr_" + new string('A', 94));
        return ClosedLoop.RunAsync(server, [.. Enumerable.Repeat(refused, Requests)], 4, answer => answer.Status == 401);
    }
}
