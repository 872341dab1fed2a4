using System.CommandLine;

namespace Exeunt.Server.Commands;

/// <summary><c>doctor</c>: looks at everything a server needs and says what to do.</summary>
internal static class DoctorCommand
{
    public static Command Create(CommonOptions common)
    {
        var command = new Command("doctor", "Check settings, data folder, ledger, keys, clock and disk, and say what to do") { common.Data, common.State, common.Json };
        command.SetAction(async (parsed, ct) =>
        {
            var findings = await Doctor.LookAsync(parsed.GetValue(common.Data)!, parsed.GetValue(common.State), common.Overrides, ct);
            new Output(parsed.GetValue(common.Json)).Show(
                findings, CommandJson.Default.IReadOnlyListFinding, ["CHECK", "VERDICT", "DETAIL"], findings.Select(f => new[] { f.Check, f.Verdict, f.Detail }), "");
            return findings.Any(f => f.Verdict == Doctor.Bad) ? 1 : 0;
        });
        return command;
    }
}
