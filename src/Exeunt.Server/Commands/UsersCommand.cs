using System.CommandLine;
using Exeunt.Accounts;
using Exeunt.Admin;
using Exeunt.Audit;
using Exeunt.Hosting;
using Exeunt.Http;
using Exeunt.Keys;
using Exeunt.Protocol.Ids;
using Exeunt.Storage;

namespace Exeunt.Server.Commands;

/// <summary><c>users add</c>, <c>list</c>, <c>disable</c>, <c>enable</c>, <c>password</c>, <c>invite</c> and <c>erase</c>.</summary>
internal static class UsersCommand
{
    private static readonly Argument<string> Account = new("account") { Description = "Id or e-mail address" };

    private static readonly Option<bool> PasswordFromInput = new("--password-stdin")
    {
        Description = "Read the password from standard input; otherwise one is made and shown once. It is never an argument: other users can see those",
    };

    public static Command Create(CommonOptions common) => new("users", "Make, list and shut accounts")
    {
        Add(common),
        List(common),
        Change(common, "disable", "Shut an account and end all its sessions", (workplace, user) => workplace.Get<DisableAccount>().HandleAsync(user.Id, Actor.Operator, Origin.Here)),
        Change(common, "enable", "Let an account sign in again", (workplace, user) => workplace.Get<EnableAccount>().HandleAsync(user.Id, Actor.Operator, Origin.Here)),
        Change(common, "erase", "Forget a person: the account, its name, and the personal values of the audit trail (GDPR Art. 17)", (workplace, user) => workplace.Get<EraseAccount>().HandleAsync(user.Id, Actor.Operator, Origin.Here)),
        Password(common),
        Invite(common),
    };

    private static Command Add(CommonOptions common)
    {
        var email = new Argument<string>("email") { Description = "The e-mail address to sign in with" };
        var name = new Option<string?>("--name") { Description = "The name to show" };
        var admin = new Option<bool>("--admin") { Description = "Make it an administrator" };
        return common.OnLedger("add", "Make an account; its password is not judged", [email, name, admin, PasswordFromInput], async (workplace, parsed, ct) =>
        {
            var address = Address(parsed.GetValue(email)!);
            var (password, isMade) = await PasswordAsync(parsed, ct);
            var user = await workplace.Get<AddAccount>().HandleAsync(
                address, parsed.GetValue(name), password, parsed.GetValue(admin) ? [User.AdminRole] : [], Actor.Operator, ct) ?? throw new NotDoneException($"{address} has an account.");

            if (workplace.Output.IsJson) Output.Write(new AddedAccount(AdminAccount.Of(user), isMade ? password : null), CommandJson.Default.AddedAccount);
            workplace.Output.Say($"Added {address}: {user.Id}");
            if (isMade) workplace.Output.Say($"Password, shown this once: {password}");
            return 0;
        });
    }

    private static Command List(CommonOptions common)
    {
        var search = new Argument<string?>("search") { Description = "An id, or how an e-mail address or name begins", Arity = ArgumentArity.ZeroOrOne };
        var limit = new Option<int>("--limit") { Description = "At most so many, 1 to 200", DefaultValueFactory = _ => 50 };
        var cursor = new Option<string?>("--cursor") { Description = "Go on after the page before" };
        return common.OnLedger("list", "List accounts", [search, limit, cursor], async (workplace, parsed, ct) =>
        {
            var query = new UserQuery(parsed.GetValue(search), Math.Clamp(parsed.GetValue(limit), 1, 200), parsed.GetValue(cursor));
            var page = await Pages.ReadAsync(() => workplace.Ledger.Reads.UsersAsync(query, ct));
            var answer = new AdminAccounts([.. page.Items.Select(AdminAccount.Of)], page.Next);
            workplace.Output.Show(
                answer, ExeuntJson.Default.AdminAccounts, ["USER", "E-MAIL", "NAME", "ROLES", "ISSUER", "CREATED", "STATE"],
                answer.Accounts.Select(a => new[] { a.Id.ToString(), a.Email, a.Name, string.Join(' ', a.Roles), a.Issuer, $"{a.CreatedAt:u}", a.DisabledAt is null ? "" : "disabled" }),
                "There are no accounts.");
            if (page.Next is not null) workplace.Output.Say($"There are more: --cursor {page.Next}");
            return 0;
        });
    }

