using System.Diagnostics;
using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;

namespace Exeunt.Revocations;

/// <summary>
/// The one door: there is no other way for a session to end, whoever asks. Authority is checked and the ending, its revocation and its audit entry are
/// written in one transaction; the index of this node knows it before anybody is answered.
/// </summary>
/// <param name="ledger">Where endings are recorded.</param>
/// <param name="rules">How they become revocations.</param>
/// <param name="journal">Where those go whose credential proves enough, while the ledger is away; null for nowhere.</param>
public sealed partial class Revoker(Ledger ledger, RevocationRules rules, JournaledEndings? journal = null)
{
    /// <summary>Ends what the command names. Repeating it changes nothing and is told so.</summary>
    /// <exception cref="LedgerUnavailableException">Nothing was recorded.</exception>
    public Task<EndOutcome> EndAsync(EndSessions command) => command.Proof is { } proof && proof.Covers(command.Scope) && journal is not null
        ? EndOrJournalAsync(command, journal, completed: null)
        : ledger.RunAsync(transaction => EndAsync(transaction, command));

    /// <summary>The same within a larger change, such as a new password.</summary>
    public async ValueTask<EndOutcome> EndAsync(ILedgerTransaction transaction, EndSessions command)
    {
        await ForeseeAsync(transaction, command);
        if (await WhyNotAsync(transaction, command) is { } why) return new EndOutcome.NotAllowed(why);

        return command.Scope is EndScope.OneSession(var id)
            ? await EndOneAsync(transaction, command, id)
            : await CutOffAsync(transaction, command);
    }

    // A credential that proves its session asks for nothing else; and which one that is, an outside token does not say.
    private static ValueTask ForeseeAsync(ILedgerTransaction transaction, EndSessions command) =>
        command is { OwnSessionOnly: true, Scope: EndScope.OneSession(var own) } && own != default ? transaction.ForeseeAsync(own, ends: true) : default;

    private static async ValueTask<string?> WhyNotAsync(ILedgerTransaction transaction, EndSessions command)
    {
        // A credential that proves its session may end that one, whatever has become of the account, and nothing else.
        if (command.OwnSessionOnly) return command.Scope is EndScope.OneSession(var own) && own == command.By.Session ? null : "It proves one session only.";

        var (user, why) = await Authority.OfAsync(transaction, command.By);
        if (user is null || command.By.Kind is ActorKind.Admin) return why;
        return await OwnsAsync(transaction, user, command.Scope) ? null : "That is not theirs to end.";
    }

    private static async ValueTask<bool> OwnsAsync(ILedgerTransaction transaction, User user, EndScope scope) => scope switch
    {
        EndScope.OneSession(var id) => (await transaction.SessionAsync(id)) is not { } session || session.User == user.Id,
        EndScope.AllOf(var owner, _) => owner == user.Id,
        _ => false,
    };

    private async ValueTask<EndOutcome> EndOneAsync(ILedgerTransaction transaction, EndSessions command, SessionId id)
    {
        if (await transaction.SessionAsync(id) is not { } session) return await EndWithoutRowAsync(transaction, command, id);

        if (session.Judge(await transaction.CutOffOverAsync(session), transaction.Now) is { } how)
        {
            if (how.Event == command.Event && how.Event != default) return await SameAsync(transaction, command);
            transaction.Append(Entry(transaction, command, AuditActions.LogoutRecorded) with { User = session.User, Session = id, Client = session.Client });
            return new EndOutcome.AlreadyEnded(how);
        }

        return End(transaction, command, session);
    }

    // Whoever shows a credential of ours had a row here. If it is too young to have been deleted, it was lost with a database that was put back from an older copy; the
    // tokens of the session are still about, and its owner wants them refused.
    private async ValueTask<EndOutcome> EndWithoutRowAsync(ILedgerTransaction transaction, EndSessions command, SessionId id)
    {
        var now = transaction.Now;
        if (command is not { OwnSessionOnly: true, Proof: { Outside: null } proof } || Uuid7.TimeOf(id.Value) + rules.RowsAreKept < now) return new EndOutcome.NotFound();

        // One ending for each, named after it: asking again writes nothing more.
        var ending = EventId.From(id.Value);
        if (await transaction.RevocationAsync(ending) is { } done) return new EndOutcome.AlreadyEnded(new(ending, done.At, done.Reason));

        var revocation = transaction.Append(rules.OfSession(proof.Issuer, proof.SessionKey, ending, now, command.Reason, now + rules.LongestToken));
        transaction.Append(Entry(transaction, command, AuditActions.SessionEnded) with
        {
            User = command.By.User,
            Session = id,
            Event = ending,
            Reason = command.Reason,
            Count = 1,
            Client = proof.Client,
            Detail = command.Detail ?? "the ledger had lost it",
        });
        return new EndOutcome.Ended(ending, 1, revocation.Sequence, now);
    }

