using Exeunt.Guard.Tokens;
using Exeunt.Protocol.Jose;
using Exeunt.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Exeunt.Tests.Providers;

/// <summary>Keys over a real socket: how often they are asked for, and what happens when they do not come.</summary>
public sealed class FetchedKeysTests : IAsyncLifetime
{
    private readonly TestClock clock = new();
    private readonly HttpClient http = FetchedKeys.CreateClient();
    private OutsideIssuer issuer = null!;
    private FetchedKeys keys = null!;

    public async ValueTask InitializeAsync()
    {
        issuer = await OutsideIssuer.StartAsync();
        keys = new("outside", [new(issuer.JwksUri)], http, clock, NullLogger.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await issuer.DisposeAsync();
    }

    [Fact]
    public async Task They_are_fetched_once_however_many_need_them_first()
    {
        var sets = await Races.AtOnceAsync(Enumerable.Range(0, 20).Select<int, Func<Task<JwkSet?>>>(_ => () => keys.CurrentAsync().AsTask()));

        Assert.All(sets, set => Assert.True(set!.Knows(issuer.Key.KeyId)));
        Assert.Equal(1, issuer.Asked);
    }

    [Fact]
    public async Task JOSE_7_an_unknown_kid_asks_again_at_most_once_a_minute()
    {
        var old = (await keys.CurrentAsync())!;
        issuer.Rotate();
        Assert.Null(await keys.NewerThanAsync(old)); // asked a moment ago
        Assert.Equal(1, issuer.Asked);

        clock.Advance(TimeSpan.FromMinutes(1));
        var newer = await keys.NewerThanAsync(old);
        Assert.True(newer!.Knows(issuer.Key.KeyId));
        Assert.False(newer.Knows(old.Keys[0].KeyId));

        for (var i = 0; i < 10; i++) Assert.Null(await keys.NewerThanAsync(newer));
        Assert.Equal(2, issuer.Asked);
        Assert.Same(newer, await keys.NewerThanAsync(old)); // whoever still holds the old set is given the new one without asking
    }

    [Fact]
    public async Task Known_keys_stay_in_use_when_the_provider_cannot_be_reached()
    {
        var known = (await keys.CurrentAsync())!;
        foreach (var answer in Failures())
        {
            issuer.Answer = answer;
            clock.Advance(TimeSpan.FromMinutes(2));
            Assert.Null(await keys.NewerThanAsync(known));
            Assert.Same(known, await keys.CurrentAsync());
        }

        Assert.Equal(1 + Failures().Count, issuer.Asked);
    }

    [Fact]
    public async Task Without_any_keys_nobody_is_judged_and_asking_goes_on()
    {
        issuer.Answer = Failures()[0];
        Assert.Null(await keys.CurrentAsync());
        Assert.Null(await keys.CurrentAsync());
        Assert.Equal(1, issuer.Asked);

        issuer.Answer = null;
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.NotNull(await keys.CurrentAsync());
    }

    [Fact]
    public async Task Old_keys_are_renewed_in_the_background()
    {
        var old = (await keys.CurrentAsync())!;
        issuer.Rotate();
        var mayAnswer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        issuer.Answer = async context =>
        {
            await mayAnswer.Task;
            await context.Response.Body.WriteAsync(new JwkSet(issuer.Key.Public).ToUtf8());
        };
        clock.Advance(TimeSpan.FromMinutes(6));

        Assert.Same(old, await keys.CurrentAsync()); // nobody waits
        mayAnswer.SetResult();
        Assert.True((await keys.NewerThanAsync(old))?.Knows(issuer.Key.KeyId)); // joins the fetch that is on its way
    }

    private static List<Func<HttpContext, Task>> Failures() =>
    [
        context => Status(context, 500),
        context => Status(context, 404),
        context =>
        {
            context.Response.Headers.Location = "http://127.0.0.1:1/elsewhere"; // never followed
            return Status(context, 302);
        },
        context => context.Response.WriteAsync("not json"),
        context => context.Response.WriteAsync("""{"keys":{}}"""),
        context => context.Response.WriteAsync(new string(' ', 300 * 1024)),
        context =>
        {
            context.Abort();
            return Task.CompletedTask;
        },
    ];

    private static Task Status(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }
}
