using Exeunt.Postgres.Server;

namespace Exeunt.Postgres;

/// <summary>What an operator should know of the database server, for <c>doctor</c>.</summary>
/// <param name="Version">As the server writes it: <c>15.18 (Debian …)</c>.</param>
/// <param name="VersionNumber">150018 for 15.18.</param>
/// <param name="IsStandby">Whether it only follows another one, and takes no writes.</param>
/// <param name="SynchronousCommit">The setting: anything but <c>off</c> syncs to disk before a commit is answered.</param>
/// <param name="Syncs">Whether the server syncs to disk at all (<c>fsync</c>).</param>
/// <param name="SynchronousStandbys">Which standbys a commit waits for; empty for none: then a fail-over can lose the last commits.</param>
/// <param name="IsSuperuser">Whether the role may do everything, which it does not need.</param>
/// <param name="MostConnections">How many connections the server takes from everybody together.</param>
public sealed record PostgresFacts(
    string Version, int VersionNumber, bool IsStandby, string SynchronousCommit, bool Syncs, string SynchronousStandbys, bool IsSuperuser, int MostConnections)
{
    /// <summary>The oldest major version that the adapter is made for.</summary>
    public const int OldestVersion = 15;

    internal static async ValueTask<PostgresFacts> ReadAsync(Connections connections, CancellationToken ct) => (await connections.ReadAsync(
        batch => batch.Sql("""
            select current_setting('server_version'), current_setting('server_version_num')::integer, pg_is_in_recovery(), current_setting('synchronous_commit'),
                current_setting('fsync')::boolean, current_setting('synchronous_standby_names'), (select rolsuper from pg_roles where rolname = current_user),
                current_setting('max_connections')::integer
            """),
        results => results.FirstAsync(row => new PostgresFacts(row.Text(), row.Int(), row.Flag(), row.Text(), row.Flag(), row.Text(), row.Flag(), row.Int())),
        ct))!;
}
