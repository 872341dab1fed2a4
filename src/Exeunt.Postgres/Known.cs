using Exeunt.Accounts;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;

namespace Exeunt.Postgres;

/// <summary>
/// What a batch knows of the ledger: the rows it has loaded, as its own writes have left them. Of what it does not know it says so; it never guesses.
/// </summary>
internal sealed class Known
{
    private readonly Dictionary<UserId, KnownUser?> users = [];
    private readonly Dictionary<SessionId, Session?> sessions = [];
    private readonly Dictionary<(string Issuer, string Subject), UserId?> subjects = [];
    private readonly Dictionary<string, UserId?> emails = [];
    private readonly Dictionary<(string Issuer, string OutsideId), SessionId?> outsideIds = [];

    /// <summary>Cut-offs over a client, an issuer or everyone.</summary>
    public List<CutOff> Wide { get; private set; } = [];

    public bool TryUser(UserId id, out KnownUser? user) => users.TryGetValue(id, out user);

    public bool TryUserBySubject(string issuer, string subject, out KnownUser? user) => Through(subjects, (issuer, subject), out user);

    public bool TryUserByEmail(string email, out KnownUser? user) => Through(emails, email, out user);

    public bool TrySession(SessionId id, out Session? session) => sessions.TryGetValue(id, out session);

    public bool TrySessionByOutsideId(string issuer, string outsideId, out Session? session)
    {
        session = null;
        return outsideIds.TryGetValue((issuer, outsideId), out var id) && (id is not { } some || sessions.TryGetValue(some, out session));
    }

    public void Put(KnownUser user)
    {
        if (users.GetValueOrDefault(user.Row.Id)?.Row.Email is { } before) emails[User.Normalize(before)] = null;
        users[user.Row.Id] = user;
        subjects[(user.Row.Issuer, user.Row.Subject)] = user.Row.Id;
        if (user.Row.Email is { } email) emails[User.Normalize(email)] = user.Row.Id;
    }

    public void Put(Session session)
    {
        sessions[session.Id] = session;
        if (session.OutsideId is { } outsideId) outsideIds[(session.Issuer, outsideId)] = session.Id;
    }

    public void Put(List<CutOff> wide) => Wide = wide;

    /// <summary>All that was asked for and has not been found is not there.</summary>
    public void NotFound(Wanted wanted)
    {
        foreach (var id in wanted.Users) users.TryAdd(id, null);
        foreach (var id in wanted.Sessions) sessions.TryAdd(id, null);
        foreach (var subject in wanted.Subjects) subjects.TryAdd(subject, null);
        foreach (var email in wanted.Emails) emails.TryAdd(email, null);
        foreach (var outsideId in wanted.OutsideIds) outsideIds.TryAdd(outsideId, null);
    }

    /// <summary>What is known of this user is no longer certain; it is loaded again when somebody asks.</summary>
    public void Forget(UserId id) => users.Remove(id);

    /// <summary>The same of a session.</summary>
    public void Forget(Session session)
    {
        sessions.Remove(session.Id);
        if (session.OutsideId is { } outsideId) outsideIds.Remove((session.Issuer, outsideId));
    }

    /// <summary>The earliest unswept cut-off that covers this session, whose user is known.</summary>
    public Revocation? EarliestOver(Session session)
    {
        Revocation? earliest = null;
        var facts = session.Facts;
        foreach (var cutOff in Wide.Concat(CutOffsOf(session.User)))
        {
            if (!cutOff.Swept && cutOff.Revocation.Covers(facts) && (earliest is null || Order(cutOff.Revocation).CompareTo(Order(earliest)) < 0)) earliest = cutOff.Revocation;
        }

        return earliest;

        static (DateTimeOffset, long) Order(Revocation revocation) => (revocation.At, revocation.Sequence);
    }

    /// <summary>
    /// The highest id that a session of this user and client could be covered up to. Swept ones count while they are young: the clock of the node that asks may be
    /// a little behind the one that swept.
    /// </summary>
    public SessionId? HighestOver(string issuer, string subject, string client)
    {
        SessionId? highest = null;
        var ofUser = TryUserBySubject(issuer, subject, out var user) && user is not null ? user.CutOffs : [];
        foreach (var (revocation, _) in Wide.Where(cutOff => Reaches(cutOff.Revocation)).Concat(ofUser))
        {
            if (revocation.UpTo is { } upTo && (highest is not { } known || upTo.Value > known.Value)) highest = upTo;
        }

        return highest;

        bool Reaches(Revocation wide) => wide.Scope switch
        {
            RevocationScope.Client => wide.Issuer == issuer && wide.Key == client,
            RevocationScope.Issuer => wide.Issuer == issuer,
            _ => true,
        };
    }

    /// <summary>How many sessions of a known user are alive, when that can be said without looking at them: no cut-off lies over them.</summary>
    public long? CountOf(KnownUser user, Session? spared, DateTimeOffset now)
    {
        if (user.Row.UnmarkedSessions == 0) return 0;
        if (!user.IsCounted) return null;
        if (Wide.Exists(cutOff => !cutOff.Swept) || user.CutOffs.Exists(cutOff => !cutOff.Swept)) return null;
        var isSpared = spared is { End: null } && spared.User == user.Row.Id && spared.ExpiresAt >= now;
        return user.Row.UnmarkedSessions - user.Expired - (isSpared ? 1 : 0);
    }

    private List<CutOff> CutOffsOf(UserId id) => users.GetValueOrDefault(id)?.CutOffs ?? [];

    private bool Through<TKey>(Dictionary<TKey, UserId?> ids, TKey key, out KnownUser? user)
        where TKey : notnull
    {
        user = null;
        return ids.TryGetValue(key, out var id) && (id is not { } some || users.TryGetValue(some, out user));
    }
}

/// <summary>A user's row and what goes with it.</summary>
/// <param name="Row">The account.</param>
/// <param name="Expired">How many of its unmarked sessions have expired.</param>
/// <param name="Newest">Its newest unmarked session; null for none.</param>
/// <param name="CutOffs">The cut-offs over this user alone.</param>
internal sealed record KnownUser(User Row, long Expired, SessionId? Newest, List<CutOff> CutOffs)
{
    /// <summary>Whether that session has been marked since: then which one is the newest now is not known, only that it is older.</summary>
    public bool HasLostNewest { get; init; }

    /// <summary>Whether <see cref="Expired"/> and <see cref="Newest"/> are known: nobody asks for them where the end of one session was foreseen.</summary>
    public bool IsCounted { get; init; } = true;
}

/// <summary>A cut-off, and whether all its rows have been marked.</summary>
internal readonly record struct CutOff(Revocation Revocation, bool Swept);