    /// <summary>Ends a session that the caller has judged alive in this transaction.</summary>
    internal EndOutcome.Ended End(ILedgerTransaction transaction, EndSessions command, Session session)
    {
        var now = transaction.Now;
        var ending = command.Event == default ? Id.New<EventId>(now) : command.Event;
        transaction.Update(session with { End = new(ending, now, command.Reason) });
        var revocation = transaction.Append(rules.OfSession(session, ending, now, command.Reason));
        transaction.Append(Entry(transaction, command, AuditActions.SessionEnded) with
        {
            User = session.User,
            Session = session.Id,
            Event = ending,
            Reason = command.Reason,
            Count = 1,
            Client = session.Client,
            Device = DeviceKind.Of(session.UserAgent),
        });
        return new(ending, 1, revocation.Sequence, now);
    }

    /// <summary>
    /// Writes into the row what has been judged in this transaction: that a cut-off covers the session, whose own record speaks for it, or that its time
    /// was up, which is recorded here, once, at the instant when it was.
    /// </summary>
    /// <param name="transaction">The one in which it was judged.</param>
    /// <param name="session">Its row is not marked.</param>
    /// <param name="how">What <see cref="Session.Judge"/> said.</param>
    /// <param name="by">The job that found it.</param>
    internal void Mark(ILedgerTransaction transaction, Session session, SessionEnd how, Actor by)
    {
        if (how.Event != default)
        {
            transaction.Update(session with { End = how });
            return;
        }

        var ending = Id.New<EventId>(transaction.Now);
        transaction.Update(session with { End = how with { Event = ending } });

        // Our own tokens do not outlive their session, unless it was cut short after they were made; a provider goes on minting.
        if (session.LastTokenExpiresAt > transaction.Now || session.OutsideId is not null)
            transaction.Append(rules.OfSession(session, ending, transaction.Now, how.Reason));
        transaction.Append(new AuditEntry
        {
            At = how.At,
            Action = AuditActions.SessionEnded,
            By = by,
            User = session.User,
            Session = session.Id,
            Event = ending,
            Reason = how.Reason,
            Count = 1,
            Client = session.Client,
            Device = DeviceKind.Of(session.UserAgent),
        });
    }

    private async ValueTask<EndOutcome> CutOffAsync(ILedgerTransaction transaction, EndSessions command)
    {
        var now = transaction.Now;
        var user = command.Scope is EndScope.AllOf(var owner, _) ? await transaction.UserAsync(owner) : null;
        if (command.Scope is EndScope.AllOf && user is null) return new EndOutcome.NotFound();
        if (command.Event != default && await transaction.RevocationAsync(command.Event) is not null) return await SameAsync(transaction, command);

        var count = await transaction.CountAliveAsync(command.Scope);
        var newest = await transaction.NewestSessionAsync(command.Scope);
        var first = SessionId.From(Uuid7.First(now));
        var upTo = newest is { } id && id.Value > first.Value ? id : first;
        var except = command.Scope is EndScope.AllOf(_, { } spared) && await transaction.SessionAsync(spared) is { } session ? session.Facts.Session : null;

        var ending = command.Event == default ? Id.New<EventId>(now) : command.Event;
        var revocation = transaction.Append(rules.CutOff(command.Scope, user, upTo, except, ending, now, command.Reason, transaction.LatestTokenExpiry));
        transaction.Append(Entry(transaction, command, AuditActions.SessionsEnded) with
        {
            User = user?.Id,
            Event = ending,
            Reason = command.Reason,
            Count = count,
            Client = command.Scope is EndScope.Client(var client) ? client : null,
            Detail = command.Detail ?? Describe(command.Scope),
        });
        return new EndOutcome.Ended(ending, count, revocation.Sequence, now);
    }

    private static AuditEntry Entry(ILedgerTransaction transaction, EndSessions command, string action) => new()
    {
        At = transaction.Now,
        Action = action,
        By = command.By,
        Detail = command.Detail,
        Claimed = command.Claimed,
        Address = command.From.Address,
        UserAgent = command.From.UserAgent,
    };

    private static string Describe(EndScope scope) => scope switch
    {
        EndScope.AllOf(_, null) => "all",
        EndScope.AllOf => "all but one",
        EndScope.Client => "client",
        EndScope.Issuer(var issuer) => $"issuer {issuer}",
        EndScope.Everyone => "everyone",
        _ => throw new UnreachableException(),
    };
}
