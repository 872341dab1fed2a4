// What `dotnet new web` makes, line by line: what the start of the server is measured against.
var builder = WebApplication.CreateBuilder(args);
var app = builder.Build();

app.MapGet("/", () => "Hello World!");

app.Run();
