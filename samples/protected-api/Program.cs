// An API that refuses a session's tokens from the moment it has ended. Everything about Exeunt is the one call of AddExeunt.
using Exeunt.Guard;
using ProtectedApi;

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
builder.Services.AddSignalR();

var app = builder.Build();
app.UseWebSockets();
app.MapGet("/", (HttpContext http) => $"Hello {http.User.Identity!.Name}\n").RequireAuthorization();
app.MapPost("/transfer", () => "Done\n").RequireAuthorization().RequireFresh(TimeSpan.FromSeconds(10));
app.MapHealthChecks("/healthz");

// Connections that stay open are cut when their session ends; nothing is to be done for that.
app.Map("/socket", EchoAsync).RequireAuthorization();
app.MapGet("/events", (CancellationToken ct) => TypedResults.ServerSentEvents(TickAsync(ct))).RequireAuthorization();
app.MapHub<Room>("/hub").RequireAuthorization();
app.Run();

static async Task EchoAsync(HttpContext http)
{
    if (!http.WebSockets.IsWebSocketRequest)
    {
        http.Response.StatusCode = StatusCodes.Status400BadRequest;
        return;
    }

    using var socket = await http.WebSockets.AcceptWebSocketAsync();
    var buffer = new byte[4096];
    while (await socket.ReceiveAsync(buffer.AsMemory(), http.RequestAborted) is { MessageType: not System.Net.WebSockets.WebSocketMessageType.Close } part)
        await socket.SendAsync(buffer.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, http.RequestAborted);
}

static async IAsyncEnumerable<string> TickAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
{
    for (var tick = 0; ; tick++)
    {
        yield return $"tick {tick}";
        await Task.Delay(TimeSpan.FromSeconds(1), ct);
    }
}
