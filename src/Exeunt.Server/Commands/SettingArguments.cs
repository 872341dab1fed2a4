using Exeunt.Hosting;

namespace Exeunt.Server.Commands;

/// <summary>Takes settings out of the arguments: <c>--Exeunt:Section:Name value</c>, <c>--Exeunt:Section:Name=value</c> and <c>--set Section:Name=value</c>, and
/// <c>--database …</c>, which is short for the PostgreSQL database.</summary>
internal static class SettingArguments
{
    private const string Prefix = "--" + ExeuntOptions.Section + ":";

    /// <summary>The arguments that are left; the settings come out by their full names.</summary>
    /// <exception cref="StartRefused">A setting has no value.</exception>
    public static IReadOnlyList<string> Take(string[] args, out IReadOnlyDictionary<string, string?> overrides)
    {
        var found = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var rest = new List<string>();
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--set")
            {
                var pair = i + 1 < args.Length ? args[++i] : throw new StartRefused("--set: write --set Section:Name=value.");
                Add(pair, $"--set {pair}: write --set Section:Name=value.");
            }
            else if (args[i].StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            {
                var pair = args[i][Prefix.Length..];
                if (!pair.Contains('=', StringComparison.Ordinal)) pair += i + 1 < args.Length && !args[i + 1].StartsWith("--", StringComparison.Ordinal) ? $"={args[++i]}" : "";
                Add(pair, $"{Prefix}{pair}: has no value.");
            }
            else if (args[i] == "--database")
            {
                found[$"{ExeuntOptions.Section}:Ledger:Postgres"] = i + 1 < args.Length ? args[++i] : throw new StartRefused("--database: name the database: postgres://user@host/name");
            }
            else
            {
                rest.Add(args[i]);
            }
        }

        overrides = found;
        return rest;

        void Add(string pair, string mistake)
        {
            var parts = pair.Split('=', 2);
            if (parts.Length < 2 || parts[0].Length == 0) throw new StartRefused(mistake);
            var name = parts[0].StartsWith($"{ExeuntOptions.Section}:", StringComparison.OrdinalIgnoreCase) ? parts[0] : $"{ExeuntOptions.Section}:{parts[0]}";
            found[name] = parts[1];
        }
    }
}
