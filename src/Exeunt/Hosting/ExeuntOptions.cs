namespace Exeunt.Hosting;

/// <summary>All settings, section <c>Exeunt</c>: from appsettings, environment (<c>Exeunt__Sessions__IdleTimeout</c>) or command line. Checked at start.</summary>
public sealed class ExeuntOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Exeunt";

    /// <summary>The server as the world sees it.</summary>
    public ServerOptions Server { get; set; } = new();

    /// <summary>Where everything is kept.</summary>
    public LedgerOptions Ledger { get; set; } = new();

    /// <summary>Access tokens.</summary>
    public TokenOptions Tokens { get; set; } = new();

    /// <summary>How long sessions live, and how their refresh tokens turn.</summary>
    public SessionOptions Sessions { get; set; } = new();

    /// <summary>Lifetimes that differ for some client applications; a value that is not given is taken from <see cref="Sessions"/>.</summary>
    public List<ClientOptions> Clients { get; set; } = [];

    /// <summary>Accounts and passwords.</summary>
    public AccountOptions Accounts { get; set; } = new();

    /// <summary>Endings.</summary>
    public EndingOptions Endings { get; set; } = new();

    /// <summary>The logout contracts.</summary>
    public ContractOptions Contracts { get; set; } = new();

    /// <summary>Outside issuers of sessions.</summary>
    public List<ProviderOptions> Providers { get; set; } = [];

    /// <summary>What takes endings while the ledger is away.</summary>
    public JournalOptions Journal { get; set; } = new();

    /// <summary>How long things are kept after they have served.</summary>
    public RetentionOptions Retention { get; set; } = new();

    /// <summary>Rates beyond which requests are answered 429.</summary>
    public LimitOptions Limits { get; set; } = new();
}

/// <summary>The server as the world sees it.</summary>
public sealed class ServerOptions
{
    /// <summary>Public address, put into tokens as <c>iss</c> and compared exactly by everyone who verifies them. Default: the first address the server
    /// listens on, which is right on one's own machine only.</summary>
    public string? Issuer { get; set; }

    /// <summary>Addresses or networks (CIDR) of proxies whose <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> are believed. Default: none.</summary>
    public List<string> TrustedProxies { get; set; } = [];

    /// <summary>Origins whose pages may call the API from a browser, exactly as browsers write them (<c>https://app.example.com</c>). Default: none.</summary>
    public List<string> AllowedOrigins { get; set; } = [];
}

/// <summary>Where everything is kept: in SQLite within the data folder, or in PostgreSQL, which any number of nodes share.</summary>
public sealed class LedgerOptions
{
    /// <summary>The PostgreSQL database, as a connection string or <c>postgres://user:password@host/name</c>; null for SQLite. It is a secret when it holds a
    /// password. Default null.</summary>
    public string? Postgres { get; set; }

    /// <summary>The key that seals the server's keys in PostgreSQL: 32 random bytes in base64, the same on every node, and nowhere in the database. Give it by
    /// the environment (<c>Exeunt__Ledger__MasterKey</c>). Needed with PostgreSQL.</summary>
    public string? MasterKey { get; set; }

    /// <summary>The name of this node among others; the audit trail has a chain for each. Default: a random one, kept in the data folder.</summary>
    public string? Node { get; set; }
}

/// <summary>Access tokens.</summary>
public sealed class TokenOptions
{
    /// <summary><c>aud</c>: which APIs the tokens are for. Guards compare it exactly. Default <c>exeunt</c>.</summary>
    public string Audience { get; set; } = "exeunt";

    /// <summary>How long an access token lives, from 30 seconds to 24 hours. Default 15 minutes.</summary>
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary><c>ES256</c> or <c>RS256</c>. Default ES256: smaller and faster to sign.</summary>
    public string Algorithm { get; set; } = "ES256";

    /// <summary>Age at which a signing key is replaced. Default 90 days.</summary>
    public TimeSpan KeyLifetime { get; set; } = TimeSpan.FromDays(90);
}

/// <summary>How long sessions live, and how their refresh tokens turn.</summary>
public sealed class SessionOptions
{
    /// <summary>A session that nobody uses for this long ends. Default 7 days.</summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromDays(7);

    /// <summary>A session ends at this age in any case. Default 30 days.</summary>
    public TimeSpan AbsoluteLifetime { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Sessions one account may have at a time; the oldest ends when another is opened. Default 100.</summary>
    public int PerAccount { get; set; } = 100;

    /// <summary>How long after a refresh token has turned it does not turn again, so that tabs and retries meet. 1 second to 5 minutes, default 30 seconds.</summary>
    public TimeSpan RotationWindow { get; set; } = TimeSpan.FromSeconds(30);
}

/// <summary>Lifetimes of one client application.</summary>
public sealed class ClientOptions
{
    /// <summary>The <c>client_id</c> that sign-in names.</summary>
    public string? Id { get; set; }

    /// <summary>A named set of limits: <c>pci</c>, <c>nist-aal1</c>, <c>nist-aal2</c>, <c>nist-aal3</c>, <c>hipaa</c>. What is given beside it wins.</summary>
    public string? Preset { get; set; }

    /// <summary>See <see cref="SessionOptions.IdleTimeout"/>.</summary>
    public TimeSpan? IdleTimeout { get; set; }

    /// <summary>See <see cref="SessionOptions.AbsoluteLifetime"/>.</summary>
    public TimeSpan? AbsoluteLifetime { get; set; }

