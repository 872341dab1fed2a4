using Exeunt.Audit;
using Exeunt.Hosting;
using Exeunt.Keys;
using Exeunt.Postgres;
using Exeunt.Postgres.Moving;
using Exeunt.Server.Commands;
using Exeunt.Sqlite.Moving;
using Exeunt.Storage;
using Exeunt.Storage.Journal;
using Exeunt.Storage.Moving;

namespace Exeunt.Server.Moving;

/// <summary>
/// Moves a whole ledger from SQLite into PostgreSQL. At no moment do two ledgers serve: the old one is sealed before the new one opens. Whatever breaks off in
/// between is begun again from nothing.
/// </summary>
internal sealed class MoveLedger(DataFolder folder, ExeuntOptions options, Output output)
{
    private const string Sqlite = "SQLite";

    private byte[] MasterKey => Convert.FromBase64String(options.Ledger.MasterKey!);

    /// <summary>Moves it.</summary>
    /// <exception cref="InvalidDataException">It cannot be moved, or did not arrive whole; the message says why. The old ledger still serves.</exception>
    /// <exception cref="StartRefused">One of the two cannot be opened.</exception>
    public async Task<MoveAnswer> RunAsync(CancellationToken ct)
    {
        var waiting = JournalContent.Read(folder.Journal).Records.Count;
        if (waiting > 0) throw new InvalidDataException($"{waiting} endings in the journal are not in the ledger yet. Start the server once, which writes them, stop it, and move then.");

        var clock = new LedgerClock(TimeProvider.System);
        var moved = SqliteSource.MovedTo(folder.Database);
        if (moved is null) await BringUpToDateAsync(ct);

        await using var target = await OpenTargetAsync(clock, ct);
        if (moved is not null && !target.WasBrokenOff) throw new InvalidDataException($"This ledger was moved to {moved} before. To move it from here again, take it back first: exeunt migrate back");
        if (target.WasBrokenOff) output.Say($"A move into {target.Where} was broken off; it begins anew.");

        using var source = SqliteSource.Open(folder.Database);
        var (state, counts) = (source.State, source.Counts);
        await target.BeginAsync(state);
        await output.WithProgressAsync("Moving", progress => CopyAsync(source, target, counts.Total, progress, ct));
        var keys = await MoveKeysAsync(target);
        await ProveAsync(target, counts, ct);

        // In this order: a break between the two leaves no ledger that serves, and this command goes on from there.
        if (moved is null) source.MarkMoved(target.Where, clock.GetUtcNow());
        await target.FinishAsync(Sqlite);
        return new(target.Where, target.Epoch, counts, keys);
    }

    private async Task<PostgresTarget> OpenTargetAsync(LedgerClock clock, CancellationToken ct)
    {
        try
        {
            return await PostgresTarget.OpenAsync(new(options.Ledger.Postgres!, options.Ledger.Node ?? folder.NodeName()), clock, ct);
        }
        catch (ArgumentException mistake)
        {
            throw new StartRefused($"{ExeuntOptions.Section}:Ledger:Postgres: {mistake.Message.Split(" (Parameter", 2)[0]}");
        }
    }

    // Migrations, and endings that only this node's memory still holds.
    private async Task BringUpToDateAsync(CancellationToken ct)
    {
        var opening = await LedgerOpener.OpenAsync(folder, new(), TimeProvider.System, ct);
        await opening.Store.DisposeAsync();
        if (opening.RolledBack) output.Say($"The database had been put back from an older copy; {opening.TakenBack} endings that this node still knew were written back first.");
    }

    private static async Task<bool> CopyAsync(SqliteSource source, PostgresTarget target, long total, IProgress<(double Done, double Total)> progress, CancellationToken ct)
    {
        var done = 0L;
        foreach (var piece in source.Pieces())
        {
            ct.ThrowIfCancellationRequested();
            await target.PutAsync(piece);
            done += piece.Count;
            progress.Report((done, total));
        }

        return true;
    }

    private async Task<int> MoveKeysAsync(PostgresTarget target)
    {
        var keys = KeyTransfer.Read(new KeyFolder(folder.Path));
        await using var ledger = target.ToRead();
        KeyTransfer.Write(ledger.Vault(MasterKey), keys);
        return keys.Count;
    }

    private async Task ProveAsync(PostgresTarget target, LedgerCounts expected, CancellationToken ct)
    {
        var found = await target.CountAsync();
        if (found != expected) throw new InvalidDataException($"Not everything has arrived: {found} instead of {expected}.");

        await using var ledger = target.ToRead();
        var ring = LedgerOpener.OpenKeys(() => KeyRing.Peek(ledger.Vault(MasterKey), KeyPolicy.Of(options), ledger.Clock.GetUtcNow(), out _));
        var verdict = await AuditCommand.VerifyAsync(output, new VerifyAudit(ledger, ring.Signing), against: null, ct);
        if (!verdict.Holds) throw new InvalidDataException($"The audit trail does not verify in {target.Where}. {verdict.Break!.What} See what exeunt audit verify says of the ledger here.");
    }
}