    private static Command Password(CommonOptions common) =>
        common.OnLedger("password", "Give an account another password and end all its sessions", [Account, PasswordFromInput], async (workplace, parsed, ct) =>
        {
            var user = await workplace.UserAsync(parsed.GetValue(Account)!, ct);
            var (password, isMade) = await PasswordAsync(parsed, ct);
            var (changed, ended) = Done(await workplace.Get<ResetPassword>().HandleAsync(user.Id, password, ct));

            // Before the server is told, which can fail: it is good already, and nobody can show it again.
            if (workplace.Output.IsJson) Output.Write(new ChangedPassword(AdminAccount.Of(changed), ended, isMade ? password : null), CommandJson.Default.ChangedPassword);
            Say(workplace, changed, ended);
            if (isMade) workplace.Output.Say($"Password, shown this once: {password}");
            await workplace.TellServerAsync(ct);
            return 0;
        });

    private static Command Invite(CommonOptions common)
    {
        var email = new Argument<string>("email") { Description = "Who may register" };
        var expires = new Option<string>("--expires") { Description = "For how long the code is good", DefaultValueFactory = _ => "7d" };
        return common.OnLedger("invite", "Make a code with which one e-mail address may register (Accounts:Registration=invite)", [email, expires], (workplace, parsed, _) =>
        {
            if (!SpanText.TryParse(parsed.GetValue(expires)!, out var span)) throw new StartRefused($"--expires: '{parsed.GetValue(expires)}' is not {SpanText.Form}.");
            var until = workplace.Ledger.Clock.GetUtcNow() + span;
            var address = Address(parsed.GetValue(email)!);
            var code = InviteCode.Write(workplace.Get<ServerKeys>(), address, until);
            if (workplace.Output.IsJson) Output.Write(new Invitation(address, code, until), CommandJson.Default.Invitation);
            workplace.Output.Say($"Code for {address}, good until {until:u}: {code}");
            return Task.FromResult(0);
        });
    }

    private static Command Change(CommonOptions common, string name, string description, Func<Workplace, User, Task<AccountChange>> change) =>
        common.OnLedger(name, description, [Account], async (workplace, parsed, ct) =>
        {
            var user = await workplace.UserAsync(parsed.GetValue(Account)!, ct);
            await ShowAsync(workplace, await change(workplace, user), ct);
            return 0;
        });

    private static async Task ShowAsync(Workplace workplace, AccountChange change, CancellationToken ct)
    {
        var (user, ended) = Done(change);
        await workplace.TellServerAsync(ct);
        if (workplace.Output.IsJson) Output.Write(new AccountChanged(AdminAccount.Of(user), ended), ExeuntJson.Default.AccountChanged);
        Say(workplace, user, ended);
    }

    private static (User User, long Ended) Done(AccountChange change) => change is AccountChange.Done(var user, var ended)
        ? (user, ended) : throw new NotDoneException("That account has no password here: its provider signs it in.");

    private static void Say(Workplace workplace, User user, long ended) =>
        workplace.Output.Say($"{user.Email ?? user.Id.ToString()}: {(user.DisabledAt is null ? "enabled" : "disabled")}, {ended} sessions ended");

    private static string Address(string typed) => EmailAddress.Read(typed) ?? throw new StartRefused($"'{typed}' is not an e-mail address.");

    private static async Task<(string Password, bool IsMade)> PasswordAsync(ParseResult parsed, CancellationToken ct)
    {
        if (!parsed.GetValue(PasswordFromInput)) return (MadePassword.New(), true);
        var read = await Console.In.ReadLineAsync(ct);
        if (string.IsNullOrEmpty(read) || read.Length > Passwords.Longest) throw new StartRefused($"--password-stdin: give a password of 1 to {Passwords.Longest} characters on standard input.");
        return (read, false);
    }
}
