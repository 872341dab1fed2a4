using Exeunt.Accounts;
using Exeunt.Authentication;
using Exeunt.Guard;
using Exeunt.Keys;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Exeunt.Hosting;

/// <summary>Registers the product. The host brings the ledger's store, the keys and the options, each ready to use.</summary>
public static class ExeuntServices
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds everything that <see cref="ExeuntRoutes"/> needs.</summary>
        /// <param name="options">Checked.</param>
        /// <param name="store">Open.</param>
        /// <param name="index">Holding every revocation of the store.</param>
        /// <param name="serverKeys">The server's secrets.</param>
        /// <param name="signingKeys">The keys that sign tokens.</param>
        public void AddExeunt(ExeuntOptions options, ILedgerStore store, RevocationIndex index, ServerKeys serverKeys, SigningKeys signingKeys)
        {
            services.AddSingleton(options);
            services.AddSingleton(_ => store); // by a factory, so that it is closed with the server
            services.AddSingleton(store.Clock);
            services.Replace(ServiceDescriptor.Singleton<TimeProvider>(store.Clock));
            services.AddSingleton(index);
            services.AddSingleton(serverKeys);
            services.AddSingleton(signingKeys);
            services.AddSingleton(new RevocationRules(options, options.Server.Issuer!));
            services.TryAddSingleton(provider => new Ledger(provider.GetRequiredService<ILedgerStore>(), index.Apply, provider.GetRequiredService<ILogger<Ledger>>()));

            services.AddSingleton<Revoker>();
            services.AddSingleton<TokenMint>();
            services.AddSingleton<OpenSession>();
            services.AddSingleton<RefreshSession>();
            services.AddSingleton<Passwords>();
            services.AddSingleton<SignIn>();

            services.AddSingleton<BearerTokens>();
            services.AddAuthentication(BearerHandler.SchemeName).AddScheme<AuthenticationSchemeOptions, BearerHandler>(BearerHandler.SchemeName, null);
            services.AddAuthorizationBuilder().AddPolicy(User.AdminRole, policy => policy.RequireRole(User.AdminRole));
        }
    }
}
