using Exeunt.Accounts;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Storage;
using Exeunt.Storage.Journal;

namespace Exeunt.Revocations;

/// <summary>
/// Decides endings while the ledger is away: what a credential proves by itself is enforced here, written to the journal and told to be so. What it decides is
/// decided for good; the ledger takes it over as it is.
/// </summary>
public sealed class JournaledEndings(EndingJournal journal, ILedgerStore store, RevocationRules rules)
{
    /// <summary>What is told of every such ending.</summary>
    public const string Warning =
        "The database is away. This logout is in force on this server and safe in its journal; other servers enforce it as soon as the database is back.";

    /// <summary>
    /// Cut-offs of one user that the journal takes during one outage. Each may reach further than the one before, because sessions open elsewhere, so none
    /// stands for another; without a limit one token could fill the journal and keep everybody else from leaving.
    /// </summary>
    public const int MostCutOffs = 20;

    private readonly Lock gate = new();
    private SessionId newest;

    /// <summary>The newest session that this node knows of: its clock alone does not tell sessions of one millisecond apart.</summary>
    public SessionId Newest
    {
        get
        {
            lock (gate) return newest;
        }
    }

    /// <summary>A session was opened.</summary>
    public void Opened(SessionId session)
    {
        lock (gate)
        {
            if (session.Value > newest.Value) newest = session;
        }
    }

    /// <summary>The ending in the journal that covers this token; null for none. It ended nothing more by being asked for again.</summary>
    public EndOutcome.Ended? Find(in TokenFacts token) => journal.Find(token) is { } record ? Answer(record, count: 0) : null;

    /// <summary>Takes an ending whose proof is good for it.</summary>
    /// <param name="command">With a proof, and an id that was made when it was asked for.</param>
    /// <param name="newestThen">The newest session that was known then.</param>
    /// <exception cref="JournalUnavailableException">Nothing was recorded, because it cannot be written or holds <see cref="MostCutOffs"/> of this user.</exception>
    public async Task<EndOutcome.Ended> TakeAsync(EndSessions command, SessionId newestThen)
    {
        // Asking twice is one logout, here as everywhere; and nobody can fill the journal with one token.
        var proof = command.Proof!;
        if (command.Scope is EndScope.OneSession && journal.Find(proof.Issuer, proof.SessionKey) is { } before) return Answer(before, count: 0);
        if (command.Scope is EndScope.AllOf && journal.CountCutOffs(proof.Issuer, proof.Subject!) >= MostCutOffs)
            throw new JournalUnavailableException(new InvalidOperationException($"It holds {MostCutOffs} endings of all sessions of this user already."));

        // The moment when it was asked for, not when the ledger was given up: a commit that comes late after all must not reach less far than this.
        var at = Uuid7.TimeOf(command.Event.Value);
        var record = RecordOf(command, at) with { Revocation = command.Scope is EndScope.OneSession ? OfSession(command, at) : CutOff(command, at, newestThen) };
        await journal.AppendAsync(record);
        return Answer(record, count: 1);
    }

    /// <summary>Takes a logout that is to be recorded and ends nothing.</summary>
    /// <exception cref="JournalUnavailableException">Nothing was recorded.</exception>
    public async Task<string> RecordAsync(EndSessions command)
    {
        var record = RecordOf(command, Uuid7.TimeOf(command.Event.Value));
        if (!journal.HasRecorded(record)) await journal.AppendAsync(record);
        return Warning;
    }

    private static EndOutcome.Ended Answer(JournalRecord record, long count) => new(record.Event, count, 0, record.At) { Warning = Warning };

    private JournalRecord RecordOf(EndSessions command, DateTimeOffset at)
    {
        var proof = command.Proof!;
        return new()
        {
            Event = command.Event,
            At = at,
            Epoch = store.Epoch,
            Reason = command.Reason,
            By = command.By,
            User = proof.User,
            Session = command.Scope is EndScope.OneSession ? proof.Session : null,
            Client = proof.Client,
            Generation = proof.Generation,
            Outside = proof.Outside,
            Detail = command.Detail,
            Claimed = command.Claimed,
            Address = command.From.Address,
            UserAgent = command.From.UserAgent,
        };
    }

    private Revocation OfSession(EndSessions command, DateTimeOffset at) =>
        rules.OfSession(command.Proof!.Issuer, command.Proof.SessionKey, command.Event, at, command.Reason, LatestExpiry(command.Proof, at));

    private Revocation CutOff(EndSessions command, DateTimeOffset at, SessionId newestThen)
    {
        var proof = command.Proof!;
        var first = SessionId.From(Uuid7.First(at));
        var upTo = newestThen.Value > first.Value ? newestThen : first;
        if (proof.Session is { } own && own.Value > upTo.Value) upTo = own;
        var except = command.Scope is EndScope.AllOf(_, not null) ? proof.SessionKey : null;
        var user = new User { Id = proof.User!.Value, Issuer = proof.Issuer, Subject = proof.Subject!, CreatedAt = at };
        return rules.CutOff(command.Scope, user, upTo, except, command.Event, at, command.Reason, LatestExpiry(proof, at));
    }

    // As long as any token could live; the ledger, which knows exactly, may keep it longer.
    private DateTimeOffset LatestExpiry(Proof proof, DateTimeOffset at)
    {
        var ours = at + rules.LongestToken;
        return proof.Outside?.ExpiresAt is { } theirs && theirs > ours ? theirs : ours;
    }
}
