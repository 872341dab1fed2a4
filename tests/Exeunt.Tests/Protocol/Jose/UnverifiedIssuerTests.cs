using Exeunt.Protocol.Jose;

namespace Exeunt.Tests.Protocol.Jose;

public class UnverifiedIssuerTests
{
    [Fact]
    public void It_is_what_the_payload_says() => Assert.Equal(Forge.Issuer, UnverifiedIssuer.Of(Forge.Sign(Forge.Es256, Forge.Header(Forge.Es256), Forge.Payload)));

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("..")]
    [InlineData("a..c")]
    [InlineData("a.b")]
    [InlineData("a.!!.c")]
    [InlineData("a.e30.c")] // {}
    [InlineData("a.W10.c")] // []
    [InlineData("a.eyJpc3MiOjd9.c")] // {"iss":7}
    [InlineData("a.eyJpc3MiOiJhIiwiaXNzIjoiYiJ9.c")] // iss twice
    public void Anything_else_names_nobody(string token) => Assert.Null(UnverifiedIssuer.Of(token));

    [Fact]
    public void An_endless_token_is_not_looked_at() => Assert.Null(UnverifiedIssuer.Of(new string('a', 20_000) + "." + Forge.Encode(Forge.Payload) + ".c"));
}