    /// <summary>See <see cref="SessionOptions.PerAccount"/>.</summary>
    public int? PerAccount { get; set; }
}

/// <summary>Accounts and passwords.</summary>
public sealed class AccountOptions
{
    /// <summary>Who may register: <c>open</c>, <c>invite</c> (with a code from the command line) or <c>closed</c>. Default <c>closed</c>; <c>./run</c> opens it.</summary>
    public string Registration { get; set; } = "closed";

    /// <summary>Least strength of a password, 0 to 4 as zxcvbn counts (3: about 10^8 guesses). Default 3.</summary>
    public int PasswordStrength { get; set; } = 3;
}

/// <summary>Endings.</summary>
public sealed class EndingOptions
{
    /// <summary>How long after signing in an administrator may end everyone, an issuer or a client, add a client's credentials or revoke a key; older
    /// sessions must sign in again. Default 15 minutes.</summary>
    public TimeSpan StepUp { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>While at most 32 guards follow, how long the answer to an ending waits until all of them enforce it, real time; 0 for not at all. One that lets
    /// it run out is not waited for again until it has acknowledged. Default 25 milliseconds.</summary>
    public TimeSpan WaitForGuards { get; set; } = TimeSpan.FromMilliseconds(25);

    /// <summary>How long this server goes on accepting access tokens when it cannot read any more who has left; after that its own API answers 503 to everything
    /// but logouts. 15 seconds are tolerated in any case. Up to 1 day, default 60 seconds.</summary>
    public TimeSpan TolerateStale { get; set; } = TimeSpan.FromSeconds(60);
}

/// <summary>The logout contracts.</summary>
public sealed class ContractOptions
{
    /// <summary>The template contract.</summary>
    public TemplateContractOptions Template { get; set; } = new();

    /// <summary>The audit contract.</summary>
    public AuditContractOptions Audit { get; set; } = new();
}

/// <summary>The template contract.</summary>
public sealed class TemplateContractOptions
{
    /// <summary>How long its token lives, as it has no refresh. Default 24 hours.</summary>
    public TimeSpan TokenLifetime { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Whether a logout ends all sessions of the user, as the template does. Default true.</summary>
    public bool EndsAllSessions { get; set; } = true;
}

/// <summary>The audit contract.</summary>
public sealed class AuditContractOptions
{
    /// <summary>Whether the logout ends the session, or is only recorded. Default true.</summary>
    public bool EndsSession { get; set; } = true;
}

/// <summary>An outside issuer of sessions.</summary>
public sealed class ProviderOptions
{
    /// <summary>A short name: letters, digits and hyphens.</summary>
    public string? Name { get; set; }

    /// <summary><c>clerk</c>, <c>oidc</c> or <c>jwt</c>.</summary>
    public string? Kind { get; set; }

    /// <summary>What its tokens say as <c>iss</c>, exactly.</summary>
    public string? Issuer { get; set; }

    /// <summary>Where its public keys are. Give exactly one of this, <see cref="PublicKeyFile"/> and <see cref="Secret"/>.</summary>
    public string? JwksUri { get; set; }

    /// <summary>A PEM file with its public key.</summary>
    public string? PublicKeyFile { get; set; }

    /// <summary>A shared secret for HS256, at least 32 bytes; kind <c>jwt</c> only.</summary>
    public string? Secret { get; set; }

    /// <summary>What its tokens must say as <c>aud</c>; null when they say nothing (Clerk): then a token that names an audience is refused.</summary>
    public string? Audience { get; set; }

    /// <summary>What its tokens must say as <c>azp</c>; empty for no check.</summary>
    public List<string> AuthorizedParties { get; set; } = [];

    /// <summary>The longest that one of its sessions lives: so long is an ending remembered, because it may go on minting tokens. Default 30 days.</summary>
    public TimeSpan SessionLifetime { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Whether Clerk sessions that have a task left (<c>sts=pending</c>) are accepted. Default false.</summary>
    public bool AllowPending { get; set; }
}

/// <summary>What takes endings while the ledger is away.</summary>
public sealed class JournalOptions
{
    /// <summary>How long one commit of the ledger may take before an ending is taken to the journal instead, real time. Default 1 second.</summary>
    public TimeSpan Deadline { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Size of the journal's file, which is taken from the disk beforehand: about 1 500 endings each. Default 16.</summary>
    public int Megabytes { get; set; } = 16;
}

/// <summary>How long things are kept after they have served.</summary>
public sealed class RetentionOptions
{
    /// <summary>Ended sessions. Default 7 days.</summary>
    public TimeSpan EndedSessions { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Audit entries. Default 400 days.</summary>
    public TimeSpan Audit { get; set; } = TimeSpan.FromDays(400);
}

/// <summary>Rates beyond which requests are answered 429.</summary>
public sealed class LimitOptions
{
    /// <summary>Failed sign-ins for one account from one address within 15 minutes. Default 5.</summary>
    public int FailuresPerAccountAndAddress { get; set; } = 5;

    /// <summary>Failed sign-ins from one address within 15 minutes. Default 50.</summary>
    public int FailuresPerAddress { get; set; } = 50;

    /// <summary>Registrations from one address within an hour. Default 20.</summary>
    public int RegistrationsPerAddress { get; set; } = 20;

    /// <summary>Streams of the revocation feed that one client may have open at a time. Default 2000.</summary>
    public int StreamsPerClient { get; set; } = 2000;

    /// <summary>Streams that one session may have open at a time to hear of its end. The browser kit opens one for all tabs. Default 8.</summary>
    public int EventStreamsPerSession { get; set; } = 8;

    /// <summary>Streams of this kind that a node may have open at a time; each costs a connection, so never more than half of those that it takes. Default 5000.</summary>
    public int EventStreams { get; set; } = 5_000;
}
