using Exeunt.Hosting;
using Zxcvbn;
using Zxcvbn.Matcher;

namespace Exeunt.Accounts;

/// <summary>Whether a new password would withstand guessing, and if not, why, in words that help to find a better one.</summary>
public sealed class PasswordPolicy(ExeuntOptions options) : IDisposable
{
    /// <summary>Fewest characters, however strange they are.</summary>
    public const int Shortest = 4;

    // Judging takes time that grows with the square of the length. What is strong by here does not get weaker by what follows.
    private const int Judged = 64;

    // The dictionaries are read once, and one judgement at a time keeps the cores free for those who log out.
    private readonly Lazy<Zxcvbn.Zxcvbn> estimator = new(() => new());
    private readonly SemaphoreSlim one = new(1);

    /// <summary>Null when it is good enough; otherwise what is weak about it.</summary>
    /// <param name="password">At most <see cref="Passwords.Longest"/> characters.</param>
    /// <param name="own">Words that an attacker who knows the account tries first: its address, its name.</param>
    /// <param name="ct">Stops waiting.</param>
    public async Task<string?> WhyWeakAsync(string password, IEnumerable<string?> own, CancellationToken ct)
    {
        if (password.Length < Shortest) return $"It is too short: use at least {Shortest} characters, better a few words.";
        if (options.Accounts.PasswordStrength == 0) return null;

        await one.WaitAsync(ct);
        try
        {
            var judged = await Task.Run(() => estimator.Value.EvaluatePassword(password[..Math.Min(password.Length, Judged)], WordsOf(own)), CancellationToken.None);
            return judged.Score >= options.Accounts.PasswordStrength ? null : Explain(judged);
        }
        finally
        {
            one.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => one.Dispose();

    private static string[] WordsOf(IEnumerable<string?> own) =>
    [
        .. own.OfType<string>().SelectMany(text => text.Split(['@', '.', '-', '_', '+', ' '], StringSplitOptions.RemoveEmptyEntries).Append(text))
            .Where(word => word.Length > 2).Select(word => word.ToLowerInvariant()).Append("exeunt").Distinct(),
    ];

    // The longest part that was recognised explains the most; its text is not repeated, answers may be logged on the way.
    private static string Explain(Result judged)
    {
        var part = judged.MatchSequence.Where(m => m.Pattern != "bruteforce").MaxBy(m => m.j - m.i);
        var why = part switch
        {
            DictionaryMatch { DictionaryName: "user_inputs" } => "It is built on words that belong to this account.",
            DictionaryMatch { DictionaryName: "passwords" } => "It is built on a password that very many people use.",
            DictionaryMatch => "It is built on a common word or name; letters replaced by digits are guessed as well.",
            { Pattern: "spatial" } => "It follows neighbouring keys of the keyboard.",
            { Pattern: "repeat" } => "It repeats itself.",
            { Pattern: "sequence" } => "It follows a sequence such as abc or 6543.",
            { Pattern: "date" or "year" } => "It is built on a date.",
            _ => "It is too short.",
        };
        return $"{why} Add a word or two that have nothing to do with each other.";
    }
}
