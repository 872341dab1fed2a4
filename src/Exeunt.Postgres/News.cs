using Exeunt.Postgres.Server;
using Exeunt.Storage;
using Npgsql;

namespace Exeunt.Postgres;

/// <summary>
/// Hears of other nodes' commits. A notification only wakes: whoever is woken reads the log, and reads it once a second in any case, so that a lost
/// notification costs a second and no ending. The same rhythm keeps this node's clock beside the database's.
/// </summary>
/// <param name="connections">To the database.</param>
/// <param name="clock">Ledger time.</param>
/// <param name="bell">The channel to listen on.</param>
/// <param name="own">What this process says there: it knows of its own commits already.</param>
/// <param name="followsClock">Whether ledger time is the database's clock.</param>
internal sealed class News(Connections connections, LedgerClock clock, string bell, string own, bool followsClock) : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim alone = new(1, 1);
    private NpgsqlConnection? listening;
    private long lookedAt;
    private bool hasNews;

    /// <summary>Completes when another process has appended to the log, or after a second.</summary>
    public async ValueTask WaitAsync(CancellationToken ct)
    {
        await alone.WaitAsync(ct);
        try
        {
            if (listening is null)
            {
                await ListenAsync(ct);
                return; // what was said before this was not heard
            }

            var begun = clock.GetTimestamp();
            for (var waited = TimeSpan.Zero; !hasNews && waited < Limit; waited = clock.GetElapsedTime(begun))
            {
                if (!await listening.WaitAsync(WholeMilliseconds(Limit - waited), ct)) break;
            }

            hasNews = false;
            if (!followsClock || clock.GetElapsedTime(lookedAt) < Limit) return;
            await FollowClockAsync(listening, clock, ct);
            lookedAt = clock.GetTimestamp(); // of the last look, not of the last wake: where there is always news, the clock must be looked at all the same
        }
        catch (Exception failure) when (failure.IsOfDatabase || failure is OperationCanceledException or InvalidOperationException)
        {
            await ForgetAsync();
            ct.ThrowIfCancellationRequested();
            if (!failure.IsOfDatabase) throw new LedgerUnavailableException($"The database {connections.Where} was not listened to.", failure);
            throw failure.Translate(connections.Where);
        }
        finally
        {
            alone.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await alone.WaitAsync();
        await ForgetAsync();
        alone.Dispose();
    }

    /// <summary>Sets ledger time by the database's clock: what it said halfway between question and answer.</summary>
    public static async ValueTask FollowClockAsync(Connections connections, LedgerClock clock, CancellationToken ct)
    {
        await using var connection = await connections.OpenAsync(ct);
        await FollowClockAsync(connection, clock, ct); // the first one prepares; its answer is slow
        await FollowClockAsync(connection, clock, ct);
    }

    private static async ValueTask FollowClockAsync(NpgsqlConnection connection, LedgerClock clock, CancellationToken ct)
    {
        await using var ask = new NpgsqlCommand("select (extract(epoch from clock_timestamp()) * 1000000)::bigint", connection);
        var asked = clock.GetTimestamp();
        var microseconds = (long)(await ask.ExecuteScalarAsync(ct))!;
        var answered = clock.GetTimestamp();
        clock.Follow(DateTimeOffset.UnixEpoch.AddMicroseconds(microseconds), asked + ((answered - asked) / 2));
    }

    private async ValueTask ListenAsync(CancellationToken ct)
    {
        listening = await connections.OpenAsync(ct);
        listening.Notification += Hear;
        await using var listen = new NpgsqlCommand($"listen {bell}", listening);
        await listen.ExecuteNonQueryAsync(ct);
    }

    // The driver takes what is below one for no limit at all.
    private static TimeSpan WholeMilliseconds(TimeSpan time) => TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(time.TotalMilliseconds)));

    private void Hear(object sender, NpgsqlNotificationEventArgs said) => hasNews |= said.Payload != own;

    // It listens still, so it must not go back among the others.
    private async ValueTask ForgetAsync()
    {
        if (listening is not { } connection) return;
        listening = null;
        connection.Notification -= Hear;
        try
        {
            await using var unlisten = new NpgsqlCommand("unlisten *", connection);
            await unlisten.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (Exception failure) when (failure.IsOfDatabase || failure is InvalidOperationException)
        {
            // It is broken, and will be closed instead.
        }

        await connection.DisposeAsync();
    }
}
