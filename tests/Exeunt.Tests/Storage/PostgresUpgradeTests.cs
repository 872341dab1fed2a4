using Exeunt.Audit;
using Exeunt.Postgres;

namespace Exeunt.Tests.Storage;

/// <summary>What the database itself keeps true, whoever writes: in a new one, and in one that an earlier version has made.</summary>
public sealed class PostgresUpgradeTests : PostgresFixture
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Personal_values_go_with_their_entries_whoever_deletes_them(bool wasOfVersionBefore)
    {
        var name = PostgresSettings.Parse(Database).Database!;
        await AppendAsync(await StartNodeAsync("a"));
        if (wasOfVersionBefore)
        {
            await Server.ExecuteAsync(
                """
                set search_path to exeunt;
                drop trigger audit_deleted on audit;
                drop function forget_personal;
                alter table audit_personal add constraint audit_personal_chain_n_fkey foreign key (chain, n) references audit (chain, n) on delete cascade;
                delete from migrations where number >= 4;
                """,
                name);
        }

        var node = await StartNodeAsync("b");
        await AppendAsync(node);

        await Server.ExecuteAsync("set search_path to exeunt; delete from audit where n % 2 = 0", name);

        var left = (await node.Store.AuditAsync(new AuditQuery { Action = AuditActions.SignInFailed }, Ct)).Items;
        Assert.Equal(4, left.Count);
        Assert.All(left, record => Assert.Equal("203.0.113.7", record.Entry.Address));
        await Server.ExecuteAsync("set search_path to exeunt; do $$ begin assert (select count(*) = 4 from audit_personal); end $$", name);
    }

    private static async Task AppendAsync(Node node) => await node.Store.CommitAsync(transaction =>
    {
        for (var i = 0; i < 4; i++) transaction.Append(new AuditEntry { At = transaction.Now, Action = AuditActions.SignInFailed, By = Actor.Nobody, Address = "203.0.113.7" });
        return ValueTask.CompletedTask;
    });
}
