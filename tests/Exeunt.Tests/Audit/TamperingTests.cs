using System.Text;
using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sqlite.Files;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Audit;

/// <summary>Somebody edits the database file: whatever they change, verifying finds it and names the entry.</summary>
public class TamperingTests
{
    private static readonly string[] EntryColumns =
    [
        "chain", "n", "at", "action", "by_kind", "by_user", "by_session", "by_name", "user_id", "session_id", "event", "reason", "count", "client", "device",
        "detail", "address_commitment", "agent_commitment", "claimed_commitment", "hash",
    ];

    private static readonly string[] PersonalColumns = ["position", "address", "address_salt", "agent", "agent_salt", "claimed", "claimed_salt"];

    private static readonly string[] Blobs =
        ["by_user", "by_session", "user_id", "session_id", "event", "address_commitment", "agent_commitment", "claimed_commitment", "address_salt", "agent_salt", "claimed_salt"];

    private static readonly string[] Numbers = ["reason", "count"];

    [Fact]
    public async Task P9_one_flipped_byte_in_any_column_of_any_entry_is_found_and_names_the_entry()
    {
        await using var world = await TrailOfEverythingAsync();
        var trail = await world.TrailAsync();
        var tried = 0;
        foreach (var column in EntryColumns)
        {
            foreach (var record in trail) await ExpectAsync(world, "audit", column, record);
        }

        foreach (var column in PersonalColumns)
        {
            foreach (var record in trail.Where(r => r.Salts is not { Address: null, UserAgent: null, Claimed: null })) await ExpectAsync(world, "audit_personal", column, record);
        }

        Assert.Equal((9 * EntryColumns.Length) + (2 * PersonalColumns.Length), tried);
        Assert.True((await world.VerifyAsync()).Holds);

        async Task ExpectAsync(World w, string table, string column, AuditRecord record)
        {
            var where = table == "audit" ? $"n = {record.Number}" : $"position = {record.Number}";
            var was = Cell(w, table, column, where);
            w.Tamper(db => Put(db, table, column, where, Flipped(column, was)));
            var verdict = await w.VerifyAsync();
            Assert.True(verdict.Break is { } found && found.Number == record.Number, $"{table}.{column} of entry {record.Number}: {verdict.Break?.What ?? "not found"}");
            Assert.Contains($"{record.Number}", verdict.Break?.What, StringComparison.Ordinal);
            var there = column is "n" ? $"n = {record.Number + 64}" : column is "position" ? $"position = {record.Number + 64}" : where;
            w.Tamper(db => Put(db, table, column, there, was));
            tried++;
        }
    }

    [Fact]
    public async Task P9_one_deleted_row_is_found_and_names_the_entry_be_it_the_last()
    {
        await using var world = await TrailOfEverythingAsync();
        foreach (var record in await world.TrailAsync())
        {
            world.Tamper(db =>
            {
                db.Execute($"create table kept as select * from audit where n = {record.Number}");
                db.Execute($"delete from audit where n = {record.Number}");
            });

            var verdict = await world.VerifyAsync();

            Assert.Equal(record.Number, verdict.Break?.Number);
            Assert.Equal(record.Chain, verdict.Break?.Chain);
            Assert.Equal($"Entry {record.Number} of chain {record.Chain} is missing", verdict.Break!.What.Split([':', '.'])[0]);
            world.Tamper(db => db.Execute("insert into audit select * from kept; drop table kept"));
        }

        Assert.True((await world.VerifyAsync()).Holds);
    }

    [Theory]
    [InlineData("update audit_chains set chain = 'other'")]
    [InlineData("update audit_chains set anchor_number = 1")]
    [InlineData("update audit_chains set anchor_hash = randomblob(32)")]
    [InlineData("delete from audit_chains")]
    [InlineData("update audit_checkpoints set at = at + 1 where id = 1")]
    [InlineData("update audit_checkpoints set jws = replace(jws, substr(jws, 80, 1), 'Q') where id = 1")]
    [InlineData("update audit_checkpoints set jws = substr(jws, 1, length(jws) - 1) where id = 2")]
    [InlineData("delete from audit_checkpoints where id = 1")]
    [InlineData("delete from audit_checkpoints where id = 2")]
    [InlineData("delete from audit_checkpoints")]
    [InlineData("delete from audit_personal where position = 2")] // an erasure that nobody asked for
    [InlineData("update audit_chains set anchor_number = 3, anchor_hash = (select hash from audit where n = 3); delete from audit where n <= 3")]
    public async Task P9_what_is_done_to_chains_and_checkpoints_is_found(string edit)
    {
        await using var world = await TrailOfEverythingAsync();
        world.Tamper(db => db.Execute(edit));

        Assert.False((await world.VerifyAsync()).Holds);
    }

