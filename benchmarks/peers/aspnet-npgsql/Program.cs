// Sessions as ASP.NET Core apps on PostgreSQL have them: short access tokens, refresh tokens that turn, and a list of ended sessions that every request asks.
using System.Security.Claims;
using System.Text.Json.Serialization;
using Exeunt.AspNetPeer;
using Microsoft.AspNetCore.Authentication;
using Npgsql;

var builder = WebApplication.CreateSlimBuilder(args);
var told = builder.Configuration.GetSection("Peer").Get<Told>() ?? throw new InvalidOperationException("Nothing was told.");
var tokens = new Tokens(told, TimeProvider.System);
await using var store = new Store(NpgsqlDataSource.Create(told.Database + ";Maximum Pool Size=20;Max Auto Prepare=16;Auto Prepare Min Usages=1"));

if (args is ["seed", var file, .. var groups])
{
    await Seed.RunAsync(told, store, file, groups);
    return;
}

builder.Services.AddSingleton(tokens).AddSingleton(store);
builder.Services.AddAuthentication(TokenScheme.Name).AddScheme<AuthenticationSchemeOptions, TokenScheme>(TokenScheme.Name, configureOptions: null);
builder.Services.AddAuthorization();
var app = builder.Build();

app.MapGet("/ready", () => Results.Ok());

app.MapPost("/auth/login", async (Credentials given) =>
{
    if (await store.FindUserAsync(given.Email) is not var (user, hash) || !Passwords.IsRight(given.Password, hash)) return Results.Unauthorized();
    var (sid, refresh) = (Tokens.NewId(), Tokens.NewRefresh());
    await store.AddSessionAsync(user, sid, Tokens.Hash(refresh));
    return Results.Ok(new Pair(tokens.Sign(user, sid), refresh));
});

app.MapPost("/auth/refresh", async (Presented presented) =>
{
    var next = Tokens.NewRefresh();
    return await store.RotateAsync(Tokens.Hash(presented.RefreshToken), Tokens.Hash(next)) is var (user, sid)
        ? Results.Ok(new Pair(tokens.Sign(user, sid), next)) : Results.Unauthorized();
});

app.MapPost("/auth/logout", async (Presented presented) =>
    await store.EndAsync(Tokens.Hash(presented.RefreshToken)) ? Results.Ok(new Ended(1)) : Results.Unauthorized());

app.MapPost("/auth/logout-all", async (ClaimsPrincipal caller) => Results.Ok(new Ended(await store.EndAllAsync(TokenScheme.UserOf(caller))))).RequireAuthorization();

app.MapGet("/me", (ClaimsPrincipal caller) => Results.Ok(new Me(TokenScheme.UserOf(caller)))).RequireAuthorization();

app.Run();

namespace Exeunt.AspNetPeer
{
    internal sealed record Credentials(string Email, string Password);

    internal sealed record Presented(string RefreshToken);

    internal sealed record Pair(string AccessToken, string RefreshToken);

    internal sealed record Ended([property: JsonPropertyName("ended")] int Count);

    internal sealed record Me(Guid Id);
}
