// An API whose people sign in at an outside provider. A scheme of its own verifies their tokens, as JwtBearer would; UseExeuntRevocation refuses those whose
// session has been ended at Exeunt.
using Exeunt.Guard;
using Exeunt.Protocol.Jose;
using ProviderApi;

var builder = WebApplication.CreateBuilder(args);
var (exeunt, provider) = (builder.Configuration.GetSection("Exeunt"), builder.Configuration.GetSection("Provider"));

using (var http = new HttpClient())
{
    var document = await http.GetByteArrayAsync(provider["JwksUri"]);
    if (!JwkSet.TryParse(document, out var keys, out var why)) throw new InvalidOperationException(why);
    builder.Services.AddAuthentication(ProviderTokens.SchemeName)
        .AddScheme<ProviderRules, ProviderTokens>(ProviderTokens.SchemeName, rules => (rules.Issuer, rules.Keys) = (provider["Issuer"]!, keys));
}

builder.Services.AddExeuntRevocation(guard =>
{
    guard.Servers.Add(new Uri(exeunt["Server"] ?? "http://127.0.0.1:8080"));
    guard.Issuer = exeunt["Issuer"] ?? exeunt["Server"] ?? "http://127.0.0.1:8080";
    guard.ClientId = exeunt["ClientId"];
    guard.ClientSecret = exeunt["ClientSecret"];
});
builder.Services.AddAuthorization();

var app = builder.Build();
app.UseAuthentication();
app.UseAuthorization();
app.UseExeuntRevocation();
app.MapGet("/", (HttpContext http) => $"Hello {http.User.Identity!.Name}\n").RequireAuthorization();
app.MapHealthChecks("/healthz");
app.Run();
