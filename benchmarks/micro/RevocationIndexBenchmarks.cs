using BenchmarkDotNet.Attributes;
using Exeunt.Guard;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Benchmarks;

/// <summary>The question that every request asks. Nine in ten revocations are sessions, one is a user; tokens are asked for in random order.</summary>
[MemoryDiagnoser]
public class RevocationIndexBenchmarks
{
    private const string Issuer = "https://id.example.com";
    private const int Tokens = 1 << 14; // more than the second-level cache holds of the index, and of the tokens' own text
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly TokenFacts[] live = new TokenFacts[Tokens];
    private readonly TokenFacts[] endedSession = new TokenFacts[Tokens];
    private readonly TokenFacts[] endedUser = new TokenFacts[Tokens];
    private Revocation[] revocations = [];
    private RevocationIndex index = new();
    private int next;

    [Params(1_000, 1_000_000)]
    public int Revocations { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        var random = new Random(1);
        revocations = [.. Enumerable.Range(0, Revocations).Select(Revocation)];
        index = new RevocationIndex();
        index.Apply(revocations);
        Console.WriteLine($"// {index.Count} entries in {index.Bytes} bytes");
        var sessions = revocations.Where(r => r.Scope is RevocationScope.Session).ToArray();
        var users = revocations.Where(r => r.Scope is RevocationScope.User).ToArray();
        for (var i = 0; i < Tokens; i++)
        {
            live[i] = Token(Id.New<SessionId>(Noon.AddMinutes(1)), Id.New<UserId>(Noon).ToString());
            endedSession[i] = Token(SessionId.Parse(sessions[random.Next(sessions.Length)].Key, null), Id.New<UserId>(Noon).ToString());
            endedUser[i] = Token(Id.New<SessionId>(Noon.AddMinutes(-1)), users[random.Next(users.Length)].Key);
        }
    }

    [Benchmark(Baseline = true)]
    public bool Live() => index.IsRevoked(live[next++ & (Tokens - 1)]);

    [Benchmark]
    public bool EndedSession() => index.IsRevoked(endedSession[next++ & (Tokens - 1)]);

    [Benchmark]
    public bool EndedUser() => index.IsRevoked(endedUser[next++ & (Tokens - 1)]);

    private static Revocation Revocation(int i) => new()
    {
        Event = Id.New<EventId>(Noon),
        Scope = i % 10 == 0 ? RevocationScope.User : RevocationScope.Session,
        Issuer = Issuer,
        Key = i % 10 == 0 ? Id.New<UserId>(Noon).ToString() : Id.New<SessionId>(Noon).ToString(),
        UpTo = i % 10 == 0 ? Id.New<SessionId>(Noon) : null,
        Expires = Noon.AddMinutes(15),
        At = Noon,
        Reason = EndReason.User,
    };

    // The strings are made anew, as those of a parsed token are.
    private static TokenFacts Token(SessionId session, string user) => new()
    {
        Issuer = new string(Issuer.AsSpan()),
        Subject = user,
        Session = session.ToString(),
        OwnSession = session,
        TokenId = Id.New<EventId>(Noon).ToString(),
        Client = "web",
        KeyId = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
    };
}
