using Npgsql;

namespace Exeunt.BenchApi;

/// <summary>Where a side learns that a session has ended.</summary>
internal abstract class EndedSessions
{
    public abstract ValueTask<bool> HasEndedAsync(string session);
}

/// <summary>A token lives until it expires.</summary>
internal sealed class NobodyAsks : EndedSessions
{
    public override ValueTask<bool> HasEndedAsync(string session) => new(false);
}

/// <summary>One GET for every request, over one connection that all requests share.</summary>
internal sealed class AskRedis(RedisConnection redis) : EndedSessions
{
    public override async ValueTask<bool> HasEndedAsync(string session) => await redis.ExistsAsync("ended:" + session);
}

/// <summary>One prepared query by primary key for every request, over a pool of connections.</summary>
internal sealed class AskPostgres(string database) : EndedSessions
{
    private readonly NpgsqlDataSource source = NpgsqlDataSource.Create(database + ";Max Auto Prepare=8;Auto Prepare Min Usages=1");

    public override async ValueTask<bool> HasEndedAsync(string session)
    {
        await using var query = source.CreateCommand("select exists (select from ended_sessions where sid = $1)");
        query.Parameters.Add(new NpgsqlParameter<string> { TypedValue = session });
        return (bool)(await query.ExecuteScalarAsync())!;
    }
}
