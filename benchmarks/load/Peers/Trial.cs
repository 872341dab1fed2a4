using Exeunt.LoadBench.Load;

namespace Exeunt.LoadBench.Peers;

/// <summary>Whether a contender does the jobs at all. One that lets everybody in would be fast.</summary>
internal static class Trial
{
    /// <summary>The first thing that went wrong; null when nothing did.</summary>
    public static string? Fault(Contender contender, string password)
    {
        try
        {
            return OfSignIn(contender, password) ?? OfRefresh(contender) ?? OfLogout(contender) ?? OfLogoutByAccess(contender) ?? OfLogoutAll(contender) ?? OfStrangers(contender);
        }
        catch (Exception wrong) when (wrong is InvalidDataException or KeyNotFoundException or IOException)
        {
            return wrong.Message;
        }
    }

    /// <summary>Whether these sessions, which have ended, are over: they get no new tokens, and those that they had are refused.</summary>
    public static bool AreOver(Contender contender, IEnumerable<Held> sessions) => sessions.All(session =>
        contender.Wire.Refresh(session) is { } refresh ? contender.Ask(refresh, contender.Wire.IsRefreshRefused) : contender.AskApp(contender.Wire.Request(session), contender.Wire.IsRefused));

    private static string? OfSignIn(Contender contender, string password)
    {
        var wire = contender.Wire;
        if (wire.Login(PeerSecrets.Email, password) is not { } login) return null;
        if (contender.Ask(wire.Login(PeerSecrets.Email, password + "1")!, answer => answer.Status) is not (400 or 401)) return "somebody signed in with a wrong password";
        var (here, there) = (contender.Ask(login, wire.SignedIn), contender.Ask(login, wire.SignedIn));
        if (!LetsIn(contender, here) || !LetsIn(contender, there)) return "who has signed in is not let in";
        if (!contender.Ask(wire.Logout(here), wire.IsLoggedOut)) return "who has signed in cannot log out";
        return LetsIn(contender, here) ? "who has logged out is let in" : LetsIn(contender, there) ? null : "another device was logged out as well";
    }

    private static string? OfRefresh(Contender contender)
    {
        var (wire, before) = (contender.Wire, contender.Supply.Next(1)[0]);
        if (wire.Refresh(before) is null) return null;
        var after = contender.Fresh(before);
        if (after.Access.Length == 0 || after.Refresh == before.Refresh) return "a refresh gave no new tokens";
        return LetsIn(contender, after) ? null : "who has refreshed is not let in";
    }

    private static string? OfLogout(Contender contender)
    {
        var (wire, session) = (contender.Wire, contender.Fresh(contender.Supply.Next(1)[0]));
        if (!LetsIn(contender, session)) return "a session is not let in";
        if (wire.Introspect(session) is { } live && !contender.Ask(live, wire.IsActive)) return "a live token is said to be worth nothing";
        if (!contender.Ask(wire.LogoutEverywhereAtOnce(session), wire.IsLoggedOut)) return "a session cannot log out";
        if (LetsIn(contender, session) || !AreOver(contender, [session])) return "who has logged out is let in";
        return wire.Introspect(session) is { } ended && contender.Ask(ended, wire.IsActive) ? "an ended token is said to be worth something" : null;
    }

    private static string? OfLogoutByAccess(Contender contender)
    {
        var session = contender.Fresh(contender.Supply.Next(1)[0]);
        if (contender.Wire.LogoutByAccess(session) is not { } logout) return null;
        return contender.Ask(logout, contender.Wire.IsLoggedOut) && AreOver(contender, [session]) ? null : "who has logged out by access token goes on";
    }

    private static string? OfLogoutAll(Contender contender)
    {
        contender.Supply.OthersOf(contender.Supply.Next(1)[0]); // so that the next one is the first of its user
        var session = contender.Fresh(contender.Supply.Next(1)[0]);
        if (contender.Wire.LogoutAll(session) is not { } logout) return null;
        var others = contender.Supply.OthersOf(session);
        if (!contender.Ask(logout, answer => contender.Wire.HasEnded(answer, others.Count + 1))) return $"logging out everywhere did not end {others.Count + 1} sessions";
        return LetsIn(contender, session) || !AreOver(contender, others) ? "who has logged out everywhere is let in" : null;
    }

    private static string? OfStrangers(Contender contender)
    {
        var stranger = contender.Fresh(contender.Supply.Next(1)[0]);
        return LetsIn(contender, stranger with { Access = stranger.Access + "A", Refresh = stranger.Refresh + "A" }) ? "a forged token is let in" : null;
    }

    private static bool LetsIn(Contender contender, Held session)
    {
        var (letIn, refused) = contender.AskApp(contender.Wire.Request(session), answer => (contender.Wire.IsLetIn(answer), contender.Wire.IsRefused(answer)));
        return letIn != refused ? letIn : throw new InvalidDataException("a request is neither let in nor refused");
    }
}
