using System.Runtime.Versioning;
using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Storage.Journal;
using Microsoft.Win32.SafeHandles;

namespace Exeunt.Tests.Storage.Journal;

/// <summary>The journal's file: whatever a crash, a bad disk or a full one does to it, every whole record is read and no half one is.</summary>
public sealed class JournalFileTests : IDisposable
{
    private readonly JournalFixture journal = new();

    public void Dispose() => journal.Dispose();

    [Fact]
    public void What_was_written_is_read_in_its_order()
    {
        var records = Enumerable.Range(0, 20).Select(JournalFixture.Record).ToList();

        journal.Write(records);

        Assert.Equal(records, journal.Read().Records);
    }

    [Fact]
    public void Every_member_of_a_record_survives()
    {
        var at = new DateTimeOffset(2027, 3, 1, 12, 0, 0, 123, TimeSpan.Zero);
        var whole = new JournalRecord
        {
            Event = Id.New<EventId>(at),
            At = at,
            Epoch = "e",
            Reason = EndReason.LogoutAll,
            By = new(ActorKind.Provider, Id.New<UserId>(at), Id.New<SessionId>(at), "clerk"),
            User = Id.New<UserId>(at),
            Session = Id.New<SessionId>(at),
            Except = Id.New<SessionId>(at),
            Client = "web",
            Generation = uint.MaxValue,
            Outside = new("clerk", "user_1", at.AddDays(-1), at.AddMinutes(1)),
            Detail = "detail",
            Claimed = """{"userId":"<\"42\">"}""",
            Address = "2001:db8::1",
            UserAgent = "agent",
            Revocation = new()
            {
                Event = Id.New<EventId>(at),
                Scope = RevocationScope.User,
                Issuer = "https://us.example",
                Key = "usr",
                UpTo = Id.New<SessionId>(at),
                UpToSecond = 17,
                Except = "ses",
                At = at,
                Expires = at.AddHours(1),
                Reason = EndReason.LogoutAll,
            },
        };

        Assert.Equal(whole, JournalRecordJson.Read(JournalRecordJson.Write(whole)));
    }

    [Fact]
    public void A_tail_that_is_torn_at_any_byte_costs_only_the_record_that_was_being_written()
    {
        var records = Enumerable.Range(0, 3).Select(JournalFixture.Record).ToList();
        journal.Write(records[..2]);
        var before = File.ReadAllBytes(journal.File);
        var end = journal.Read().End;
        journal.Write(records[2]);
        var after = File.ReadAllBytes(journal.File);
        var written = (int)(journal.Read().End - end);

        for (var torn = 0; torn < written; torn++)
        {
            byte[] crashed = [.. after[..(int)(end + torn)], .. before[(int)(end + torn)..]];
            File.WriteAllBytes(journal.File, crashed);

            var content = journal.Read();

            var isWhole = crashed.AsSpan().SequenceEqual(after); // zeros were there before: what ends with them, and what only fills up, is not missed
            Assert.Equal(isWhole ? records : records[..2], content.Records);
            Assert.Equal(0, content.Damaged);

            // The next record takes the place of the torn one.
            var next = JournalFixture.Record(99);
            journal.Write(next);
            Assert.Equal(isWhole ? [.. records, next] : [.. records[..2], next], journal.Read().Records);
        }
    }

