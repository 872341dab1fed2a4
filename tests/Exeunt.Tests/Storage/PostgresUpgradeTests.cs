using Exeunt.Audit;
using Exeunt.Postgres;

namespace Exeunt.Tests.Storage;

/// <summary>What the database itself keeps true, whoever writes: in a new one, and in one that an earlier version has made and still writes to.</summary>
public sealed class PostgresUpgradeTests : PostgresFixture
{
    // Takes back the newest migration. Those that come after it must be taken back here, too.
    private const string VersionBefore = """
        set search_path to exeunt;
        drop trigger audit_deleted on audit;
        drop function forget_personal;
        alter table audit_personal add constraint audit_personal_chain_n_fkey foreign key (chain, n) references audit (chain, n) on delete cascade;
        do $$ begin
            delete from migrations where number = 4;
            assert (select max(number) = 3 from migrations);
        end $$;
        """;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Personal_values_go_with_their_entries_whoever_deletes_them(bool isUpgraded)
    {
        var name = PostgresSettings.Parse(Database).Database!;
        var node = await StartNodeAsync("a");
        await AppendAsync(node);
        if (isUpgraded)
        {
            await Server.ExecuteAsync(VersionBefore, name);
            var upgrade = StartNodeAsync("b");
            do await AppendAsync(node); // it writes on, and is not in the way
            while (!upgrade.IsCompleted);
            await upgrade;
        }

        await Server.ExecuteAsync("delete from exeunt.audit where n % 2 = 0", name);

        var left = (await node.Store.AuditAsync(new AuditQuery { Action = AuditActions.SignInFailed }, Ct)).Items;
        Assert.NotEmpty(left);
        Assert.All(left, record => Assert.Equal("203.0.113.7", record.Entry.Address));
        await Server.ExecuteAsync(
            """
            set search_path to exeunt;
            do $$ begin
                assert not exists (select from audit_personal where (chain, n) not in (select chain, n from audit)), 'values without their entry';
                assert exists (select from audit_personal), 'values of the entries that are left';
                assert not exists (select from pg_constraint where conrelid = 'audit_personal'::regclass and contype = 'f'), 'the key of before';
            end $$
            """,
            name);
    }

    private static async Task AppendAsync(Node node) => await node.Store.CommitAsync(transaction =>
    {
        for (var i = 0; i < 4; i++) transaction.Append(new AuditEntry { At = transaction.Now, Action = AuditActions.SignInFailed, By = Actor.Nobody, Address = "203.0.113.7" });
        return ValueTask.CompletedTask;
    });
}
