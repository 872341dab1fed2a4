using System.CommandLine;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;

namespace Exeunt.Server.Commands;

/// <summary><c>omnes</c>: they all leave.</summary>
internal static class OmnesCommand
{
    private const string Word = "omnes";

    public static Command Create(CommonOptions common)
    {
        var yes = new Option<bool>("--yes") { Description = "Do not ask" };
        return common.OnLedger("omnes", "End every session there is", [yes], async (workplace, parsed, ct) =>
        {
            var alive = await workplace.Ledger.Reads.CountAliveAsync(new EndScope.Everyone(), ct);
            if (!parsed.GetValue(yes))
            {
                await Console.Error.WriteAsync($"This ends {(alive == 1 ? "the one session that is" : $"all {alive} sessions that are")} alive, yours included. Type {Word} to go on: ");
                if ((await Console.In.ReadLineAsync(ct))?.Trim() != Word) throw new NotDoneException("Not confirmed; nothing was ended.");
            }

            return await SessionsCommand.EndAsync(workplace, new EndScope.Everyone(), EndReason.Everyone, ct);
        });
    }
}
