using System.Buffers;
using System.Text;
using System.Text.Json;
using Exeunt.Http;
using Exeunt.Storage;

namespace Exeunt.Audit;

/// <summary>The forms in which the audit trail leaves.</summary>
public enum AuditFormat
{
    /// <summary>One JSON object a line, with everything that verifying needs.</summary>
    Jsonl,

    /// <summary>RFC 4180, for spreadsheets: cells that a spreadsheet would run are made harmless.</summary>
    Csv,
}

/// <summary>Writes the audit trail to a stream, page after page, oldest first: however long the trail is, no more than a page of it is held.</summary>
public sealed class ExportAudit(ILedgerReads reads)
{
    private const int PageSize = 500;

    /// <summary>Writes all entries that the query finds and returns how many.</summary>
    /// <param name="destination">Where to; it is not closed.</param>
    /// <param name="format">How.</param>
    /// <param name="query">Which; its order, limit and cursor are not looked at.</param>
    /// <param name="progress">Told the number of entries after each page; null for nobody.</param>
    /// <param name="ct">Stops writing.</param>
    public async Task<long> HandleAsync(Stream destination, AuditFormat format, AuditQuery query, IProgress<long>? progress, CancellationToken ct)
    {
        long written = 0;
        var buffer = new ArrayBufferWriter<byte>(64 * 1024);
        if (format is AuditFormat.Csv) Encoding.UTF8.GetBytes(AuditCsv.Header, buffer);

        var page = query with { NewestFirst = false, Limit = PageSize, Cursor = null };
        while (true)
        {
            var (items, next) = await reads.AuditAsync(page, ct);
            foreach (var record in items) Write(buffer, format, record);
            await destination.WriteAsync(buffer.WrittenMemory, ct);
            buffer.ResetWrittenCount();

            written += items.Count;
            progress?.Report(written);
            if (next is null) return written;
            page = page with { Cursor = next };
        }
    }

    private static void Write(ArrayBufferWriter<byte> buffer, AuditFormat format, AuditRecord record)
    {
        if (format is AuditFormat.Csv)
        {
            Encoding.UTF8.GetBytes(AuditCsv.Row(record), buffer);
            return;
        }

        using (var json = new Utf8JsonWriter(buffer)) JsonSerializer.Serialize(json, AuditLine.Of(record, withProof: true), ExeuntJson.Default.AuditLine);
        buffer.Write("\n"u8);
    }
}
