namespace Exeunt.Storage.Journal;

/// <summary>What a journal file holds.</summary>
/// <param name="Records">In the order in which they were taken.</param>
/// <param name="Damaged">How many stretches before a whole record could not be read: endings that were acknowledged may have been in them.</param>
/// <param name="TornTail">Whether the last record is incomplete. That is normal after a crash: nobody was answered about it.</param>
/// <param name="NotUnderstood">Whole records that only a newer version can read.</param>
internal sealed record JournalContent(IReadOnlyList<JournalRecord> Records, int Damaged, bool TornTail, int NotUnderstood)
{
    // Damage larger than this is taken for the end: looking at everything would cost every start the time to read it.
    private const int LookAhead = 1 << 20;

    /// <summary>Nothing.</summary>
    public static JournalContent Empty { get; } = new([], 0, false, 0);

    /// <summary>Which filling of the file this is; 0 when there is no file.</summary>
    public ulong Generation { get; private init; }

    /// <summary>The number of the last record; numbers rise, and one whose write failed is not used again.</summary>
    public ulong LastNumber { get; private init; }

    /// <summary>Where the next record begins.</summary>
    public long End { get; private init; } = JournalFormat.RecordsAt;

    /// <summary>Reads a file; a missing one holds nothing.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be read.</exception>
    public static JournalContent Read(string path)
    {
        if (!File.Exists(path)) return Empty;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        var headers = new byte[JournalFormat.RecordsAt];
        var read = file.ReadAtLeast(headers, headers.Length, throwOnEndOfStream: false);
        var first = JournalFormat.GenerationOf(headers.AsSpan(0, Math.Min(read, JournalFormat.HeaderBlock)));
        var second = read > JournalFormat.HeaderBlock ? JournalFormat.GenerationOf(headers.AsSpan(JournalFormat.HeaderBlock, read - JournalFormat.HeaderBlock)) : 0;
        return Scan(file, Math.Max(first, second));
    }

    // Nearly always there is nothing, and a look at the beginning shows it.
    private static JournalContent Scan(FileStream file, ulong generation)
    {
        var content = Scan(Load(file, LookAhead + JournalFormat.SpaceOf(JournalFormat.MostPayload)), generation);
        return content.Records.Count + content.NotUnderstood == 0 ? content : Scan(Load(file, file.Length), generation);
    }

    private static byte[] Load(FileStream file, long most)
    {
        var bytes = new byte[Math.Max(0, Math.Min(most, file.Length - JournalFormat.RecordsAt))];
        var read = 0;
        while (read < bytes.Length && RandomAccess.Read(file.SafeFileHandle, bytes.AsSpan(read), JournalFormat.RecordsAt + read) is > 0 and var more) read += more;
        return bytes;
    }

    private static JournalContent Scan(byte[] bytes, ulong generation)
    {
        List<JournalRecord> records = [];
        var (damaged, notUnderstood) = (0, 0);
        ulong last = 0;
        var end = 0; // of the last whole record
        for (var at = 0; at < bytes.Length && at - end < LookAhead; at += JournalFormat.Alignment)
        {
            if (!JournalFormat.TryReadRecord(bytes.AsMemory(at), out var of, out var number, out var payload)) continue;

            // Of a newer filling than the heads know, one of which is damaged: then it is that which counts.
            if (of > generation) (generation, last, damaged, notUnderstood, records) = (of, 0, 0, 0, []);

            // Of an older filling, or one whose write failed and that was written over in part: neither counts.
            if (of != generation || number <= last) continue;

            if (at > end) damaged++;
            if (JournalRecordJson.Read(payload) is { } record) records.Add(record);
            else notUnderstood++;
            last = number;
            end = at + JournalFormat.SpaceOf(payload.Length);
            at = end - JournalFormat.Alignment;
        }

        var torn = JournalFormat.IsHeadOf(bytes.AsSpan(Math.Min(end, bytes.Length)), generation);
        return new(records, damaged, torn, notUnderstood) { Generation = generation, LastNumber = last, End = JournalFormat.RecordsAt + end };
    }
}