    [Fact]
    public async Task P9_a_beginning_that_was_cut_off_without_a_word_is_found_although_the_rest_still_chains()
    {
        await using var world = await TrailOfEverythingAsync();
        world.Tamper(db =>
        {
            db.Execute("update audit_chains set anchor_number = 4, anchor_hash = (select hash from audit where n = 4)");
            db.Execute("delete from audit where n <= 4");
        });

        var verdict = await world.VerifyAsync();

        Assert.Equal(4, verdict.Break?.Number);
        Assert.Contains("no entry tells of a cut", verdict.Break!.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task P9_a_chain_that_was_written_anew_from_a_changed_entry_on_does_not_fit_its_checkpoint()
    {
        await using var world = await TrailOfEverythingAsync();
        var trail = await world.TrailAsync();
        world.Tamper(db =>
        {
            var hash = trail[1].Hash;
            foreach (var record in trail.Skip(2))
            {
                var entry = record.Number == 3 ? record.Entry with { Client = "nobody" } : record.Entry;
                hash = AuditChain.Hash(record.Chain, record.Number, hash, entry, record.Commitments);
                db.Sql("update audit set client = ?, hash = ? where n = ?").Set(entry.Client).Set(hash).Set(record.Number).Run();
            }
        });

        var verdict = await world.VerifyAsync();

        Assert.Contains("the chain was written anew", verdict.Break?.What, StringComparison.Ordinal);
    }

    /// <summary>Two checkpoints, every kind of value, and an erased person.</summary>
    private static async Task<World> TrailOfEverythingAsync()
    {
        var world = await World.OpenAsync();
        var ada = await world.AddUserAsync("ada@example.com", User.AdminRole);
        var bob = await world.AddUserAsync("bob@example.com");
        var first = await world.SignInAsync(ada);
        var second = await world.SignInAsync(bob, "phone", new("198.51.100.9", null));
        await world.SignInAsync(bob);
        await world.Revoker.EndAsync(new()
        {
            Scope = new EndScope.OneSession(second.Id),
            By = new(ActorKind.Admin, ada.Id, first.Id),
            Reason = EndReason.Admin,
            From = new("2001:db8::1", "curl/8"),
            Detail = "asked by phone",
            Claimed = "bob",
        });
        await world.SignCheckpointAsync();
        world.Clock.Advance(TimeSpan.FromHours(1));
        await world.EndAsync(new EndScope.Client("web"), EndReason.Policy);
        await new ErasePersonal(world.Ledger).HandleAsync(bob.Id, Actor.Operator, Origin.Here);
        await world.SignCheckpointAsync();
        Assert.True((await world.VerifyAsync()).Holds);
        return world;
    }

    private static object? Cell(World world, string table, string column, string where)
    {
        object? value = null;
        world.Tamper(db =>
        {
            var row = db.Sql($"select typeof({column}), {column} from {table} where {where}");
            Assert.True(row.Step());
            value = row.Text() switch { "null" => null, "integer" => row.Long(), "text" => row.Text(), _ => row.Bytes() };
            row.Rewind();
        });
        return value;
    }

    private static void Put(Database db, string table, string column, string where, object? value)
    {
        var update = db.Sql($"update {table} set {column} = ? where {where}");
        var changed = (value switch
        {
            null => update.Set((long?)null),
            long number => update.Set(number),
            string text => update.Set(text),
            _ => update.Set((byte[])value),
        }).Run();
        Assert.Equal(1, changed);
    }

    // A value that is not there is put there: that, too, is a change.
    private static object Flipped(string column, object? value)
    {
        switch (value)
        {
            case null: return Blobs.Contains(column) ? new byte[16] : Numbers.Contains(column) ? 1L : "x";
            case long number: return column is "n" or "position" ? number + 64 : number ^ 1;
            case string text:
                var utf8 = Encoding.UTF8.GetBytes(text);
                utf8[^1] ^= 1;
                return Encoding.UTF8.GetString(utf8);
            default:
                var bytes = (byte[])((byte[])value).Clone();
                bytes[bytes.Length / 2] ^= 1;
                return bytes;
        }
    }
}
