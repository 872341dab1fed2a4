// One endpoint, protected in as many ways as there are sides to a comparison; in everything else the sides are the same program.
using Exeunt.BenchApi;
using Exeunt.Guard;
using Microsoft.AspNetCore.Authentication;

const string Session = "Session";

var builder = WebApplication.CreateBuilder(args);
var told = builder.Configuration.GetSection("Bench").Get<Told>() ?? throw new InvalidOperationException("Nothing was told.");

switch (told.Side)
{
    case "open":
        break;
    case "guarded":
        builder.Services.AddAuthentication().AddExeunt(guard =>
        {
            guard.Servers.Add(new Uri(told.Server));
            guard.Issuer = told.Issuer;
            guard.Audiences.Add(told.Audience);
            guard.ClientId = told.ClientId;
            guard.ClientSecret = told.ClientSecret;
            guard.SnapshotFile = told.GuardFile;
            guard.Stale = StaleBehavior.Tolerate(TimeSpan.FromHours(1)); // no server runs: nothing but the guard is to be measured
        });
        break;
    default:
        builder.Services.AddSingleton(new SessionTokens(told));
        builder.Services.AddSingleton<EndedSessions>(told.Side switch
        {
            "verified" => new NobodyAsks(),
            "redis" => new AskRedis(await RedisConnection.OpenAsync(told.Store)),
            "postgres" => new AskPostgres(told.Store),
            _ => throw new InvalidOperationException($"There is no side {told.Side}."),
        });
        builder.Services.AddAuthentication(Session).AddScheme<AuthenticationSchemeOptions, SessionHandler>(Session, configureOptions: null);
        break;
}

if (told.Side != "open") builder.Services.AddAuthorization();
var app = builder.Build();
var hello = app.MapGet("/", () => "Hello");
if (told.Side != "open") hello.RequireAuthorization();
app.MapGet("/ready", () => "Ready");
app.Run();
