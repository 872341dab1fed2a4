// An API that refuses a session's tokens from the moment it has ended. Everything about Exeunt is the one call of AddExeunt.
using Exeunt.Guard;

var builder = WebApplication.CreateBuilder(args);
var exeunt = builder.Configuration.GetSection("Exeunt");

builder.Services.AddAuthentication().AddExeunt(guard =>
{
    guard.Servers.Add(new Uri(exeunt["Server"] ?? "http://127.0.0.1:8080"));
    guard.Issuer = exeunt["Issuer"] ?? exeunt["Server"] ?? "http://127.0.0.1:8080";
    guard.Audiences.Add(exeunt["Audience"] ?? "exeunt");
    guard.ClientId = exeunt["ClientId"];
    guard.ClientSecret = exeunt["ClientSecret"];
    guard.SnapshotFile = exeunt["SnapshotFile"];
});
builder.Services.AddAuthorization();

var app = builder.Build();
app.MapGet("/", (HttpContext http) => $"Hello {http.User.Identity!.Name}\n").RequireAuthorization();
app.MapPost("/transfer", () => "Done\n").RequireAuthorization().RequireFresh(TimeSpan.FromSeconds(10));
app.MapHealthChecks("/healthz");
app.Run();
