using Exeunt.Accounts;
using Exeunt.Admin;
using Exeunt.Audit;
using Exeunt.Authentication;
using Exeunt.Guard;
using Exeunt.Jobs;
using Exeunt.Keys;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
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
            services.AddSingleton(provider => new Ledger(provider.GetRequiredService<ILedgerStore>(), index.Apply, provider.GetRequiredService<ILogger<Ledger>>()));

            services.AddSingleton<Revoker>();
            services.AddSingleton<TokenMint>();
            services.AddSingleton<OpenSession>();
            services.AddSingleton<RefreshSession>();
            services.AddSingleton<SessionCookie>();
            services.AddSingleton<Passwords>();
            services.AddSingleton<SignIn>();

            services.AddSingleton<BearerTokens>();
            services.AddAuthentication(BearerHandler.SchemeName).AddScheme<AuthenticationSchemeOptions, BearerHandler>(BearerHandler.SchemeName, null);
            services.AddAuthorizationBuilder().AddPolicy(User.AdminRole, policy => policy.AddRequirements(new AdminRequirement()));
            services.AddSingleton<IAuthorizationHandler, AdminPolicy>();
            services.AddAdministration();
            services.AddJobs();
        }

        private void AddAdministration()
        {
            services.AddSingleton<DisableAccount>();
            services.AddSingleton<EnableAccount>();
            services.AddSingleton<EraseAccount>();
            services.AddSingleton<ErasePersonal>();
            services.AddSingleton<SignCheckpoint>();
            services.AddSingleton(provider => new VerifyAudit(provider.GetRequiredService<ILedgerStore>(), provider.GetRequiredService<SigningKeys>()));
            services.AddSingleton(provider => new ExportAudit(provider.GetRequiredService<ILedgerStore>()));
            services.AddSingleton(provider => new ReportAudit(provider.GetRequiredService<ILedgerStore>(), provider.GetRequiredService<LedgerClock>()));
        }

        private void AddJobs()
        {
            services.AddSingleton<IJob, ExpireSessions>();
            services.AddSingleton<IJob, SweepCutOffs>();
            services.AddSingleton<IJob, PurgeExpired>();
            services.AddSingleton<IJob, CutAudit>();
            services.AddSingleton<IJob, CheckpointAudit>();
            services.AddSingleton<IJob, TrimIndex>();
            services.AddHostedService<NewsReader>();
            services.AddHostedService<JobScheduler>();
        }
    }
}
