using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Threading.Channels;
using Exeunt.Audit;
using Exeunt.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Exeunt.Admin;

/// <summary>Proves the audit trail while somebody watches: a line of JSON for each step, and the verdict as the last.</summary>
internal sealed class VerifyEndpoint(VerifyAudit verify)
{
    private const int LongestCheckpoint = 8 * 1024; // characters of a JWS

    private static readonly byte[] LineEnd = "\n"u8.ToArray();

    // Every entry is read: one at a time is enough for a server that has other work.
    private static readonly TimeSpan WhenBusy = TimeSpan.FromSeconds(10); // a large trail takes longer, and then the answer is the same again

    private int running;

    /// <summary>Streams the steps and the verdict.</summary>
    public static async Task<IResult> HandleAsync(HttpContext http, VerifyEndpoint endpoint)
    {
        var body = await JsonBody.ReadOptionalAsync(http, ExeuntJson.Default.VerifyRequest);
        if (body.Problem is not null) return body.Problem;
        var against = string.IsNullOrWhiteSpace(body.Value?.Against) ? null : body.Value.Against.Trim();
        if (against?.Length > LongestCheckpoint) return Problems.InvalidField("against", "'against' is a checkpoint or the hash of one.");
        if (Interlocked.Exchange(ref endpoint.running, 1) == 1) return http.TooManyRequests(WhenBusy, "The trail is being verified already.");
        try
        {
            http.Response.ContentType = "application/x-ndjson";
            await endpoint.WriteAsync(http.Response.Body, against, http.RequestAborted);
            return Results.Empty;
        }
        finally
        {
            Volatile.Write(ref endpoint.running, 0);
        }
    }

    private async Task WriteAsync(Stream stream, string? against, CancellationToken ct)
    {
        // The newest step is the one worth telling; a slow reader must not hold the work up.
        var steps = Channel.CreateBounded<AuditProgress>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        var work = Task.Run(() => VerifyAsync(against, steps.Writer, ct), CancellationToken.None); // pages of SQLite are read without ever giving the thread back
        try
        {
            await foreach (var step in steps.Reader.ReadAllAsync(ct)) await WriteLineAsync(stream, new(step.Done, step.Total), ExeuntJson.Default.VerifyStep, ct);
            await WriteLineAsync(stream, VerifyEnd.Of(await work), ExeuntJson.Default.VerifyEnd, ct);
        }
        finally
        {
            await ((Task)work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // who has left has told it to stop, and the next one waits for that
        }
    }

    private async Task<AuditVerdict> VerifyAsync(string? against, ChannelWriter<AuditProgress> steps, CancellationToken ct)
    {
        try
        {
            return await verify.HandleAsync(against, new Told(steps), ct);
        }
        finally
        {
            steps.Complete();
        }
    }

    private static async Task WriteLineAsync<T>(Stream stream, T line, JsonTypeInfo<T> type, CancellationToken ct)
    {
        await JsonSerializer.SerializeAsync(stream, line, type, ct);
        await stream.WriteAsync(LineEnd, ct);
        await stream.FlushAsync(ct);
    }

    private sealed class Told(ChannelWriter<AuditProgress> steps) : IProgress<AuditProgress>
    {
        public void Report(AuditProgress value) => steps.TryWrite(value);
    }
}

/// <summary>What to verify against.</summary>
/// <param name="Against">A checkpoint that was kept outside the server, or its hash; null for none.</param>
public sealed record VerifyRequest(string? Against);

/// <summary>How far verifying has come.</summary>
/// <param name="Done">Entries looked at.</param>
/// <param name="Total">Entries there are.</param>
public sealed record VerifyStep(long Done, long Total);

/// <summary>The verdict.</summary>
/// <param name="Holds">Whether the trail is whole.</param>
/// <param name="Entries">How many entries were looked at.</param>
/// <param name="Chains">In how many chains.</param>
/// <param name="Erased">How many of them have personal values that were erased.</param>
/// <param name="Checkpoints">How many signed checkpoints were checked.</param>
/// <param name="Newest">The hash of the newest checkpoint, worth keeping elsewhere; missing while there is none.</param>
/// <param name="What">What is wrong, in words; missing when nothing is.</param>
public sealed record VerifyEnd(bool Holds, long Entries, int Chains, long Erased, long Checkpoints, string? Newest, string? What)
{
    /// <summary>The line of a verdict.</summary>
    public static VerifyEnd Of(AuditVerdict verdict) => new(
        verdict.Holds, verdict.Entries, verdict.Chains, verdict.Erased, verdict.Checkpoints, verdict.Newest, verdict.Break?.What);
}
