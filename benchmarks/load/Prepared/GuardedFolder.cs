using Exeunt.Guard;
using Exeunt.Guard.Feed;
using Exeunt.Guard.Tokens;
using Exeunt.LoadBench.Processes;
using Exeunt.Protocol.AccessTokens;
using Exeunt.Protocol.Feed;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Jose;
using Microsoft.Extensions.Logging.Abstractions;

namespace Exeunt.LoadBench.Prepared;

/// <summary>
/// What an API is started with: the keys of an issuer, tokens that it has signed, and the file of a guard that knows a million endings. No server runs beside
/// it, so that nothing but the API is measured.
/// </summary>
internal sealed class GuardedFolder : IDisposable
{
    /// <summary>Endings in the guard's file.</summary>
    public const int Revocations = 1_000_000;

    private const int Tokens = 1000;
    private const string Audience = "bench";
    private const string Nowhere = "http://127.0.0.1:9/"; // the discard port: nobody answers

    private readonly DataFolder folder;
    private readonly SigningKey key = SigningKey.Generate();
    private readonly GuardOptions options;

    public GuardedFolder(Bench bench)
    {
        folder = new(bench.Folder);
        var now = TimeProvider.System.GetUtcNow();
        options = new() { Issuer = Kernel.Issuer, ClientId = Id.New<AppId>(now).ToString(), ClientSecret = "exs_bench", SnapshotFile = Path.Combine(folder.Path, "guard") };
        File.WriteAllBytes(KeysFile, new JwkSet(key.Public).ToUtf8());
        var revocations = new ManyRevocations(Revocations, now);
        Save(revocations.Index);
        Live = [.. Enumerable.Range(0, Tokens).Select(_ => Sign(Id.New<SessionId>(now.AddSeconds(1)), now))];
        (EndedSessions, Ended) = ([.. revocations.Ended.Select(session => $"{session}")], [.. revocations.Ended.Select(session => Sign(session, now))]);
    }

    /// <summary>Tokens of sessions that go on, each of another person.</summary>
    public IReadOnlyList<string> Live { get; }

    /// <summary>Tokens of sessions that have ended.</summary>
    public IReadOnlyList<string> Ended { get; }

    /// <summary>Their sessions.</summary>
    public IReadOnlyList<string> EndedSessions { get; }

    private string KeysFile => Path.Combine(folder.Path, "keys");

    /// <summary>One side of the comparison, ready.</summary>
    /// <param name="programs">What is run.</param>
    /// <param name="side">How its endpoint is protected.</param>
    /// <param name="store">Where it asks for ended sessions, if it does.</param>
    public Task<ServerProcess> StartAsync(Programs programs, string side, string store = "") => ServerProcess.StartAsync(programs.Api, _ => [], "/ready", new Dictionary<string, string>
    {
        ["Bench__Side"] = side,
        ["Bench__Issuer"] = Kernel.Issuer,
        ["Bench__Audience"] = Audience,
        ["Bench__Keys"] = KeysFile,
        ["Bench__Server"] = Nowhere,
        ["Bench__ClientId"] = options.ClientId!,
        ["Bench__ClientSecret"] = options.ClientSecret!,
        ["Bench__GuardFile"] = options.SnapshotFile!,
        ["Bench__Store"] = store,
        ["Logging__LogLevel__Default"] = "None", // the guard says again and again that its server is away
    });

    public void Dispose()
    {
        key.Dispose();
        folder.Dispose();
    }

    // As a guard saves it that has followed a server until now.
    private void Save(RevocationIndex index)
    {
        var (clock, time) = (TimeProvider.System, new GuardClock(TimeProvider.System));
        var freshness = new Freshness(clock);
        freshness.KnownWithAge(TimeSpan.Zero);
        using var http = FetchedKeys.CreateClient();
        var keys = new FetchedKeys(Kernel.Issuer, [], http, clock, NullLogger.Instance);
        keys.Remember(File.ReadAllBytes(KeysFile));
        var follower = new FeedFollower(index, freshness, time, null!, clock, options.MostRevocations);
        follower.Restore(new FeedPlace("bench", Revocations));
        new GuardFile(options, index, follower, freshness, time, keys, clock, NullLogger<GuardFile>.Instance).Save();
    }

    private string Sign(SessionId session, DateTimeOffset now) => new AccessToken
    {
        Issuer = Kernel.Issuer,
        Subject = Id.New<UserId>(now).ToString(),
        Audiences = [Audience],
        ClientId = "web",
        Jti = Id.New<EventId>(now).ToString(),
        Sid = session.ToString(),
        IssuedAt = now,
        ExpiresAt = now.AddHours(1),
        AuthTime = now,
        Amr = ["pwd"],
        Roles = ["user"],
    }.Sign(key);
}
