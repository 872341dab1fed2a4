namespace Exeunt.Audit;

/// <summary>Every action that the audit trail knows. They are stored and searched for: a name keeps its meaning for ever.</summary>
public static class AuditActions
{
    /// <summary>An account was created.</summary>
    public const string AccountCreated = "account_created";

    /// <summary>An account was disabled.</summary>
    public const string AccountDisabled = "account_disabled";

    /// <summary>An account may sign in again.</summary>
    public const string AccountEnabled = "account_enabled";

    /// <summary>A password was changed.</summary>
    public const string PasswordChanged = "password_changed";

    /// <summary>Somebody signed in; a session began.</summary>
    public const string SignedIn = "signed_in";

    /// <summary>A sign-in or another proof of identity failed.</summary>
    public const string SignInFailed = "sign_in_failed";

    /// <summary>An outside session was seen for the first time.</summary>
    public const string SessionMirrored = "session_mirrored";

    /// <summary>One session ended.</summary>
    public const string SessionEnded = "session_ended";

    /// <summary>A cut-off ended all sessions of a scope.</summary>
    public const string SessionsEnded = "sessions_ended";

    /// <summary>A logout was asked for that ended nothing, because it had ended before or because the operator wants it only recorded.</summary>
    public const string LogoutRecorded = "logout_recorded";

    /// <summary>A logout came with a credential that proves nothing.</summary>
    public const string LogoutRefused = "logout_refused";

    /// <summary>Two refreshes met within the window and were given the same answer.</summary>
    public const string RefreshConverged = "refresh_converged";

    /// <summary>The answer of a refresh was lost and a new one was given.</summary>
    public const string RefreshRecovered = "refresh_recovered";

    /// <summary>A refresh token was newer than the ledger: the ledger was put back from a copy.</summary>
    public const string StateRolledBack = "state_rolled_back";

    /// <summary>Failed attempts of one address within one minute, counted together.</summary>
    public const string FailuresCounted = "failures_counted";

    /// <summary>An administrator was refused.</summary>
    public const string AdminRefused = "admin_refused";

    /// <summary>A signing key was made, taken into use, retired or revoked.</summary>
    public const string KeyChanged = "key_changed";

    /// <summary>A program was given credentials.</summary>
    public const string ClientAdded = "client_added";

    /// <summary>A program's credentials were taken away.</summary>
    public const string ClientRemoved = "client_removed";

    /// <summary>Somebody came with credentials that are not those of a client.</summary>
    public const string ClientRefused = "client_refused";

    /// <summary>The heads of the chains were signed.</summary>
    public const string Checkpoint = "checkpoint";

    /// <summary>Entries older than the retention were deleted up to a checkpoint.</summary>
    public const string RetentionCut = "retention_cut";

    /// <summary>Personal values of a user were erased.</summary>
    public const string PersonalErased = "personal_erased";

    /// <summary>The audit trail, or a part of it, was taken out.</summary>
    public const string AuditExported = "audit_exported";

    /// <summary>A copy of the whole ledger, keys included, was made.</summary>
    public const string BackedUp = "backed_up";

    /// <summary>The ledger was moved into another database; the chain that says so ends with it.</summary>
    public const string LedgerMoved = "ledger_moved";

    /// <summary>The chain of a server was opened.</summary>
    public const string ChainOpened = "chain_opened";

    /// <summary>The ledger was away and came back; the count is how many endings of the journal were written into it.</summary>
    public const string LedgerWasAway = "ledger_was_away";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        AccountCreated, AccountDisabled, AccountEnabled, PasswordChanged, SignedIn, SignInFailed, SessionMirrored, SessionEnded,
        SessionsEnded, LogoutRecorded, LogoutRefused, RefreshConverged, RefreshRecovered, StateRolledBack, FailuresCounted, AdminRefused,
        KeyChanged, ClientAdded, ClientRemoved, ClientRefused, Checkpoint, RetentionCut, PersonalErased, AuditExported, BackedUp,
        LedgerMoved, ChainOpened, LedgerWasAway,
    ];
}
