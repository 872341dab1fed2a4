using Microsoft.AspNetCore.Builder;

namespace Exeunt.Tests.Support;

/// <summary>For tests of a server that knows one outside issuer; each has both to itself.</summary>
public abstract class WithProvider : IAsyncLifetime
{
    /// <summary>The outside issuer.</summary>
    private protected OutsideIssuer Clerk { get; private set; } = null!;

    /// <summary>The server.</summary>
    protected ExeuntApp App { get; private set; } = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        Clerk = await OutsideIssuer.StartAsync();
        App = await ExeuntApp.StartAsync(new ExeuntSetup { Settings = Clerk.Settings(), Adjust = Adjust });
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await Clerk.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Last word on the server's builder.</summary>
    private protected virtual void Adjust(WebApplicationBuilder builder)
    {
    }
}
