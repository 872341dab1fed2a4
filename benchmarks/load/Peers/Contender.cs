using Exeunt.LoadBench.Load;
using Exeunt.LoadBench.Processes;

namespace Exeunt.LoadBench.Peers;

/// <summary>One of those that are compared: its server, and the sessions that it holds.</summary>
/// <param name="name">What it is called in the table.</param>
/// <param name="wire">How it is asked.</param>
/// <param name="server">What ends sessions.</param>
/// <param name="app">What authenticated requests go to: the same process, or an API beside it.</param>
/// <param name="supply">Its sessions.</param>
/// <param name="belongings">What goes when it goes, its processes among it.</param>
internal sealed class Contender(string name, Wire wire, ServerProcess server, ServerProcess app, Supply supply, Belongings belongings) : IAsyncDisposable
{
    public string Name => name;

    public Wire Wire => wire;

    public Supply Supply => supply;

    /// <summary>Whether this is Exeunt, and not one that it is compared with.</summary>
    public bool IsOurs => wire is ExeuntWire;

    /// <summary>Processor time of the server so far, without that of a database beside it.</summary>
    public TimeSpan ProcessorTime => server.ProcessorTime;

    /// <summary>Logouts, refreshes and introspections: each request once, so many at a time, every answer judged.</summary>
    public Task<Pace> RunAsync(IReadOnlyList<byte[]> requests, int inFlight, Func<Answer, bool> isRight) => ClosedLoop.RunAsync(server.Address, requests, inFlight, isRight);

    /// <summary>Authenticated requests.</summary>
    public Task<Pace> RunAtAppAsync(IReadOnlyList<byte[]> requests, int inFlight, Func<Answer, bool> isRight) => ClosedLoop.RunAsync(app.Address, requests, inFlight, isRight);

    /// <summary>A connection to the server.</summary>
    public Connection Connect() => Connection.Open(server.Address);

    /// <summary>Asks the server once.</summary>
    public T Ask<T>(byte[] request, Func<Answer, T> read) => Ask(server, request, read);

    /// <summary>Asks the app once.</summary>
    public T AskApp<T>(byte[] request, Func<Answer, T> read) => Ask(app, request, read);

    /// <summary>The session with tokens that were issued just now.</summary>
    public Held Fresh(Held session) => wire.Refresh(session) is { } request ? Ask(request, answer => wire.Refreshed(session, answer)) : session;

    /// <summary>The same for many sessions, over one connection.</summary>
    public IReadOnlyList<Held> Fresh(IReadOnlyList<Held> sessions)
    {
        if (wire.Refresh(sessions[0]) is null) return sessions;
        using var connection = Connect();
        return [.. sessions.Select(session => wire.Refreshed(session, connection.Ask(wire.Refresh(session)!)))];
    }

    public Task SettleAsync() => server.SettleAsync();

    public ValueTask DisposeAsync() => belongings.DisposeAsync();

    private static T Ask<T>(ServerProcess server, byte[] request, Func<Answer, T> read)
    {
        using var connection = Connection.Open(server.Address);
        return read(connection.Ask(request));
    }
}
