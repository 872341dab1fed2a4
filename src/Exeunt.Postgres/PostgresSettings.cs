using Npgsql;

namespace Exeunt.Postgres;

/// <summary>How a node reaches the database that all nodes share.</summary>
/// <param name="Database">An Npgsql connection string, or a URI: <c>postgres://user:password@host:5432/name</c>. Several hosts, separated by commas, are tried
/// for the one that takes writes.</param>
/// <param name="Node">The name of this node, which has its own chain in the audit trail. The command line beside a server gives the server's.</param>
/// <param name="CommitDeadline">How long any statement may take, a commit among them, before it is given up; 5 seconds when null, whole seconds.</param>
/// <param name="FollowDatabaseClock">Whether ledger time is the database's clock. Default true; a test that moves its own clock says false.</param>
public sealed record PostgresSettings(string Database, string Node, TimeSpan? CommitDeadline = null, bool FollowDatabaseClock = true)
{
    /// <summary>Connections that one node opens at most: one that writes, one that listens, one for jobs, the others read.</summary>
    public const int MostConnections = 16;

    /// <summary>Connections that one node must be allowed: one for each of these.</summary>
    public const int FewestConnections = 4;

    /// <summary>Reads what was given as database.</summary>
    /// <exception cref="ArgumentException">It is neither a connection string nor a URI of the form above. The message repeats nothing of it.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string database) => TryParse(database)
        ?? throw new ArgumentException("is neither a connection string (Host=…;Database=…;Username=…) nor a URI (postgres://user:password@host:5432/name)", nameof(database));

    /// <summary>Host and database, without user and password: what may be shown and logged.</summary>
    public string Shown
    {
        get
        {
            var parsed = Parse(Database);
            return $"{parsed.Database} on {parsed.Host}";
        }
    }

    /// <summary>What the driver is told. Everything that can wait has a limit, on both sides of the wire.</summary>
    internal NpgsqlConnectionStringBuilder ConnectionString
    {
        get
        {
            var deadline = CommitDeadline ?? TimeSpan.FromSeconds(5);
            var seconds = Math.Max(1, (int)Math.Ceiling(deadline.TotalSeconds));
            var wanted = Parse(Database);
            wanted.SearchPath ??= "exeunt";
            wanted.ApplicationName ??= "exeunt";
            wanted.MaxPoolSize = Math.Clamp(wanted.MaxPoolSize, FewestConnections, MostConnections);
            wanted.Timeout = Math.Min(wanted.Timeout, seconds);
            wanted.CommandTimeout = seconds;
            wanted.CancellationTimeout = 500; // milliseconds for the server to answer a cancellation, then the connection is given up
            wanted.MaxAutoPrepare = 100;
            wanted.AutoPrepareMinUsages = 2;
            wanted.NoResetOnClose = true; // connections of one pool differ in nothing, and a reset costs a statement each time
            wanted.TcpKeepAlive = true;
            wanted.IncludeErrorDetail = false; // details hold values: addresses, names

            // A node that stands still in the middle of a commit must not make the others wait for longer than this. The lock's limit comes before the
            // driver's, because only the server knows that it was a lock.
            var limits = $"-c idle_in_transaction_session_timeout={2 * seconds}s -c lock_timeout={800 * seconds}ms -c statement_timeout={2 * seconds}s";

            // Whatever is asked here is answered sooner than it would be compiled.
            limits += " -c jit=off";

            // Last, so that nobody says otherwise: that a standby does not have a commit is told by a warning and by nothing else.
            wanted.Options = $"{limits} {wanted.Options} -c client_min_messages=warning";
            return wanted;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Shown;

    // What the parsers say of a mistake repeats it, with whatever it holds.
    private static NpgsqlConnectionStringBuilder? TryParse(string database)
    {
        try
        {
            var parsed = database.Contains("://", StringComparison.Ordinal) ? OfUri(database) : new NpgsqlConnectionStringBuilder(database);
            return string.IsNullOrEmpty(parsed.Host) ? null : parsed;
        }
        catch (Exception failure) when (failure is ArgumentException or FormatException or KeyNotFoundException or InvalidCastException)
        {
            return null;
        }
    }

    private static NpgsqlConnectionStringBuilder OfUri(string text)
    {
        var uri = new Uri(text.Contains(',', StringComparison.Ordinal) ? throw new FormatException() : text);
        if (uri.Scheme is not ("postgres" or "postgresql")) throw new FormatException();
        var user = uri.UserInfo.Split(':', 2);
        var builder = new NpgsqlConnectionStringBuilder { Host = uri.Host, Port = uri.IsDefaultPort || uri.Port < 0 ? 5432 : uri.Port };
        if (uri.AbsolutePath.Length > 1) builder.Database = Uri.UnescapeDataString(uri.AbsolutePath[1..]);
        if (user[0].Length > 0) builder.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1) builder.Password = Uri.UnescapeDataString(user[1]);
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = (Uri.UnescapeDataString(pair.Split('=', 2)[0]), Uri.UnescapeDataString(pair.Split('=', 2)[^1]));
            builder[name switch { "sslmode" => "SSL Mode", "host" => "Host", "sslrootcert" => "Root Certificate", _ => name }] = value;
        }

        return builder;
    }
}
