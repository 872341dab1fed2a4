using System.CommandLine;
using Exeunt.Admin;
using Exeunt.Audit;
using Exeunt.Http;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Storage;

namespace Exeunt.Server.Commands;

/// <summary><c>sessions list</c> and <c>sessions end</c>.</summary>
internal static class SessionsCommand
{
    public static Command Create(CommonOptions common) => new("sessions", "Look at sessions, and end them") { List(common), End(common) };

    private static Command List(CommonOptions common)
    {
        var user = new Option<string?>("--user") { Description = "Only of this account: id or e-mail address" };
        var client = new Option<string?>("--client") { Description = "Only of this client application" };
        var all = new Option<bool>("--all") { Description = "Also those that have ended, while they are kept" };
        var limit = new Option<int>("--limit") { Description = "At most so many, 1 to 200", DefaultValueFactory = _ => 50 };
        var cursor = new Option<string?>("--cursor") { Description = "Go on after the page before" };
        return common.OnLedger("list", "List sessions, newest first", [user, client, all, limit, cursor], async (workplace, parsed, ct) =>
        {
            var owner = parsed.GetValue(user) is { } named ? (await workplace.UserAsync(named, ct)).Id : (UserId?)null;
            var query = new SessionQuery(owner, !parsed.GetValue(all), parsed.GetValue(client), Math.Clamp(parsed.GetValue(limit), 1, 200), parsed.GetValue(cursor));
            var page = await Pages.ReadAsync(() => workplace.Ledger.Reads.SessionsAsync(query, ct));
            var answer = new AdminSessions([.. page.Items.Select(AdminSession.Of)], page.Next);
            workplace.Output.Show(
                answer, ExeuntJson.Default.AdminSessions, ["SESSION", "USER", "CLIENT", "DEVICE", "ADDRESS", "LAST SEEN", "STATE"],
                answer.Sessions.Select(s => new[] { s.Id.ToString(), s.User.ToString(), s.Client, s.Device, s.Address, $"{s.LastSeenAt:u}", s.Alive ? "alive" : $"ended: {s.EndReason}" }),
                "There are no sessions.");
            if (page.Next is not null) workplace.Output.Say($"There are more: --cursor {page.Next}");
            return 0;
        });
    }

    private static Command End(CommonOptions common)
    {
        var session = new Argument<string?>("session") { Description = "The session: ses_…", Arity = ArgumentArity.ZeroOrOne };
        var user = new Option<string?>("--user") { Description = "All sessions of this account: id or e-mail address" };
        var except = new Option<string?>("--except") { Description = "With --user: spare this session" };
        var client = new Option<string?>("--client") { Description = "All sessions of this client application" };
        var issuer = new Option<string?>("--issuer") { Description = "All sessions whose tokens this issuer signs" };
        return common.OnLedger("end", "End a session, or all of an account, a client or an issuer", [session, user, except, client, issuer], async (workplace, parsed, ct) =>
        {
            var named = new[] { parsed.GetValue(session), parsed.GetValue(user), parsed.GetValue(client), parsed.GetValue(issuer) };
            if (named.Count(name => name is not null) != 1) throw new StartRefused("Name exactly one of: a session, --user, --client, --issuer.");
            if (parsed.GetValue(except) is not null && parsed.GetValue(user) is null) throw new StartRefused("--except: goes with --user only.");

            EndScope scope = named switch
            {
                [{ } one, ..] => new EndScope.OneSession(Session(one)),
                [_, { } owner, ..] => new EndScope.AllOf((await workplace.UserAsync(owner, ct)).Id, parsed.GetValue(except) is { } spared ? Session(spared) : null),
                [_, _, { } app, _] => new EndScope.Client(app),
                _ => new EndScope.Issuer(named[3]!),
            };
            if (await UnknownClient.WarningAsync(workplace.Ledger.Reads, scope, ct) is { } warning) await Console.Error.WriteLineAsync(Output.Printable(warning));
            return await EndAsync(workplace, scope, EndReason.Admin, ct);
        });
    }

    /// <summary>Ends, lets a running server know, and says what was ended.</summary>
    public static async Task<int> EndAsync(Workplace workplace, EndScope scope, EndReason reason, CancellationToken ct)
    {
        var outcome = await workplace.Get<Revoker>().EndAsync(new() { Scope = scope, By = Actor.Operator, Reason = reason, From = Origin.Here });
        await workplace.TellServerAsync(ct);
        var (answer, sentence) = outcome switch
        {
            EndOutcome.Ended(var ending, var count, _, var at) => (new EndedAnswer(count, ending.ToString(), at), $"Ended {count} {(count == 1 ? "session" : "sessions")}: {ending}"),
            EndOutcome.AlreadyEnded(var how) => (new EndedAnswer(0, null, how.At), $"It had ended before, at {how.At:u} ({how.Reason.ToWire()})."),
            EndOutcome.NotFound => throw new NotDoneException("There is no such session."),
            EndOutcome.NotAllowed(var why) => throw new NotDoneException(why),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        if (workplace.Output.IsJson) Output.Write(answer, CommandJson.Default.EndedAnswer);
        else workplace.Output.Say(sentence);
        return 0;
    }

    private static SessionId Session(string text) =>
        SessionId.TryParse(text, null, out var id) ? id : throw new StartRefused($"'{text}' is not the id of a session; see: exeunt sessions list");
}