    [Fact]
    public void Any_flipped_byte_costs_at_most_the_record_it_is_in_and_is_noticed()
    {
        var records = Enumerable.Range(0, 3).Select(JournalFixture.Record).ToList();
        journal.Write(records);
        var good = File.ReadAllBytes(journal.File);
        var place = JournalFormat.SpaceOf(JournalRecordJson.Write(records[0]).Length);
        for (var at = JournalFormat.RecordsAt; at < JournalFormat.RecordsAt + place; at++)
        {
            byte[] rotten = [.. good];
            rotten[at] ^= 0x20;
            File.WriteAllBytes(journal.File, rotten);

            var content = journal.Read();

            if (content.Records.Count == 3) Assert.Equal(records, content.Records); // the filling after a record means nothing
            else Assert.Equal((records[1], records[2], 1), (content.Records[0], content.Records[1], content.Damaged));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(JournalFormat.HeaderBlock)]
    public void One_damaged_head_is_no_loss_whichever_it_is(int block)
    {
        journal.Write(JournalFixture.Record(0));
        using (var file = JournalFile.Open(journal.File, JournalFixture.Bytes, journal.Read())) file.Reset();
        var record = JournalFixture.Record(1);
        journal.Write(record);
        var bytes = File.ReadAllBytes(journal.File);
        Array.Clear(bytes, block, 64);
        File.WriteAllBytes(journal.File, bytes);

        Assert.Contains(record, journal.Read().Records);
    }

    [Fact]
    public void Without_any_head_the_records_are_found_all_the_same()
    {
        var records = Enumerable.Range(0, 3).Select(JournalFixture.Record).ToList();
        journal.Write(records);
        var bytes = File.ReadAllBytes(journal.File);
        Array.Clear(bytes, 0, JournalFormat.RecordsAt);
        File.WriteAllBytes(journal.File, bytes);

        Assert.Equal(records, journal.Read().Records);
    }

    [Fact]
    public void Emptied_it_holds_nothing_and_no_trace_of_anybody()
    {
        journal.Write(Enumerable.Range(0, 20).Select(JournalFixture.Record));
        using (var file = JournalFile.Open(journal.File, JournalFixture.Bytes, journal.Read())) file.Reset();

        Assert.Empty(journal.Read().Records);
        Assert.Equal(-1, File.ReadAllBytes(journal.File).AsSpan().IndexOf("192.0.2.7"u8));
    }

    [Fact]
    public void A_crash_between_the_new_head_and_the_overwriting_leaves_it_empty()
    {
        journal.Write(Enumerable.Range(0, 20).Select(JournalFixture.Record));
        var full = File.ReadAllBytes(journal.File);
        using (var file = JournalFile.Open(journal.File, JournalFixture.Bytes, journal.Read())) file.Reset();
        var emptied = File.ReadAllBytes(journal.File);
        File.WriteAllBytes(journal.File, [.. emptied[..JournalFormat.RecordsAt], .. full[JournalFormat.RecordsAt..]]);

        Assert.Empty(journal.Read().Records);
        var next = JournalFixture.Record(99);
        journal.Write(next);
        Assert.Equal([next], journal.Read().Records);
    }

    /// <summary>The first sync is that of the new head, the second that of the overwriting: whichever fails, what is taken afterwards is what counts.</summary>
    [Theory]
    [InlineData(1, 20)]
    [InlineData(1, 1)]
    [InlineData(2, 20)]
    [InlineData(2, 1)]
    public void P1_what_is_taken_after_an_emptying_that_failed_is_found_again(int failing, int held)
    {
        journal.Write(Enumerable.Range(0, held).Select(JournalFixture.Record));
        JournalRecord[] next = [JournalFixture.Record(100), JournalFixture.Record(101)];
        var syncs = 0;
        using (var file = JournalFile.Open(journal.File, JournalFixture.Bytes, journal.Read(), Sync))
        {
            Assert.Throws<IOException>(file.Reset);
            foreach (var record in next) file.Append([JournalRecordJson.Write(record)]);
        }

        var found = journal.Read();
        Assert.Equal(next, found.Records);
        Assert.Equal(0, found.Damaged);

        using (var file = JournalFile.Open(journal.File, JournalFixture.Bytes, found)) file.Reset();
        Assert.Empty(journal.Read().Records);
        Assert.Equal(-1, File.ReadAllBytes(journal.File).AsSpan().IndexOf("192.0.2.7"u8));

        void Sync(SafeFileHandle handle)
        {
            if (++syncs == failing) throw new IOException("The disk does not answer.");
            RandomAccess.FlushToDisk(handle);
        }
    }

    [Fact]
    public void A_full_journal_says_so_and_keeps_what_it_has()
    {
        using var file = JournalFile.Open(journal.File, JournalFixture.Bytes, JournalContent.Empty);
        var taken = 0;
        for (; file.Free >= JournalFormat.SpaceOf(JournalRecordJson.Write(JournalFixture.Record(taken)).Length); taken++)
            file.Append([JournalRecordJson.Write(JournalFixture.Record(taken))]);

        Assert.Throws<JournalFullException>(() => file.Append([JournalRecordJson.Write(JournalFixture.Record(taken))]));
        Assert.InRange(taken, 50, 200);
        Assert.Equal(taken, journal.Read().Records.Count);
        Assert.Equal(JournalFixture.Bytes, new FileInfo(journal.File).Length); // it never grows
    }

    [Fact]
    public void Of_a_write_that_failed_nothing_counts_once_another_has_taken_its_place()
    {
        // Three records reach the disk although their sync failed; then a shorter one is written over the first of them.
        using (var file = JournalFile.Open(journal.File, JournalFixture.Bytes, JournalContent.Empty)) file.Append([JournalRecordJson.Write(JournalFixture.Record(0))]);
        var first = journal.Read();
        var bytes = File.ReadAllBytes(journal.File);
        var payload = JournalRecordJson.Write(JournalFixture.Record(1));
        var space = JournalFormat.SpaceOf(payload.Length);
        for (ulong i = 0; i < 3; i++)
            JournalFormat.WriteRecord(bytes.AsSpan((int)first.End + ((int)i * space)), first.Generation, first.LastNumber + 1 + i, payload);
        var next = JournalRecordJson.Write(JournalFixture.Record(2));
        JournalFormat.WriteRecord(bytes.AsSpan((int)first.End), first.Generation, first.LastNumber + 4, next);
        File.WriteAllBytes(journal.File, bytes);

        Assert.Equal(["number 0", "number 2"], journal.Read().Records.Select(record => record.Detail));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void The_file_is_its_owners_alone()
    {
        journal.Write(JournalFixture.Record(0));

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(journal.File));
    }
}
