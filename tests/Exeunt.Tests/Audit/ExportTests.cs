using System.Text;
using System.Text.Json;
using Exeunt.Audit;
using Exeunt.Http;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Audit;

/// <summary>Exports hold what the trail holds, and do no harm in a spreadsheet.</summary>
public class ExportTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task P9_the_chain_can_be_verified_from_a_jsonl_export_alone()
    {
        await using var world = await NoisyTrailAsync();
        var lines = (await ExportAsync(world, AuditFormat.Jsonl)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Length > 500, "more than one page");

        var hash = AuditChain.Origin;
        foreach (var text in lines)
        {
            var line = JsonSerializer.Deserialize(text, ExeuntJson.Default.AuditLine)!;
            var commitments = new PersonalBytes(line.Commitments?.Address, line.Commitments?.UserAgent, line.Commitments?.Claimed);
            hash = AuditChain.Hash(line.Chain, line.Number, hash, EntryOf(line), commitments);
            Assert.Equal(line.Hash, hash);
            Assert.Equal(line.Commitments?.Address, AuditChain.Commit(line.Salts?.Address, line.Address));
            Assert.Equal(line.Commitments?.UserAgent, AuditChain.Commit(line.Salts?.UserAgent, line.UserAgent));
            Assert.Equal(line.Commitments?.Claimed, AuditChain.Commit(line.Salts?.Claimed, line.Claimed));
        }

        Assert.Equal((await world.Store.AuditHeadsAsync(Ct))[0].Hash, hash);
    }

    [Fact]
    public async Task A_csv_export_parses_back_to_the_entries()
    {
        await using var world = await NoisyTrailAsync();
        var rows = Parse(await ExportAsync(world, AuditFormat.Csv));
        var trail = await world.TrailAsync();

        Assert.Equal(AuditCsv.Header.TrimEnd().Split(','), rows[0]);
        Assert.Equal(trail.Count, rows.Count - 1);
        foreach (var (row, record) in rows.Skip(1).Zip(trail))
        {
            string Of(string column) => row[rows[0].IndexOf(column)];
            Assert.Equal(record.Entry.At, DateTimeOffset.Parse(Of("at")));
            Assert.Equal(record.Entry.Action, Of("action"));
            Assert.Equal(record.Entry.User?.ToString() ?? "", Of("user"));
            Assert.Equal(record.Entry.Client ?? "", Of("client").TrimStart('\''));
            Assert.Equal(record.Entry.UserAgent ?? "", Of("user_agent").TrimStart('\''));
            Assert.Equal(record.Number.ToString(), Of("number"));
            Assert.Equal(Convert.ToHexStringLower(record.Hash), Of("hash"));
        }
    }

    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+49 30 1", "'+49 30 1")]
    [InlineData("-2", "'-2")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("\t=1", "'\t=1")]
    [InlineData("\r=1", "\"'\r=1\"")]
    [InlineData("\n=1", "\"'\n=1\"")]
    [InlineData("  =1", "'  =1")] // some spreadsheets trim first
    [InlineData("=HYPERLINK(\"http://evil\",\"x\")", "\"'=HYPERLINK(\"\"http://evil\"\",\"\"x\"\")\"")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("say \"hi\"", "\"say \"\"hi\"\"\"")]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData(null, "")]
    public void A_cell_is_never_a_formula(string? value, string cell) => Assert.Equal(cell, AuditCsv.Cell(value));

    private static async Task<World> NoisyTrailAsync()
    {
        var world = await World.OpenAsync();
        var ada = await world.AddUserAsync();
        for (var i = 0; i < 600; i++)
        {
            var session = await world.SignInAsync(ada, i % 5 == 0 ? "=cmd|' /C calc'!A0" : "web, \"main\"", new($"192.0.2.{i % 250}", i % 3 == 0 ? "-evil\"agent" : "Äpfel 🍎"));
            if (i % 4 == 0) await world.EndAsync(new EndScope.OneSession(session.Id), EndReason.Policy);
            world.Clock.Advance(TimeSpan.FromMilliseconds(i % 3));
        }

        return world;
    }

    private static async Task<string> ExportAsync(World world, AuditFormat format)
    {
        using var stream = new MemoryStream();
        var written = await new ExportAudit(world.Store).HandleAsync(stream, format, new(), null, Ct);
        Assert.Equal((await world.Store.AuditHeadsAsync(Ct))[0].Number, written);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static AuditEntry EntryOf(AuditLine line) => new()
    {
        At = line.At,
        Action = line.Action,
        By = new(Enum.Parse<ActorKind>(line.By.Kind, ignoreCase: true), line.By.User, line.By.Session, line.By.Name),
        User = line.User,
        Session = line.Session,
        Event = line.Event,
        Reason = EndReasonNames.TryParse(line.Reason, out var reason) ? reason : null,
        Count = line.Count,
        Client = line.Client,
        Device = line.Device,
        Detail = line.Detail,
    };

    // RFC 4180, as any reader of it does.
    private static List<List<string>> Parse(string csv)
    {
        var (rows, row, cell, quoted) = (new List<List<string>>(), new List<string>(), new StringBuilder(), false);
        for (var i = 0; i < csv.Length; i++)
        {
            var c = csv[i];
            if (quoted && c == '"' && i + 1 < csv.Length && csv[i + 1] == '"') cell.Append(csv[++i]);
            else if (c == '"') quoted = !quoted;
            else if (!quoted && c is ',' or '\n' && !quoted)
            {
                row.Add(cell.ToString());
                cell.Clear();
                if (c != '\n') continue;
                rows.Add(row);
                row = [];
            }
            else if (quoted || c != '\r') cell.Append(c);
        }

        return rows;
    }
}
