namespace Exeunt.Tests.Security.Hostile;

/// <summary>What a person who is signed in tries beyond what is theirs.</summary>
internal static class HostileRights
{
    private static readonly (string Method, string Target)[] Administration =
    [
        ("GET", "accounts"), ("GET", "accounts?search=a"), ("GET", "accounts/«user»"), ("POST", "accounts/«user»/disable"), ("POST", "accounts/«user»/enable"), ("POST", "accounts/«user»/erase"),
        ("GET", "sessions"), ("GET", "sessions/«sid»"), ("POST", "endings"), ("GET", "audit"), ("GET", "audit/report"), ("GET", "audit/export"), ("GET", "audit/checkpoint"),
    ];

    private static readonly string[] NoEnding =
    [
        """{"scope":"x"}""", """{"scope":"session"}""", """{"scope":"user"}""", """{"scope":"client"}""", """{"scope":"issuer"}""", """{"scope":7}""", """{"scope":"session","session":"x"}""",
        """{"scope":"user","user":"«sid»"}""", """{"scope":"session","session":"«user»"}""", """{"scope":"EVERYONE"}""", """{"dry_run":true}""", """{"scope":"everyone","dry_run":"no"}""",
    ];

    public static IEnumerable<HostileRequest> Rows =>
    [
        .. Administration.Select(route => new HostileRequest("by somebody who is no administrator", route.Method, "/api/v1/admin/" + route.Target, 403) { Headers = ["Authorization: Bearer «access»"] }),
        .. NoEnding.Select(body => new HostileRequest(body, "POST", "/api/v1/admin/endings", 400)
        {
            Headers = ["Authorization: Bearer «admin»", "Content-Type: application/json"], Body = body,
        }),
        new("a session that is nowhere", "POST", "/api/v1/admin/endings", 404)
        {
            Headers = ["Authorization: Bearer «admin»", "Content-Type: application/json"], Body = """{"scope":"session","session":"«nowhere sid»"}""",
        },
        new("the wrong current password", "PUT", "/api/v1/users/me/password", 403)
        {
            Headers = ["Authorization: Bearer «access»", "Content-Type: application/json"], Body = """{"current_password":"wrong-one","new_password":"silver-meadow-tricycle-8"}""",
        },
        new("a weak new password", "PUT", "/api/v1/users/me/password", 422)
        {
            Headers = ["Authorization: Bearer «access»", "Content-Type: application/json"], Body = """{"current_password":"purple-otter-lantern-41","new_password":"password"}""",
        },
        new("roles for oneself and a weak password", "POST", "/api/v1/auth/register", 422)
        {
            Headers = ["Content-Type: application/json"], Body = """{"email":"eve@example.com","password":"password","roles":["admin"],"id":"«user»"}""",
        },
        new("an address that is taken", "POST", "/api/v1/auth/register", 409)
        {
            Headers = ["Content-Type: application/json"], Body = """{"email":"ADA@example.com","password":"silver-meadow-tricycle-8"}""",
        },
    ];
}
