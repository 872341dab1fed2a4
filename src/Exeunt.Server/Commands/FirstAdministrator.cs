using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Storage;
using Exeunt.Storage.Journal;

namespace Exeunt.Server.Commands;

/// <summary>A ledger without accounts gets an administrator: the one that the environment names, or one whose password is made here and shown once.</summary>
internal static class FirstAdministrator
{
    private const string EmailVariable = "EXEUNT_ADMIN_EMAIL";
    private const string PasswordVariable = "EXEUNT_ADMIN_PASSWORD";
    private const string DefaultEmail = "admin@localhost";

    /// <exception cref="StartRefused">The environment names one wrongly, or an address to listen on is taken.</exception>
    public static async Task EnsureAsync(IServiceProvider parts, string urls, CancellationToken ct)
    {
        // A server starts without its ledger only when it has run before.
        if (parts.GetService<LedgerOutage>() is { IsAway: true }) return;
        if ((await parts.GetRequiredService<Ledger>().Reads.UsersAsync(new(Limit: 1), ct)).Items.Count > 0) return;

        var given = Environment.GetEnvironmentVariable(EmailVariable) is { Length: > 0 } address ? address : DefaultEmail;
        var email = EmailAddress.Read(given) ?? throw new StartRefused($"{EmailVariable}: '{given}' is not an e-mail address.");
        var password = Environment.GetEnvironmentVariable(PasswordVariable);
        if (password is { Length: > Passwords.Longest or (> 0 and < 8) }) throw new StartRefused($"{PasswordVariable}: give 8 to {Passwords.Longest} characters, or nothing to have a password made.");

        // The first account fixes the issuer for ever: a start that will fail must not decide it, nor show a password beside its error.
        ListenAddresses.RequireFree(urls);

        var made = string.IsNullOrEmpty(password) ? MadePassword.New() : null;
        await parts.GetRequiredService<AddAccount>().HandleAsync(email, "Administrator", made ?? password!, [User.AdminRole], Actor.Operator, ct);
        Console.WriteLine(made is null ? $"Administrator: {email}, with the password of {PasswordVariable}." : $"Administrator: {email}\nPassword, shown this once: {made}");
    }
}
