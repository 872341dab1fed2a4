using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Storage.Journal;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Storage.Journal;

/// <summary>Records, and a file to put them in.</summary>
internal sealed class JournalFixture : IDisposable
{
    public const long Bytes = 64 * 1024;

    private static readonly DateTimeOffset Noon = new(2027, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder folder = new();

    public string File => Path.Combine(folder.Path, "ending.journal");

    /// <summary>A file that holds these records, closed.</summary>
    public void Write(params IEnumerable<JournalRecord> records)
    {
        using var file = JournalFile.Open(File, Bytes, JournalContent.Read(File));
        foreach (var record in records) file.Append([JournalRecordJson.Write(record)]);
    }

    public JournalContent Read() => JournalContent.Read(File);

    /// <summary>The ending of a session, different for each number.</summary>
    public static JournalRecord Record(int number) => new()
    {
        Event = Id.New<EventId>(Noon.AddMilliseconds(number)),
        At = Noon.AddMilliseconds(number),
        Epoch = "0123456789abcdef",
        Reason = EndReason.User,
        By = new(ActorKind.User, null, Id.New<SessionId>(Noon)),
        Session = Id.New<SessionId>(Noon),
        Generation = 3,
        Detail = $"number {number}",
        Address = "192.0.2.7",
        UserAgent = "Mozilla/5.0 (X11; Linux) Ünïcödé",
        Revocation = new()
        {
            Event = Id.New<EventId>(Noon),
            Scope = RevocationScope.Session,
            Issuer = "https://us.example",
            Key = $"session {number}",
            At = Noon,
            Expires = Noon.AddMinutes(15),
            Reason = EndReason.User,
        },
    };

    public void Dispose() => folder.Dispose();
}
