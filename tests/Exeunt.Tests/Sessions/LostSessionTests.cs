using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Sessions;
using Exeunt.Tests.Contracts;
using Exeunt.Tests.OAuth;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Sessions;

/// <summary>
/// Sessions of which a ledger knows nothing any more because it was put back from an older copy. Their tokens are about and are let in; whoever holds one can
/// leave all the same, and then it is refused.
/// </summary>
public sealed class LostSessionTests : IAsyncLifetime
{
    private const string Ada = "ada@example.com";

    private static readonly Dictionary<string, Func<LostSessionTests, SignedIn, Task<HttpResponseMessage>>> Ways = new()
    {
        ["refresh token"] = (test, ada) => test.app.Client().PostAsync("api/v1/auth/logout", new { refresh_token = ada.RefreshToken }),
        ["access token"] = (test, ada) => test.app.Client(ada.AccessToken).DeleteAsync("api/v1/sessions/current", Ct),
        ["audit contract"] = (test, ada) => test.app.Client(ada.AccessToken).PostAsync("auth/logout", new { }),
        ["OAuth, refresh token"] = (test, ada) => test.app.FormAsync("revoke", null, ("token", ada.RefreshToken), ("client_id", "default")),
        ["OAuth, access token"] = (test, ada) => test.app.FormAsync("revoke", null, ("token", ada.AccessToken), ("client_id", "default")),
    };

    private ExeuntApp app = null!;

    public static TheoryData<string> Names => [.. Ways.Keys];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        app = await ExeuntApp.StartAsync();
        await app.AddAccountAsync(Ada);
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    [Theory]
    [MemberData(nameof(Names))]
    public async Task P2_who_holds_a_token_of_it_can_leave_and_is_refused_afterwards(string way)
    {
        var ada = await app.SignInAsync(Ada);
        await LoseAsync(ada.Session);
        Assert.True(await app.OpensAsync(ada.AccessToken));

        using (var answer = await Ways[way](this, ada)) Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync(Ct)}");

        Assert.False(await app.OpensAsync(ada.AccessToken));
        using (await Ways[way](this, ada))
        {
            // Whatever it is answered, it writes nothing more.
        }

        Assert.Single(await app.Ledger.Reads.RevocationsAfterAsync(0, 10, Ct));
        Assert.Equal(ada.Session, Assert.Single(await app.AuditAsync(AuditActions.SessionEnded)).Session);
    }

    [Fact]
    public async Task P2_the_template_contract_ends_it_although_it_cannot_end_all()
    {
        var token = await app.TemplateSignInAsync(Ada);
        await LoseAsync(Assert.Single(await app.AuditAsync(AuditActions.SignedIn)).Session!.Value);
        Assert.Equal(200, await app.StatusOfAsync(token, "api/user/profile"));

        using (var answer = await app.Client(token).PostAsync("api/auth/logout", new { })) await answer.JsonAsync(200);

        Assert.Equal(401, await app.StatusOfAsync(token, "api/user/profile"));
    }

    // Its row is marked without a revocation and deleted: nothing knows of it.
    private Task LoseAsync(SessionId id) => app.Ledger.RunAsync(async transaction =>
    {
        var session = (await transaction.SessionAsync(id))!;
        transaction.Update(session with { End = new SessionEnd(Id.New<EventId>(transaction.Now), transaction.Now, EndReason.Policy) });
        Assert.Equal(1, await transaction.PurgeAsync(new(transaction.Now.AddSeconds(1), transaction.Now), 100));
        return true;
    });
}
